"""STARC between two tabular rewards, exactly; on arrays or on a sparse list of transitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse.linalg import splu

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import (
    check_choice,
    check_distribution,
    check_dynamics,
    check_finite,
    check_gamma,
    check_tables,
    check_terminal,
)
from rewardsmith.rewards.distance.edges import EdgeList, Edges, Graph, edge_list
from rewardsmith.rewards.distance.exact_dard import absorbing, dard_canonical
from rewardsmith.rewards.distance.exact_epic import epic_canonical, live
from rewardsmith.rewards.distance.result import (
    ROUNDING,
    ZERO,
    RewardDistance,
    form_of,
    mostly_constant,
    size_of,
    standardised_distance,
)
from rewardsmith.transition import Floats

CANONICAL = ("val", "val_potential", "minimal", "epic", "dard")
NORMS = ("l2", "l1", "linf")


def starc(
    reward_a: ArrayLike,
    reward_b: ArrayLike,
    *,
    dynamics: ArrayLike | EdgeList,
    gamma: float,
    terminal: ArrayLike | None = None,
    canonical: str = "val",
    policy: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    norm: str | tuple[str, str] = "l2",
) -> RewardDistance:
    """Standardised Reward Comparison, Skalse et al. 2024 (arXiv 2309.15257).

    D = m(s(R1), s(R2)) with s(R) = c(R) / n(c(R)), or c(R) where that is 0; in [0, 2] while m
    is n: 0 for the same ordering of policies, 2 for R against -R, 1 against a reward that is
    zero up to shaping. Canonical forms c:

    - `val`: E over S' of R(s, a, S') + gamma V(S') - V(s), V of `policy`. Blind to scale,
      potential shaping and to which successor a reward is paid on.
    - `val_potential`: R(s, a, s') + gamma V(s') - V(s); sees the latter.
    - `minimal`: the member of the equivalence class of least norm; l2 only, by least squares.
    - `epic`, `dard`: those of the other two metrics, under this norm. Arrays only.

    Norms are taken with respect to a probability distribution, so that impossible transitions
    weigh nothing: `weights` over (s, a), times the dynamics for `val_potential`, and the
    product of uniform distributions for `epic` and `dard`. The paper's unweighted norms over
    all (s, a, s') differ from it by a factor that cancels for `val` with uniform weights.

    Args:
        reward_a, reward_b: R(s, a, s'), shape (S, A, S), or shape (E,) where `dynamics` is
            an edge list.
        dynamics: P(s' | s, a), shape (S, A, S), or `Edges`.
        gamma: discount in [0, 1).
        terminal: bool of shape (S,); V is 0 there. None if episodes never end.
        canonical: which canonical form.
        policy: pi(a | s), shape (S, A), for V; uniform over the possible actions if None.
        weights: distribution over (s, a), shape (S, A); uniform over the possible ones if None.
        norm: `l2`, `l1` or `linf` for both n and m, or one name for each.

    Raises:
        ConfigError: shapes that do not match, NaN, rows that do not sum to 1, gamma out of
            range, an unknown name.

    >>> import numpy as np
    >>> stay = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    >>> r = np.zeros((2, 2, 2)); r[0, 1, 1] = 1.0
    >>> round(starc(r, -3 * r, dynamics=stay, gamma=0.9).distance, 6)
    2.0
    """
    check_choice("canonical", canonical, CANONICAL)
    n_and_m = (norm, norm) if isinstance(norm, str) else norm
    inner, outer = (check_choice("norm", each, NORMS) for each in n_and_m)
    gamma = check_gamma(gamma, below_one=True)
    if canonical == "minimal" and inner != "l2":
        raise ConfigError(
            f"The minimal canonical form is solved by least squares, norm 'l2'. Received "
            f"norm {inner!r}. Take 'l2', or canonical='val'."
        )
    if canonical in ("epic", "dard"):
        first, second, over, sizes = _of_arrays(
            canonical, reward_a, reward_b, dynamics, gamma, terminal
        )
    else:
        problem = _problem(reward_a, reward_b, dynamics, gamma, terminal, weights)
        forms = [
            form_of(lambda x: _canonical(problem, x, canonical, policy), r) for r in problem.rewards
        ]
        first, second, over = forms[0], forms[1], problem.measure(canonical)
        sizes = (size_of(problem.rewards[0]), size_of(problem.rewards[1]))
    value = standardised_distance(
        first.ravel(), second.ravel(), over.ravel(), sizes, norm=inner, distance=outer,
        floor=_floor(canonical, gamma, (reward_a, reward_b)),
    )  # fmt: skip
    n = int((over > 0).sum())
    return RewardDistance(value, 2.0, f"STARC-{canonical}", n, None, (first, second))


def _floor(canonical: str, gamma: float, rewards: tuple[ArrayLike, ArrayLike]) -> float:
    """The share of a reward that its canonical form may hold in rounding errors alone."""
    if canonical == "minimal":
        return ZERO  # least squares rounds more than that
    offset = any(mostly_constant(np.asarray(r, dtype=np.float64)) for r in rewards)
    valued = canonical.startswith("val") and not offset
    return min(ZERO, ROUNDING / (1.0 - gamma) if valued else ROUNDING)


@dataclass(frozen=True)
class _Problem:
    graph: Graph
    rewards: tuple[Floats, Floats]  # one number per edge
    gamma: float
    weights: Floats  # over (s, a)

    def measure(self, canonical: str) -> Floats:
        if canonical != "val_potential":
            return self.weights
        spread: Floats = self.weights.ravel()[self.graph.row] * self.graph.edges.p
        return spread


def _problem(
    reward_a: ArrayLike,
    reward_b: ArrayLike,
    dynamics: ArrayLike | EdgeList,
    gamma: float,
    terminal: ArrayLike | None,
    weights: ArrayLike | None,
) -> _Problem:
    edges = edge_list(dynamics)
    if edges is not None:
        a, b = check_finite("reward_a", reward_a), check_finite("reward_b", reward_b)
        for name, r in (("reward_a", a), ("reward_b", b)):
            if r.shape != np.shape(edges.s):
                raise ConfigError(
                    f"With an edge list, {name} holds one number per edge, shape "
                    f"{np.shape(edges.s)}. Received shape {r.shape}."
                )
        graph = Graph.of(edges, check_terminal(terminal, edges.states))
        rewards = (a[graph.kept], b[graph.kept])
    else:
        a, b = check_tables(reward_a, reward_b)
        ends = check_terminal(terminal, a.shape[0])
        graph = Graph.of(
            Edges.dense(check_dynamics(cast(ArrayLike, dynamics), a.shape, ends)), ends
        )
        at = (graph.edges.s, graph.edges.a, graph.edges.after)
        rewards = (a[at], b[at])
    return _Problem(graph, rewards, gamma, _weights(weights, graph))


def _weights(given: ArrayLike | None, graph: Graph) -> Floats:
    if given is None:
        even: Floats = graph.chance / graph.chance.sum()
        return even
    weights = check_distribution("weights", given, graph.chance.shape) * graph.chance
    if weights.sum() <= 0.0:
        raise ConfigError(
            "weights must give some (s, a) a weight that has transitions and does not start at "
            "a terminal state. Received none."
        )
    normalised: Floats = weights / weights.sum()
    return normalised


def _canonical(problem: _Problem, reward: Floats, form: str, policy: ArrayLike | None) -> Floats:
    """Shape (E,) for `val_potential`, else (S, A)."""
    graph, gamma = problem.graph, problem.gamma
    paid = graph.expected(reward)
    if form == "minimal":
        return _least(problem, paid)
    values = graph.values(paid, graph.policy(policy), gamma)
    if form == "val_potential":
        levelled: Floats = reward + gamma * values[graph.edges.after] - values[graph.edges.s]
        return levelled
    onward = (graph.moves() @ values).reshape(paid.shape)
    return np.where(graph.chance > 0, paid + gamma * onward - values[:, None], 0.0)


def _least(problem: _Problem, paid: Floats) -> Floats:
    """E[R] less its projection on potential shaping, shape (S, A), in the weighted L2 norm."""
    graph = problem.graph
    states, actions = paid.shape
    live_states = np.flatnonzero(~graph.ends)
    leave = sparse.csr_matrix(
        (np.ones(paid.size), (np.arange(paid.size), np.repeat(np.arange(states), actions)))
    )
    shaping = (problem.gamma * graph.moves() - leave).tocsc()[:, live_states]
    weighted = sparse.diags(problem.weights.ravel()) @ shaping
    normal = sparse.csc_matrix(shaping.T @ weighted)
    # States that no weight reaches leave the potential free there; a touch of ridge settles it.
    size = float(np.abs(normal.diagonal()).max(initial=1.0))
    factor = splu(normal + 1e-14 * size * sparse.identity(len(live_states), format="csc"))
    left = paid.ravel().copy()
    for _ in range(3):  # iterative refinement: normal equations square the condition
        left = left - shaping @ factor.solve(weighted.T @ left)
    return np.where(graph.chance > 0, left.reshape(paid.shape), 0.0)


def _of_arrays(
    form: str,
    reward_a: ArrayLike,
    reward_b: ArrayLike,
    dynamics: ArrayLike | EdgeList,
    gamma: float,
    terminal: ArrayLike | None,
) -> tuple[Floats, Floats, Floats, tuple[float, float]]:
    if edge_list(dynamics) is not None:
        raise ConfigError(
            f"The canonical form {form!r} reads rewards of transitions that cannot happen, which "
            "an edge list does not have. Received edges. Give arrays of shape (S, A, S), or "
            "take canonical='val'."
        )
    a, b = check_tables(reward_a, reward_b)
    ends = check_terminal(terminal, a.shape[0])
    moves = absorbing(check_dynamics(cast(ArrayLike, dynamics), a.shape, ends), ends)
    states, actions, _ = a.shape
    over_s, over_a = np.full(states, 1.0 / states), np.full(actions, 1.0 / actions)
    if form == "epic":
        pair = [
            form_of(lambda x: epic_canonical(x, gamma, over_s, over_a, ends), r) for r in (a, b)
        ]
    else:
        pair = [form_of(lambda x: dard_canonical(x, moves, gamma, over_a, ends), r) for r in (a, b)]
    over = live(np.full(a.shape, 1.0 / a.size), ends)
    return pair[0], pair[1], over, (size_of(a), size_of(b))
