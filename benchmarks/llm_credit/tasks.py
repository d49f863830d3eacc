"""Tasks so small that every episode can be listed with its probability and its score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.transition import Floats

#: what an action brings: (probability, next state or None at the end, name -> reward)
Outcome = tuple[float, str | None, Mapping[str, float]]


@dataclass(frozen=True)
class Task:
    """A finite episodic MDP and a softmax policy pi(a | s) ~ exp(theta . phi(s, a)).

    Args:
        name: of the task.
        start: the first state.
        actions: what can be said in each state.
        outcomes: state, action -> what may happen.
        phi: state, action -> features, shape (P,).
        theta: the policy, shape (P,).
        potential: Phi of a state, for shaping; None at the end is 0.
    """

    name: str
    start: str
    actions: tuple[str, ...]
    outcomes: Callable[[str, str], list[Outcome]]
    phi: Callable[[str, str], Floats]
    theta: Floats
    potential: Callable[[str], float]

    def policy(self, state: str, theta: Floats | None = None) -> Floats:
        """Probabilities of the actions, shape (A,)."""
        at = self.theta if theta is None else theta
        logits = np.array([at @ self.phi(state, a) for a in self.actions])
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())

    def value(self, theta: Floats, state: str | None = None) -> float:
        """Expected return from a state (the start if None), by backward recursion."""
        at = self.start if state is None else state
        return float(
            sum(
                p * q * (sum(paid.values()) + (0.0 if after is None else self.value(theta, after)))
                for p, action in zip(self.policy(at, theta), self.actions, strict=True)
                for q, after, paid in self.outcomes(at, action)
            )
        )


@dataclass(frozen=True)
class Listed:
    """One possible episode.

    Args:
        probability: under the policy.
        episode: its record.
        scores: grad_theta log pi(a_t | s_t) of each turn, shape (T, P).
    """

    probability: float
    episode: Episode
    scores: Floats


def listed(task: Task, *, shaped: bool = False) -> list[Listed]:
    """All episodes of a task; `shaped` adds Phi(s_{t+1}) - Phi(s_t) to each turn's reward."""
    return [
        Listed(p, Episode(turns), np.array(scores))
        for p, turns, scores in _walk(task, task.start, (), (), 1.0, shaped)
    ]


def _walk(
    task: Task,
    state: str,
    turns: tuple[Turn, ...],
    scores: tuple[Floats, ...],
    probability: float,
    shaped: bool,
) -> Iterator[tuple[float, tuple[Turn, ...], tuple[Floats, ...]]]:
    policy = task.policy(state)
    entropy = float(-policy @ np.log(policy))
    features = np.array([task.phi(state, a) for a in task.actions])
    for a, action in enumerate(task.actions):
        score = features[a] - policy @ features
        for chance, after, paid in task.outcomes(state, action):
            pay = dict(paid)
            if shaped:
                arrived = 0.0 if after is None else task.potential(after)
                pay["shaping"] = arrived - task.potential(state)
            turn = Turn(
                len(turns), action, 2 * len(turns), 2 * len(turns) + 1, sum(pay.values()), pay,
                state, after is None, False, entropy,
            )  # fmt: skip
            found = (probability * policy[a] * chance, (*turns, turn), (*scores, score))
            if after is None:
                yield found
            else:
                yield from _walk(task, after, found[1], found[2], found[0], shaped)


def stay(horizon: int = 4, p: float = 0.5) -> Task:
    """Each turn pays 1, and the policy goes on with probability p, for at most `horizon` turns.

    E[T] = 1 + p + ... + p^(horizon - 1), so for one logit theta shared by all turns the gradient
    is p (1 - p) sum_k k p^(k - 1): 0.6875 for horizon 4 and p 0.5.
    """

    def outcomes(state: str, action: str) -> list[Outcome]:
        turn = int(state.removeprefix("turn "))
        ends = action == "stop" or turn == horizon - 1
        return [(1.0, None if ends else f"turn {turn + 1}", {"pay": 1.0})]

    def phi(state: str, action: str) -> Floats:
        return np.array([float(action == "go on")])

    theta = np.array([np.log(p / (1 - p))])
    return Task(
        "stay", "turn 0", ("go on", "stop"), outcomes, phi, theta,
        lambda state: float(sum(p**k for k in range(horizon - int(state[-1])))),
    )  # fmt: skip


def errand(horizon: int = 3) -> Task:
    """Prepare, hand in or give up: to prepare costs 0.1 and works in 3 of 5 tries.

    Handing in pays 1 if prepared, else 0.2; giving up pays 0. Every state has its own logits
    (P = 3 actions x states), set so that no action is certain.
    """
    later = [f"{s} {t}" for t in range(1, horizon) for s in ("raw", "ready")]
    states = ["raw 0", *later]
    actions = ("prepare", "hand in", "give up")

    def outcomes(state: str, action: str) -> list[Outcome]:
        stage, turn = state.split()
        if action != "prepare":
            pays = {"hand in": 1.0 if stage == "ready" else 0.2, "give up": 0.0}[action]
            return [(1.0, None, {"outcome": pays})]
        if int(turn) == horizon - 1:
            return [(1.0, None, {"cost": -0.1})]
        after = f"{int(turn) + 1}"
        if stage == "ready":
            return [(1.0, f"ready {after}", {"cost": -0.1})]
        return [(0.6, f"ready {after}", {"cost": -0.1}), (0.4, f"raw {after}", {"cost": -0.1})]

    def phi(state: str, action: str) -> Floats:
        row = np.zeros((len(states), len(actions)))
        row[states.index(state), actions.index(action)] = 1.0
        return row.ravel()

    theta = np.tile([0.5, 0.2, 0.0], len(states))
    return Task(
        "errand", "raw 0", actions, outcomes, phi, theta,
        lambda state: 0.5 if state.startswith("ready") else 0.2,
    )  # fmt: skip


def quality(horizon: int = 4, *, shared: bool = False) -> Task:
    """Always `horizon` turns; each pays 1 if it is good, which has probability 1/2 at first."""

    def outcomes(state: str, action: str) -> list[Outcome]:
        return [(1.0, _next_turn(state, horizon), {"pay": float(action == "good")})]

    return _two_actions("quality", outcomes, horizon, 0.5, shared)


def find(horizon: int = 4, *, shared: bool = False) -> Task:
    """A good turn ends the episode and pays 1; it has probability 0.3 at first."""

    def outcomes(state: str, action: str) -> list[Outcome]:
        if action == "good":
            return [(1.0, None, {"pay": 1.0})]
        return [(1.0, _next_turn(state, horizon), {"pay": 0.0})]

    return _two_actions("find", outcomes, horizon, 0.3, shared)


def _next_turn(state: str, horizon: int) -> str | None:
    turn = int(state.removeprefix("turn "))
    return None if turn == horizon - 1 else f"turn {turn + 1}"


def _two_actions(
    name: str,
    outcomes: Callable[[str, str], list[Outcome]],
    horizon: int,
    p: float,
    shared: bool,
) -> Task:
    """`good` with probability p, from a logit per turn or one for all turns."""
    size = 1 if shared else horizon

    def phi(state: str, action: str) -> Floats:
        row = np.zeros(size)
        row[0 if shared else int(state.removeprefix("turn "))] = float(action == "good")
        return row

    full = f"{name}, {'one logit' if shared else 'a logit per turn'}"
    theta = np.full(size, np.log(p / (1 - p)))
    return Task(full, "turn 0", ("good", "bad"), outcomes, phi, theta, lambda state: 0.0)
