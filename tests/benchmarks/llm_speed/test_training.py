"""Both trainers do the same work on the same rollouts; steps are taken in turns."""

import dataclasses

import pytest
import torch

from rewardsmith.benchmarks.llm_speed import training
from rewardsmith.benchmarks.llm_speed.clock import now, ratio
from rewardsmith.benchmarks.llm_speed.lockstep import Lockstep
from rewardsmith.benchmarks.llm_speed.recorded import Replay, record, tokenizer_of
from rewardsmith.benchmarks.llm_speed.sizes import for_tests


@pytest.fixture(scope="module")
def tokenizer():
    torch.set_num_threads(1)
    return tokenizer_of()


def test_what_is_recorded_is_played_by_the_rules(tokenizer):
    rollouts = record(tokenizer, 4, 2, 200)
    assert [r.episode.task for r in rollouts] == [0, 0, 1, 1]
    assert rollouts[0].prompt == rollouts[1].prompt
    assert all(len(r.completion) == len(r.mask) <= 200 for r in rollouts)
    assert len({len(r.episode.turns) for r in rollouts} | {r.episode.total for r in rollouts}) > 2
    assert Replay(rollouts).play([], None, None, training=True) is rollouts


class _Stepping:
    """What `Lockstep` needs of a trainer: callbacks, and steps in a loop."""

    def __init__(self, name, log, steps):
        self.name, self.log, self.steps, self.callbacks = name, log, steps, []

    def add_callback(self, callback):
        self.callbacks.append(callback)

    def train(self):
        for _ in range(self.steps):
            for callback in self.callbacks:
                callback.on_step_begin(None, None, None)
            self.log.append(self.name)
            if self.name == "b":
                begun = now("cpu")
                while now("cpu") - begun < 0.02:
                    pass


def test_steps_are_taken_in_turns_and_timed_apart():
    log = []
    sides = {name: _Stepping(name, log, 4) for name in "ab"}
    seconds = Lockstep(sides, "cpu").run()
    assert log == list("abababab")
    # Of four steps the first warms up and the last has no next that would end it.
    assert [len(found) for found in seconds.values()] == [2, 2]
    assert max(seconds["a"]) < 0.01
    assert min(seconds["b"]) >= 0.02


def test_a_trainer_that_fails_does_not_leave_the_other_waiting():
    class Failing(_Stepping):
        def train(self):
            raise MemoryError("full")

    sides = {"a": _Stepping("a", [], 1), "b": Failing("b", [], 1)}
    with pytest.raises(MemoryError, match="full"):
        Lockstep(sides, "cpu").run()


def test_a_trainer_that_fails_midway_does_not_leave_the_other_waiting():
    class Failing(_Stepping):
        def train(self):
            super().train()
            raise MemoryError("full")

    log = []
    sides = {"a": _Stepping("a", log, 5), "b": Failing("b", log, 2)}
    with pytest.raises(MemoryError, match="full"):
        Lockstep(sides, "cpu").run()
    assert log == list("ababaaa")


def test_the_ratio_is_that_of_pairs():
    found = ratio([1.0, 8.0, 3.0], [2.0, 2.0, 3.0])
    assert found["pairs"] == [0.5, 4.0, 1.0]
    assert found["median"] == 1.0
    assert found["interval_95"] == [0.5, 4.0]


def test_the_path_of_a_gpu_at_a_small_size(tokenizer, monkeypatch):
    size = for_tests()
    sizes_tried, compare = [], training._compare

    def full_above_2(size, tokenizer, count, steps):
        sizes_tried.append(count)
        if count > 2:
            raise torch.OutOfMemoryError("no room")
        return compare(size, tokenizer, count, steps)

    monkeypatch.setattr(training, "_compare", full_above_2)
    found = training.measure(size, tokenizer)
    assert sizes_tried == [4, 2]
    assert (found["dtype"], found["rollouts"]) == ("bfloat16", 2)
    assert len(found["ratio"]["pairs"]) == size.steps
    assert found["ours_tokens_per_s"] > 0 < found["plain_tokens_per_s"]


def test_both_sides_train_on_the_same_tokens(tokenizer, tmp_path):
    size = dataclasses.replace(for_tests(), max_tokens=96)
    rollouts = record(tokenizer, 2, 2, size.max_tokens)
    seen = []
    with training.quiet():
        args = training._config(size, 2, 1, tmp_path)
        for build in (training.plain_trainer, training.turn_trainer):
            trainer = build(size.model(tokenizer), tokenizer, rollouts, args)
            trainer.train()
            seen.append(trainer.state.num_input_tokens_seen)
    mine = sum(sum(r.mask) + len(r.prompt) for r in rollouts)
    assert seen == [mine, mine]
