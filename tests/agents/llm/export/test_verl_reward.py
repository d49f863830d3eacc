"""The export to verl: its function of one rollout, its tensor of turns, and both in verl itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
import pytest
import torch

from rewardsmith.agents.llm.export.verl_reward import (
    TurnRewards,
    compute_score,
    reward_tensor,
    turn_spans,
)
from rewardsmith.errors import BindingError, ConfigError


class Letters:
    """A tokenizer of single characters; token 0 pads."""

    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        return "".join(chr(int(i)) for i in ids if int(i))


def _rollout(lines: list[str], replies: list[str]) -> tuple[list[int], list[int]]:
    """Tokens of a response, and which of them the agent said."""
    ids: list[int] = []
    mask: list[int] = []
    for i, line in enumerate(lines):
        said, told = Letters().encode(line), Letters().encode(replies[i]) if i < 2 else []
        ids += said + told
        mask += [1] * len(said) + [0] * len(told)
    return ids, mask


def _tensors(rollouts: list[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids) for ids, _ in rollouts)
    ids = torch.tensor([i + [0] * (longest - len(i)) for i, _ in rollouts])
    mask = torch.tensor([m + [0] * (longest - len(m)) for _, m in rollouts])
    return ids, mask


class _Batch:
    """The two fields of verl's DataProto that a reward function reads."""

    def __init__(self, rollouts: list[Any], tasks: list[int], uids: list[str]) -> None:
        ids, mask = _tensors(rollouts)
        self.batch = {"responses": ids, "response_mask": mask}
        truths = np.array([{"ground_truth": task} for task in tasks], dtype=object)
        self.non_tensor_batch = {"reward_model": truths, "uid": np.array(uids, dtype=object)}


def test_one_number_for_a_rollout_with_its_terms(solved: Any) -> None:
    found = compute_score(
        solved.env_id, "", str(solved.task), {"lines": solved.lines}, reward="gated"
    )
    assert found["score"] == pytest.approx(1.5)
    assert (found["term/env"], found["term/outcome"]) == pytest.approx((1.0, 0.5))
    assert json.loads(found["turn_rewards"]) == pytest.approx(solved.gated)
    assert (found["acc"], found["env_return"]) == (1.0, 1.0)


def test_a_dialogue_of_one_turn_needs_no_lines(solved: Any) -> None:
    assert compute_score(solved.env_id, " answer: 1 ", solved.task)["score"] == 1.0
    assert compute_score(solved.env_id, "answer: 2", solved.task)["score"] == 0.0


def test_several_turns_in_one_string_are_refused(solved: Any) -> None:
    with pytest.raises(ConfigError, match="num_turns=6"):
        compute_score(solved.env_id, "step: ...", solved.task, {"num_turns": 6})
    with pytest.raises(ConfigError, match="seed"):
        compute_score(solved.env_id, "answer: 1", "one")


def test_one_number_refuses_groups_and_potentials(solved: Any) -> None:
    lines = {"lines": solved.lines}
    with pytest.raises(BindingError, match="compute_score sees one"):
        compute_score(solved.env_id, "", solved.task, lines, reward="centred(env)")
    # verl puts this number at the end, where exact shaping adds a constant and nothing else
    with pytest.raises(BindingError, match="trajectory"):
        compute_score(solved.env_id, "", solved.task, lines, reward="potential")
    found = compute_score(solved.env_id, "", solved.task, lines, reward="potential", credit="turn")
    assert found["score"] == pytest.approx(2.0)


def test_spans_are_runs_of_ones() -> None:
    assert turn_spans([0, 1, 1, 0, 1]) == [(1, 3), (4, 5)]
    assert turn_spans([0, 0]) == []


def test_scores_stand_on_the_last_token_of_each_turn() -> None:
    mask = torch.tensor([[1, 1, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0]])
    scores = reward_tensor(mask, [[0.5, 1.0], [0.0]])
    expected = torch.tensor([[0.0, 0.5, 0.0, 1.0, 0.0, 0.0], [0.0] * 6])
    assert torch.equal(scores, expected)
    assert scores.dtype == torch.float32
    with pytest.raises(ConfigError, match="2 turns and 1 rewards in rollout 0"):
        reward_tensor(mask, [[0.5], [0.0]])
    with pytest.raises(ConfigError, match="2 rows"):
        reward_tensor(mask, [[0.5, 1.0]])


def _replies() -> list[str]:
    return ["\nRight. Left: 3 - 2\n> ", "\nRight. Left: 1\n> "]


def test_a_batch_is_paid_by_turn(solved: Any) -> None:
    good = _rollout(solved.lines, _replies())
    data = _Batch([good], [solved.task], ["a"])
    pay = TurnRewards(Letters(), solved.env_id, "potential", credit="turn")
    scores = pay(data)
    ends = [stop - 1 for _, stop in turn_spans(good[1])]
    assert scores[0, ends].tolist() == pytest.approx(solved.potential)
    assert float(scores.sum()) == pytest.approx(2.0)
    assert int((scores != 0).sum()) == 3


