"""The rewards that control, robotic and multiagent envs ship, run over real episodes."""

from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import numpy as np
import pytest
import yaml

from rewardsmith.catalog import EnvEntry
from rewardsmith.envs.control import catalog as control
from rewardsmith.envs.multiagent import catalog as multiagent
from rewardsmith.envs.robotic import catalog as robotic
from rewardsmith.registration import build_bare
from rewardsmith.stack import RewardOutput, RewardStack
from rewardsmith.term import Binding, Learner, Scope
from rewardsmith.transition import Transition

STEPS = 25
Rows = list[dict[str, Any]]


def formulas(entry: EnvEntry) -> dict[str, str]:
    folder = resources.files(f"rewardsmith.envs.{entry.family}")
    named = yaml.safe_load((folder / entry.rewards).read_text())
    return {name: spec["formula"] for name, spec in named.items()}


EVERY = [
    pytest.param(entry, name, formula, id=f"{entry.id}-{name}")
    for entry in (*control.ENVS, *robotic.ENVS, *multiagent.ENVS)
    for name, formula in formulas(entry).items()
]


def columns(rows: Rows) -> dict[str, Any]:
    return {name: np.stack([np.asarray(r[name]) for r in rows]) for name in rows[0]}


def play(entry: EnvEntry) -> Iterator[tuple[float, dict[str, Any]]]:
    """Reward and info of random steps after a reset."""
    env = build_bare(entry)
    env.action_space.seed(0)
    yield 0.0, env.reset(seed=0)[1]
    while True:
        _, reward, _, _, info = env.step(env.action_space.sample())
        yield reward, info


def play_team(entry: EnvEntry) -> Iterator[tuple[float, dict[str, Any]]]:
    """The same of a team, as its first agent sees it."""
    env = build_bare(entry)
    for agent in env.possible_agents:
        env.action_space(agent).seed(0)
    yield 0.0, env.reset(seed=0)[1]["agent_0"]
    while True:
        _, rewards, _, _, infos = env.step({a: env.action_space(a).sample() for a in env.agents})
        yield rewards["agent_0"], infos["agent_0"]


def episode(entry: EnvEntry) -> Transition:
    """Random steps up to a time limit; where a fall ends the episode, past it."""
    player = play_team(entry) if entry.family == "multiagent" else play(entry)
    seen = [next(player) for _ in range(STEPS + 1)]
    infos = [info["features"] for _, info in seen]
    ends = np.zeros(STEPS, dtype=bool)
    ends[-1] = True
    empty = np.zeros((STEPS, 1))
    return Transition(
        obs=empty,
        action=empty,
        next_obs=empty,
        env_reward=np.array([reward for reward, _ in seen[1:]]),
        terminated=np.zeros(STEPS, dtype=bool),
        truncated=ends,
        features=columns(infos[:-1]),
        next_features=columns(infos[1:]),
        t=np.arange(STEPS),
    )


def paid(entry: EnvEntry, formula: str, transition: Transition, gamma: float) -> RewardOutput:
    binding = Binding(
        build_bare(entry).feature_schema,
        Learner(gamma=gamma),
        serves=frozenset({Scope.STEP, Scope.EPISODE}),
    )
    return RewardStack.parse(formula).bind(binding).finish(transition)


# CartPole falls within 25 random steps for some seeds and says so when stepped on.
@pytest.mark.filterwarnings("ignore:.*even though this environment has already returned")
@pytest.mark.parametrize(("entry", "name", "formula"), EVERY)
def test_runs_over_a_real_episode(entry: EnvEntry, name: str, formula: str) -> None:
    transition = episode(entry)
    out = paid(entry, formula, transition, 0.99)
    assert out.total.shape == (STEPS,)
    assert np.all(np.isfinite(out.total))
    np.testing.assert_allclose(sum(out.terms.values()), out.total)
    if name == "sparse":
        np.testing.assert_array_equal(out.total, transition.env_reward)


CLAIMS = {"sparse": "invariant", "potential": "invariant", "gated": "biased", "biased": "biased"}


@pytest.mark.parametrize(("entry", "name", "formula"), EVERY)
def test_claims_what_its_name_says(entry: EnvEntry, name: str, formula: str) -> None:
    stack = RewardStack.parse(formula)
    if name in CLAIMS:
        assert stack.guarantee == CLAIMS[name]
        assert stack.scope == Scope.STEP, "the four standard rewards run in every place"
    assert stack.needs <= set(build_bare(entry).feature_schema)


POTENTIALS: dict[str, Callable[[dict[str, Any]], float]] = {
    "rewardsmith/CartPole-v0": lambda f: (
        20 * (np.cos(f["pole_angle"]) - 1) - 0.5 * abs(f["cart_position"]) / 2.4
    ),
    "rewardsmith/MountainCar-v0": lambda f: 10 * (f["height"] + 270 * f["car_velocity"] ** 2 - 1),
    "rewardsmith/Acrobot-v0": lambda f: (
        -2 * (np.cos(f["link1_angle"]) + np.cos(f["link1_angle"] + f["link2_angle"]) + 1)
    ),
    "rewardsmith/FetchReach-v0": lambda f: (
        -10 * float(np.linalg.norm(f["gripper_position"] - f["goal_position"]))
    ),
    "rewardsmith/SimpleSpread-v0": lambda f: -5 * f["mean_landmark_distance"],
}


@pytest.mark.filterwarnings("ignore:.*even though this environment has already returned")
@pytest.mark.parametrize("env_id", POTENTIALS)
def test_potentials_telescope(env_id: str) -> None:
    # Ng et al. 1999: the discounted sum of F is gamma^T Phi(s_T) - Phi(s_0), whatever happened.
    entries = (*control.ENVS, *robotic.ENVS, *multiagent.ENVS)
    entry = next(e for e in entries if e.id == env_id)
    transition, gamma, phi = episode(entry), 0.9, POTENTIALS[env_id]
    out = paid(entry, formulas(entry)["potential"], transition, gamma)
    shaping = out.total - transition.env_reward
    first = {k: v[0] for k, v in transition.features.items()}
    last = {k: v[-1] for k, v in transition.next_features.items()}
    assert np.sum(gamma ** np.arange(STEPS) * shaping) == pytest.approx(
        gamma**STEPS * phi(last) - phi(first)
    )
    assert np.any(shaping != 0)
