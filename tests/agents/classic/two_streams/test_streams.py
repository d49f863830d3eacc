from __future__ import annotations

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecNormalize

from rewardsmith.agents.classic.two_streams.streams import intrinsic_terms
from rewardsmith.errors import BindingError, ConfigError, UnknownNameError
from rewardsmith.stack import RewardStack


def stack(formula: str, curious: tuple[int, ...] = ()) -> RewardStack:
    parsed = RewardStack.parse(formula)
    for i in curious:
        parsed.entries[i].term.intrinsic = True
    return parsed


def test_terms_that_call_themselves_intrinsic():
    both = stack("env + progress(x) + tolerance(x) + step_cost(1)", curious=(1, 2))
    assert intrinsic_terms(both, None) == ("progress", "tolerance")
    assert intrinsic_terms(stack("env + progress(x)"), None) == ()


def test_names_take_the_place_of_what_terms_say():
    both = stack("env + progress(x) + tolerance(x)", curious=(1,))
    assert intrinsic_terms(both, {"intrinsic": ["tolerance"]}) == ("tolerance",)
    assert intrinsic_terms(both, {"intrinsic": []}) == ()


def test_an_intrinsic_term_that_keeps_optimal_policies_stays_extrinsic():
    assert intrinsic_terms(stack("env + potential(x)", curious=(1,)), None) == ()


def test_a_term_that_mixes_env_with_curiosity_must_be_named():
    mixed = stack("clip(env + progress(x), -1, 1) + step_cost(1)", curious=(0,))
    with pytest.raises(BindingError, match="'clip', which pays env together with an intrinsic"):
        intrinsic_terms(mixed, None)
    assert intrinsic_terms(mixed, {"intrinsic": ["clip"]}) == ("clip",)
    assert intrinsic_terms(mixed, {"intrinsic": []}) == ()


@pytest.mark.parametrize("name", ["env", "potential"])
def test_what_keeps_optimal_policies_cannot_be_named(name):
    with pytest.raises(BindingError, match=f"Received '{name}' as intrinsic"):
        intrinsic_terms(stack("env + potential(x)"), {"intrinsic": [name]})


@pytest.mark.parametrize("streams", [{"intrinsic": ["outcome"]}, None])
def test_a_term_of_episode_scope_cannot_be_intrinsic(streams):
    late = stack("env + outcome(x, progress(x))", curious=(1,))
    with pytest.raises(BindingError, match="'outcome' as intrinsic; leave it to the extrinsic"):
        intrinsic_terms(late, streams)


def test_an_unknown_name_has_near_misses():
    with pytest.raises(UnknownNameError, match="Did you mean 'progress'"):
        intrinsic_terms(stack("env + progress(x)"), {"intrinsic": ["progres"]})


@pytest.mark.parametrize(
    "streams", [["rnd"], {"intrinsic": "rnd"}, {"extrinsic": []}, {"intrinsic": [], "other": []}]
)
def test_streams_of_another_form_are_refused(streams):
    with pytest.raises(ConfigError, match="streams names the terms of the intrinsic stream"):
        intrinsic_terms(stack("env"), streams)


@pytest.mark.parametrize("scaled", [False, True])
def test_adops_asks_both_heads(walks, learner, scaled):
    """Heads 2 x + 1 and 3 x of what the policy sees: x, or x as VecNormalize scales it."""
    env = walks("env + 0.5*adops(value(obs[0]))")
    place = VecNormalize(env, norm_reward=False) if scaled else env
    model = learner(place, heads=[(2.0, 1.0), (3.0, 0.0)], learning_rate=0.0,
                    streams={"intrinsic": ["adops"]}, gamma_intrinsic=0.25)  # fmt: skip
    model.learn(6)
    term = env.stack.entries[1].term
    raw = np.array([[3.0], [5.0]], dtype=np.float32)
    seen = place.normalize_obs(raw) if scaled else raw
    task, own = term._critic(raw)
    np.testing.assert_allclose(task, 2 * seen[:, 0] + 1, rtol=1e-6)
    np.testing.assert_allclose(own, 3 * seen[:, 0], rtol=1e-6)
    assert (term._gamma, term._weight) == (0.25, 0.5)
