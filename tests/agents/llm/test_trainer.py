import numpy as np
import pytest
import torch
from transformers import TrainerCallback

from rewardsmith.errors import ConfigError, UnknownNameError

STEPS = 3


class Watch(TrainerCallback):
    """Keeps the gradients of each optimiser step, and stops after a few."""

    def __init__(self):
        self.gradients, self.losses, self.logs = [], [], []

    def on_pre_optimizer_step(self, args, state, control, model=None, **_):
        found = [p.grad.flatten().clone() for p in model.parameters() if p.grad is not None]
        self.gradients.append(torch.cat(found))

    def on_log(self, args, state, control, logs=None, **_):
        if "loss" in logs:
            self.logs.append(logs)
            self.losses.append(logs["loss"])

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = state.global_step >= STEPS
        return control


def trained(learner, plain=False):
    """Gradients (steps, weights) and losses of a few optimiser steps."""
    from trl import GRPOTrainer

    from rewardsmith.agents.llm.quiet import quiet
    from rewardsmith.agents.llm.trainer import TurnGRPOTrainer

    class Plain(TurnGRPOTrainer):
        """TRL's own advantages."""

        _generate_and_score_completions = GRPOTrainer._generate_and_score_completions

    if plain:
        learner.trainer.__class__ = Plain
    watch = Watch()
    learner.trainer.add_callback(watch)
    with quiet():
        learner.trainer.train()
    return torch.stack(watch.gradients).numpy(), np.array(watch.losses)