def test_rollouts_of_one_uid_are_a_group(solved: Any) -> None:
    good, bad = _rollout(solved.lines, _replies()), _rollout(["answer: 2"], [""])
    data = _Batch([good, bad, good], [solved.task] * 3, ["a", "a", "b"])
    pay = TurnRewards(Letters(), solved.env_id, "centred(env)", credit="trajectory")
    out = pay(data, return_dict=True)
    # The group's mean return is 1/2; alone in its group, the third's is its own.
    assert out["reward_tensor"].sum(1).tolist() == pytest.approx([0.5, -0.5, 0.0])
    assert out["reward_extra_info"]["term/centred"] == pytest.approx([0.5, -0.5, 0.0])
    assert out["reward_extra_info"]["acc"] == [1.0, 0.0, 1.0]


def test_a_group_of_two_tasks_is_refused(solved: Any) -> None:
    pay = TurnRewards(Letters(), solved.env_id, credit="turn")
    with pytest.raises(ConfigError, match="one task"):
        pay.pay([3, 4], [["answer: 1"], ["answer: 1"]], ["a", "a"])


def test_verl_s_naive_manager_takes_the_function(solved: Any) -> None:
    pytest.importorskip("verl", reason="needs verl; tools/check_exports.py verl runs this")
    from verl import DataProto
    from verl.workers.reward_manager.naive import NaiveRewardManager

    good = _rollout(solved.lines, _replies())
    ids, _ = _tensors([good])
    data = DataProto.from_dict(
        tensors={
            "prompts": torch.tensor([[65]]),
            "responses": ids,
            "attention_mask": torch.ones(1, 1 + ids.shape[1], dtype=torch.long),
        },
        non_tensors={
            "data_source": np.array([solved.env_id], dtype=object),
            "reward_model": np.array([{"ground_truth": solved.task}], dtype=object),
            "extra_info": np.array([{"lines": solved.lines}], dtype=object),
        },
    )

    def score(**given: Any) -> dict[str, Any]:
        return compute_score(**given, reward="gated")

    out = NaiveRewardManager(Letters(), 0, score)(data, return_dict=True)
    assert float(out["reward_tensor"].sum()) == pytest.approx(1.5)
    assert out["reward_extra_info"]["term/outcome"] == pytest.approx([0.5])


def test_verl_s_reward_loop_takes_the_function(solved: Any) -> None:
    pytest.importorskip("verl", reason="needs verl; tools/check_exports.py verl runs this")
    from omegaconf import OmegaConf
    from verl import DataProto
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
    from verl.trainer.ppo.reward import get_custom_reward_fn

    found = {
        "path": "pkg://rewardsmith.agents.llm.export.verl_reward",
        "name": "compute_score",
        "reward_kwargs": {"reward": "gated"},
    }
    config = OmegaConf.create({"reward": {"custom_reward_function": found}})
    good = _rollout(solved.lines, _replies())
    ids, _ = _tensors([good])
    data = DataProto.from_dict(
        tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
        non_tensors={
            "data_source": np.array([solved.env_id], dtype=object),
            "reward_model": np.array([{"ground_truth": solved.task}], dtype=object),
            "extra_info": np.array([{"lines": solved.lines}], dtype=object),
        },
    )

    async def run() -> dict[str, Any]:
        manager = NaiveRewardManager(config, Letters(), get_custom_reward_fn(config))
        out: dict[str, Any] = await manager.run_single(data)
        return out

    out = asyncio.run(run())
    assert out["reward_score"] == pytest.approx(1.5)
    assert json.loads(out["reward_extra_info"]["turn_rewards"]) == pytest.approx(solved.gated)


def test_verl_s_advantages_see_the_turns(solved: Any) -> None:
    pytest.importorskip("verl", reason="needs verl; tools/check_exports.py verl runs this")
    from verl import DataProto
    from verl.trainer.ppo.core_algos import compute_gae_advantage_return

    good = _rollout(solved.lines, _replies())
    ids, mask = _tensors([good])
    data = DataProto.from_dict(
        tensors={"responses": ids, "response_mask": mask},
        non_tensors={
            "reward_model": np.array([{"ground_truth": solved.task}], dtype=object),
            "uid": np.array(["a"], dtype=object),
        },
    )
    scores = TurnRewards(Letters(), solved.env_id, "potential", credit="turn")(data)
    ends = [stop - 1 for _, stop in turn_spans(good[1])]
    _, returns = compute_gae_advantage_return(scores, torch.zeros_like(scores), mask, 1.0, 1.0)
    # With gamma and lambda 1 and no values, the return of a turn is what is still to come.
    assert returns[0, ends].tolist() == pytest.approx([2.0, 1.5, 1.0])
