"""Our rewards in verl: a score for one rollout, and a tensor of scores by turn for a batch.

verl plays rollouts itself and asks for their reward afterwards, so they are played again here:
lines of the agent into an environment of the same task, which is exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rewardsmith.agents.llm.export.checks import task_of
from rewardsmith.agents.llm.export.pay import late_pay, with_late_pay
from rewardsmith.agents.llm.export.session import GROUPS, TextSession, replay
from rewardsmith.agents.llm.record import Episode
from rewardsmith.errors import ConfigError

Spans = list[tuple[int, int]]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    reward: str = "env",
    gamma: float = 1.0,
    credit: str = "trajectory",
    env_kwargs: str = "{}",
    **_: Any,
) -> dict[str, Any]:
    """verl's `custom_reward_function`: one number for a rollout, its terms beside it.

    Args:
        data_source: the environment's id.
        solution_str: the agent's line, in a dialogue of one turn.
        ground_truth: the task, the seed of the episode.
        extra_info: `lines`, what the agent said turn by turn, where it said more than one.
        reward: see `TextSession`; from verl's `reward_kwargs`, as all that follow.
        gamma: verl's `algorithm.gamma`.
        credit: `trajectory`, since verl's managers put this one number at the end.
        env_kwargs: keywords of the environment, in JSON.

    Returns:
        `score`, the reward's total; `acc`, 1.0 if solved; `env_return`; `term/NAME` for each
        term; `turn_rewards`, in JSON, since verl makes arrays of these columns.

    Raises:
        ConfigError: a rollout of several turns without its `lines`.
        BindingError: a term of group scope or one that learns, see `TurnRewards`.
    """
    session = _session(data_source, reward, gamma, credit, env_kwargs)
    episode = replay(session, task_of(ground_truth), _lines(solution_str, extra_info or {}))
    return told(episode, session.stack.names)


def told(episode: Episode, names: Sequence[str]) -> dict[str, Any]:
    """An episode's pay as verl's `reward_extra_info` takes it: one value a key."""
    return {
        "score": episode.total,
        "acc": float(episode.success),
        "env_return": episode.env_return,
        **{f"term/{name}": float(episode.component(name).sum()) for name in names},
        "turn_rewards": json.dumps(episode.rewards.tolist()),
    }


def turn_spans(response_mask: Sequence[int]) -> Spans:
    """The agent's turns in a response, [start, stop): runs of 1 in verl's `response_mask`.

    >>> turn_spans([1, 1, 0, 0, 1, 0])
    [(0, 2), (4, 5)]
    """
    edges = [0, *(int(bool(v)) for v in response_mask), 0]
    starts = [i for i in range(len(edges) - 1) if edges[i + 1] > edges[i]]
    stops = [i for i in range(len(edges) - 1) if edges[i + 1] < edges[i]]
    return list(zip(starts, stops, strict=True))


def reward_tensor(response_mask: Any, rewards: Sequence[Sequence[float]]) -> Any:
    """Pay of turns, each on the last token of its turn: verl's `token_level_scores`.

    Args:
        response_mask: shape (B, T), 1 on tokens that the agent said.
        rewards: for each rollout the pay of each turn.

    Returns:
        torch float32, shape (B, T); each row sums to its rollout's total.

    Raises:
        ConfigError: not one reward for each turn of the mask.
    """
    import torch

    if len(response_mask) != len(rewards):
        raise ConfigError(
            f"There is a list of rewards for each rollout. Received {len(response_mask)} rows of "
            f"response_mask and {len(rewards)} lists."
        )
    scores = torch.zeros(tuple(response_mask.shape), dtype=torch.float32)
    for i, (mask, paid) in enumerate(zip(response_mask.tolist(), rewards, strict=True)):
        spans = turn_spans(mask)
        if len(spans) != len(paid):
            raise ConfigError(
                f"Each turn of the agent, a run of ones in response_mask, has one reward. "
                f"Received {len(spans)} turns and {len(paid)} rewards in rollout {i}."
            )
        for (_, stop), value in zip(spans, paid, strict=True):
            scores[i, stop - 1] = value
    return scores


class TurnRewards:
    """verl's reward function of a batch: `DataProto` in, `reward_tensor` by turn out.

    Called as verl's reward managers are (`verl.workers.reward_manager`): `(data,
    return_dict=False)`. Rows with one `uid` are a group, so that terms of group scope are paid;
    a row's task is its `reward_model["ground_truth"]`. Lines are decoded from the runs of ones in
    `response_mask`.

    Args:
        tokenizer: to decode lines with.
        env_id: an environment of text.
        reward: see `TextSession`.
        credit: `turn` for estimators that see token-level rewards (verl's gae,
            reinforce_plus_plus), `trajectory` for those that sum them first (grpo, rloo).
        options: further keywords of `TextSession`.
    """

    def __init__(
        self, tokenizer: Any, env_id: str, reward: Any = "env", *, credit: str, **options: Any
    ) -> None:
        self.tokenizer = tokenizer
        place = "verl's reward function"
        self.session = TextSession(
            env_id,
            reward,
            credit=credit,
            training=False,
            place=place,
            serves=GROUPS,
            **options,
        )

    def __call__(self, data: Any, return_dict: bool = False) -> Any:
        """Scores of shape (B, T), or with `return_dict` also `reward_extra_info`."""
        mask = data.batch["response_mask"]
        tasks = [task_of(row["ground_truth"]) for row in data.non_tensor_batch["reward_model"]]
        lines = [
            self.lines(ids, row)
            for ids, row in zip(data.batch["responses"].tolist(), mask.tolist(), strict=True)
        ]
        uids = data.non_tensor_batch.get("uid")
        episodes = self.pay(tasks, lines, list(range(len(tasks))) if uids is None else list(uids))
        scores = reward_tensor(mask, [e.rewards.tolist() for e in episodes])
        if not return_dict:
            return scores
        rows = [told(e, self.session.stack.names) for e in episodes]
        return {
            "reward_tensor": scores,
            "reward_extra_info": {key: [row[key] for row in rows] for key in rows[0]},
        }

    def lines(self, ids: Sequence[int], mask: Sequence[int]) -> list[str]:
        """What the agent said, turn by turn."""
        return [
            str(self.tokenizer.decode(ids[start:stop], skip_special_tokens=True)).strip()
            for start, stop in turn_spans(mask)
        ]

    def pay(
        self, tasks: Sequence[int], lines: Sequence[Sequence[str]], uids: Sequence[Any]
    ) -> list[Episode]:
        """Rollouts, paid; those with equal `uids` as a group.

        Raises:
            ConfigError: rollouts of one group with different tasks.
        """
        episodes, rows = [], []
        for task, said in zip(tasks, lines, strict=True):
            episodes.append(replay(self.session, task, said))
            rows.append(self.session.rows)
        for uid in dict.fromkeys(uids):
            group = [i for i, other in enumerate(uids) if other == uid]
            if len({tasks[i] for i in group}) > 1:
                raise ConfigError(
                    f"Rollouts of one uid are of one task. Received tasks "
                    f"{[tasks[i] for i in group]} for uid {uid!r}."
                )
            late = late_pay(self.session.stack, [rows[i] for i in group])
            for i, paid in zip(group, late, strict=True):
                episodes[i] = with_late_pay(episodes[i], paid)
        return episodes


@lru_cache(maxsize=8)
def _session(env_id: str, reward: str, gamma: float, credit: str, env_kwargs: str) -> TextSession:
    return TextSession(
        env_id,
        reward,
        gamma=gamma,
        credit=credit,
        env_kwargs=json.loads(env_kwargs),
        training=False,
        place="verl's compute_score",
    )


def _lines(solution: str, extra: Mapping[str, Any]) -> list[str]:
    if extra.get("lines") is not None:
        return [str(line) for line in extra["lines"]]
    # verl counts chat turns: user, assistant; a third means that the dialogue went on
    if int(extra.get("num_turns") or 0) > 2:
        raise ConfigError(
            "A rollout of several turns is scored by what the agent said in each. Received "
            f"num_turns={extra['num_turns']} and no extra_info['lines']; have the agent loop "
            "write them there, or use TurnRewards, which reads them from response_mask."
        )
    return [solution.strip()]