WAYS = {
    "grpo": {"loss_type": "grpo"},
    "dr_grpo": {"loss_type": "dr_grpo"},
    "dapo in parts": {"loss_type": "dapo", "micro_batch": 2},
    "dr_grpo in parts, twice": {
        "loss_type": "dr_grpo",
        "micro_batch": 4,
        "trl": {"num_iterations": 2},
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_trajectory_credit_is_what_grpo_does(learn, way):
    ours = trained(learn(credit="trajectory", **WAYS[way]))
    theirs = trained(learn(credit="trajectory", **WAYS[way]), plain=True)
    assert np.abs(theirs[0]).max() > 1e-3
    assert np.abs(ours[0] - theirs[0]).max() < 1e-6
    assert ours[1] == pytest.approx(theirs[1], abs=1e-6)


def test_terms_of_weight_zero_change_nothing(learn):
    bare = trained(learn("env + 0.1*next(said)"))
    watched = trained(learn("env + 0.1*next(said) + 0*potential(x) + 0*episodic_count(on=x)"))
    assert np.array_equal(bare[0], watched[0])
    assert np.abs(bare[0]).max() > 1e-4


def test_a_potential_changes_what_turns_get(learn):
    bare, shaped = trained(learn()), trained(learn("env + 0.1*next(said) + potential(said)"))
    assert np.abs(bare[0][0] - shaped[0][0]).max() > 1e-3


def test_advantages_lie_on_the_turns_tokens(learn):
    learner = learn("env + 0.1*next(said)", max_line_tokens=3)
    seen = []
    given = learner.trainer._turn_advantages

    def record(out):
        found = given(out)
        seen.append((found, out["completion_mask"] * out["tool_mask"]))
        return found

    learner.trainer._turn_advantages = record
    trained(learner)
    advantages, mask = seen[-1]
    assert advantages.shape == mask.shape
    assert (advantages[mask == 0] == 0).all()
    for row, rollout in zip(advantages, learner.trainer.rollouts, strict=True):
        for turn in rollout.episode.turns:
            assert len(set(row[turn.start : turn.stop].tolist())) == 1


def test_empg_reads_the_entropy_of_each_turn(learn):
    learner = learn(credit="empg")
    seen = []
    given = learner.trainer._with_entropy
    learner.trainer._with_entropy = lambda *a: seen.append(given(*a)) or seen[-1]
    trained(learner)
    entropies = [t.entropy for e in seen[0] for t in e.turns]
    # in nats: above 0 and below that of all tokens alike
    assert min(entropies) > 0
    assert max(entropies) < np.log(len(learner.trainer.processing_class))
    assert len(set(entropies)) > len(seen[0])


def test_the_entropy_of_a_turn_by_hand():
    from rewardsmith.agents.llm.record import Episode, Turn
    from rewardsmith.agents.llm.trainer import _entropic

    episode = Episode((Turn(0, "a", 0, 2, 0.0), Turn(1, "b", 3, 4, 0.0), Turn(2, "", 4, 4, 0.0)))
    found = _entropic(episode, np.array([1.0, 2.0, 9.0, 0.5]))
    assert [t.entropy for t in found.turns] == [1.5, 0.5, 0.0]


def test_tasks_follow_from_seed_and_step(learn):
    one, same, other = learn(seed=3).trainer, learn(seed=3).trainer, learn(seed=4).trainer
    assert one.tasks(5) == same.tasks(5)
    assert one.tasks(5) != one.tasks(6)
    assert one.tasks(5) != other.tasks(5)
    first, second = one.tasks(5)[:4], one.tasks(5)[4:]
    assert len(set(first)) == len(set(second)) == 1
    assert first != second


def test_the_same_seed_learns_the_same(learn):
    assert np.array_equal(trained(learn(seed=1))[0], trained(learn(seed=1))[0])
    assert not np.array_equal(trained(learn(seed=1))[0], trained(learn(seed=2))[0])


def test_a_reference_model_is_the_model_as_it_came(learn):
    held = learn(trl={"beta": 0.5})
    reference = held.trainer.ref_model.state_dict()
    start = held.model.state_dict()
    assert all(torch.equal(start[name], value) for name, value in reference.items())
    watch = Watch()
    held.trainer.add_callback(watch)
    trained(held)
    # at first the two models agree
    assert watch.logs[0]["kl"] == pytest.approx(0, abs=1e-6)
    assert watch.logs[-1]["kl"] > 1e-5


def test_lora_trains_its_adapter_alone_and_from_the_seed(learn):
    learner = learn(lora=2)
    weights = {n: p.clone() for n, p in learner.trainer.model.named_parameters()}
    first = trained(learner)[0]
    after = dict(learner.trainer.model.named_parameters())
    changed = {n for n in after if not torch.equal(weights[n], after[n])}
    assert changed
    assert all("lora_" in name for name in changed)
    torch.rand(5)
    assert np.array_equal(first, trained(learn(lora=2))[0])


def test_greedy_lines_draw_nothing(learn):
    trainer = learn().trainer
    prompts = [trainer.dialogue.opening("at 1")] * 2
    before = torch.get_rng_state()
    with trainer.greedily(True):
        first, second = trainer.speak(prompts, 6)
    assert torch.equal(torch.get_rng_state(), before)
    assert first == second
    many = trainer.speak(prompts * 20, 6)
    assert len({tuple(line) for line in many}) > 5
    assert max(len(line) for line in many) <= 6


def test_a_line_ends_where_the_template_ends_it(learn, model_folder, tmp_path, chat_tokenizer):
    import shutil

    chat_tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<turn>"]})
    chat_tokenizer.chat_template = chat_tokenizer.chat_template.replace("<eos>", "<turn>")
    folder = tmp_path / "chat"
    shutil.copytree(model_folder, folder)
    chat_tokenizer.save_pretrained(folder)
    trainer = learn(model=str(folder)).trainer
    assert trainer.dialogue.stop in trainer.generation_config.eos_token_id


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"trl": {"betta": 0.1}}, "Did you mean 'beta'"),
        ({"trl": {"beta": "1e-3"}}, r"write 1\.0e-3"),
    ],
)
def test_fields_that_trl_has_not(learn, settings, words):
    with pytest.raises(ConfigError, match=words):
        learn(**settings)


def test_a_credit_that_is_none(learn):
    with pytest.raises(UnknownNameError, match="Did you mean 'turn'"):
        learn(credit="turns")
