"""Each term's claim against an exact solver on 200 random MDPs."""

import numpy as np
import pytest

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack
from rewardsmith.rewards.tabular import TabularMDP
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("phi", "a number per state"), Feature("s", "the state's index")])
MDPS = [TabularMDP.random(seed) for seed in range(200)]


def bound(formula, gamma=0.95, **learner):
    return RewardStack.parse(formula).bind(
        Binding(SCHEMA, Learner(gamma=gamma, **learner), num_envs=1)
    )


def changed(formula, gamma=0.95):
    """Share of the MDPs in which the set of optimal actions is not the MDP's own."""
    stack = bound(formula, gamma)
    return np.mean(
        [(m.optimal_actions(m.reward_of(stack)) != m.optimal_actions()).any() for m in MDPS]
    )


@pytest.mark.parametrize(
    "formula",
    [
        "env + potential(phi)",
        "env - 3*potential(phi)",
        "env + 100*potential(phi)",
        "env + scale(potential(phi), -2)",
        "2*env + potential(phi) + potential(where(s > 4, 10, -1))",
        "scale(env, 3) + potential(tanh(phi))",
        "env + 0*progress(phi)",
    ],
)
def test_every_reward_that_claims_invariance_keeps_it(formula):
    assert bound(formula).guarantee == "invariant"
    assert changed(formula) == 0.0


@pytest.mark.parametrize(
    ("formula", "gamma"),
    [
        # the potential left non-zero at termination
        ("env + value(0.95*next(phi) - phi)", 0.95),
        # shaping with gamma 1 under a learner with .95
        ("env + potential(phi)", 1.0),
        # clipping after shaping
        ("clip(env + potential(phi), -0.5, 0.5)", 0.95),
        # one-sided progress
        ("env + progress(phi)", 0.95),
    ],
)
def test_each_faulty_form_changes_the_optimum_clearly(formula, gamma):
    assert changed(formula, gamma) > 0.1


@pytest.mark.parametrize(
    "formula",
    [
        "env + phi",
        "env + tolerance(phi, bounds=(0, 1), margin=1)",
        "env + step_cost(0.5)",
        "env + when(phi > 0, potential(phi))",
        "env + tanh(potential(phi))",
        "times(env, phi > 0)",
        "-env",
        "potential(phi)",
    ],
)
def test_rewards_that_change_the_optimum_are_declared_biased(formula):
    assert bound(formula).guarantee == "biased"
    assert changed(formula) > 0.05


def test_an_annealed_bias_ends_at_the_environments_own_reward():
    stack = bound("env + anneal(1000)*progress(phi)")
    assert stack.guarantee == "asymptotic"
    before = np.mean(
        [(m.optimal_actions(m.reward_of(stack)) != m.optimal_actions()).any() for m in MDPS[:50]]
    )
    stack.clock.steps = 1000
    assert before > 0.1
    for mdp in MDPS:
        np.testing.assert_array_equal(mdp.reward_of(stack), mdp.reward)


def test_the_solver_agrees_with_a_hand_worked_chain():
    # 0 -> 1 -> 2 (terminal), reward 1 on arrival at 2; the other action stays and pays 0.
    dynamics = np.zeros((3, 2, 3))
    dynamics[0, 0, 1] = dynamics[1, 0, 2] = dynamics[2, :, 2] = 1.0
    dynamics[0, 1, 0] = dynamics[1, 1, 1] = 1.0
    reward = np.zeros((3, 2, 3))
    reward[1, 0, 2] = 1.0
    mdp = TabularMDP(dynamics, reward, np.array([False, False, True]), 0.5, np.zeros(3))
    np.testing.assert_allclose(mdp.q_values(), [[0.5, 0.25], [1.0, 0.5], [0.0, 0.0]], atol=1e-10)


def _episode(rng, length, *, terminated, truncated):
    phi = rng.normal(size=length + 1)
    ends = np.zeros(length, dtype=bool)
    return phi, [
        Transition(
            None,
            None,
            None,
            np.zeros(1),
            np.array([terminated and i == length - 1]),
            np.array([truncated and i == length - 1]),
            {"phi": phi[i : i + 1], "s": np.zeros(1)},
            {"phi": phi[i + 1 : i + 2], "s": np.zeros(1)},
            t=np.array([i]),
        )
        for i in range(len(ends))
    ]


def _discounted(stack, steps, gamma):
    total = 0.0
    for i, step in enumerate(steps):
        total += gamma**i * stack.step(step).total[0]
        stack.update(step)
    stack.reset()
    return total


@pytest.mark.parametrize("formula", ["potential(phi)", "potential(phi, anneal=7)"])
@pytest.mark.parametrize(
    ("terminated", "truncated", "bootstraps"),
    [(True, False, True), (True, True, True), (True, True, False), (False, True, False)],
)
def test_over_an_episode_that_ends_for_good_the_sum_is_minus_the_first_potential(
    formula, terminated, truncated, bootstraps
):
    stack = bound(formula, bootstraps_on_truncation=bootstraps)
    phi, steps = _episode(np.random.default_rng(1), 9, terminated=terminated, truncated=truncated)
    assert _discounted(stack, steps, 0.95) == pytest.approx(-phi[0], abs=1e-12)


def test_at_a_bootstrapped_truncation_the_last_potential_is_kept():
    stack = bound("potential(phi)")
    phi, steps = _episode(np.random.default_rng(2), 9, terminated=False, truncated=True)
    assert _discounted(stack, steps, 0.95) == pytest.approx(0.95**9 * phi[9] - phi[0], abs=1e-12)
