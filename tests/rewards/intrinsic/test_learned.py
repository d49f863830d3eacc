"""What every learned term shares: learning, pay, state, refusals."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

import rewardsmith
from rewardsmith import RewardStack
from rewardsmith.errors import BindingError, ConfigError, ContractError, RewardsmithError
from rewardsmith.wrappers import RewardWrapper

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"
TERMS = [f"rnd({SMALL})", f"icm({SMALL})"]


def lived(term: Any, steps: Any) -> list[list[float]]:
    """Pay and learn, as a place does."""
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


@pytest.mark.parametrize("formula", TERMS)
def test_it_pays_nothing_until_it_has_statistics(place: Any, walk: Any, formula: str) -> None:
    paid = np.array(lived(place(formula), walk(12)))
    assert (paid[:8] == 0).all()  # 8 steps of 2 rows fill update_every=16
    assert (paid[8:] > 0).all()


@pytest.mark.parametrize("formula", TERMS)
def test_only_update_learns(place: Any, walk: Any, formula: str) -> None:
    term, steps = place(formula), walk(40)
    lived(term, steps[:20])
    first = [term.step(s).tolist() for s in steps]
    assert [term.step(s).tolist() for s in steps] == first
    assert [term.relabel(s).tolist() for s in steps] == first


@pytest.mark.parametrize("formula", TERMS)
def test_the_same_rows_give_the_same_rewards_however_they_come(
    place: Any, walk: Any, formula: str
) -> None:
    """Paying 40 rows at once is paying them one by one: no statistic is of the batch."""
    term, steps = place(formula), walk(40)
    lived(term, steps[:20])
    one_by_one = np.concatenate([term.relabel(s) for s in steps])
    together = term.relabel(rewardsmith.transition.stack(steps))
    np.testing.assert_allclose(together, one_by_one, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["rnd", "icm"])
def test_what_is_seen_often_is_paid_less_than_what_is_not(
    place: Any, step_of: Any, name: str
) -> None:
    rng = np.random.default_rng(0)
    term = place(f"{name}(update_every=64, batch_size=32, epochs=4, normalize='none')")
    for _ in range(300):
        obs = rng.normal(size=(2, 4))
        step = step_of(obs, obs + 0.1, 1)
        term.step(step)
        term.update(step)
    seen = rng.normal(size=(64, 4))
    unseen = seen[:, ::-1] * 3 + 4
    familiar = term.relabel(step_of(seen, seen + 0.1, 1)).mean()
    novel = term.relabel(step_of(unseen, -unseen, 1)).mean()
    assert novel > 3 * familiar


def test_rnd_is_the_squared_error_of_the_published_formula(place: Any, step_of: Any) -> None:
    """Burda et al. 2018, section 2.2 and 2.4, evaluated in float64 NumPy."""
    term = place(f"rnd({SMALL}, normalize='none')")
    rng = np.random.default_rng(1)
    seen = [rng.normal(2.0, 3.0, size=(2, 4)) for _ in range(8)]
    for obs in seen:
        step = step_of(obs, obs)
        term.step(step)
        term.update(step)
    rows = np.concatenate(seen)
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    obs = rng.normal(2.0, 30.0, size=(2, 4))
    x = np.clip((obs - mean) / deviation, -5, 5)

    def output(net: Any) -> Any:
        layers = [m for m in net.linear if hasattr(m, "weight")]
        y = x
        for i, layer in enumerate(layers):
            y = y @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
            y = np.maximum(y, 0) if i + 1 < len(layers) else y
        return y

    error = ((output(term.nets["predictor"]) - output(term.nets["target"])) ** 2).mean(axis=1)
    np.testing.assert_allclose(term.relabel(step_of(obs, obs)), error, rtol=1e-4)


def test_the_predictor_of_rnd_is_as_deep_as_its_target_if_asked(place: Any) -> None:
    def widths(net: Any) -> list[int]:
        return [m.weight.shape[0] for m in net.linear if hasattr(m, "weight")]

    deeper, even = place(f"rnd({SMALL})").nets, place(f"rnd({SMALL}, deeper=False)").nets
    assert widths(deeper["predictor"]) == [8, 8, 4]
    assert widths(even["predictor"]) == widths(even["target"]) == [8, 4]


def test_icm_is_half_the_squared_error_by_hand(place: Any, step_of: Any) -> None:
    """Features x1 + x2 + x3 + x4; the model foretells now + 10 * (action is 2)."""
    import torch

    term = place("icm(hidden=(), latent=1, warmup=0, normalize='none', normalize_obs=False)")
    with torch.no_grad():
        term.nets["features"].linear[0].weight.fill_(1.0)
        term.nets["dynamics"][0].weight[:] = torch.tensor([[1.0, 0.0, 0.0, 10.0]])
    step = step_of([[1, 1, 1, 1], [0, 0, 0, 1]], [[2, 2, 2, 2], [1, 0, 0, 0]], [2, 0])
    # foretold 4 + 10 and 1; true 8 and 1
    assert term.step(step).tolist() == [18.0, 0.0]


@pytest.mark.parametrize("formula", [f"rnd({SMALL}, warmup=0)", f"icm({SMALL}, warmup=4)"])
def test_scaling_begins_anew_with_rows_that_are_centred(
    place: Any, step_of: Any, formula: str
) -> None:
    """Rewards of rows a thousand times as large, paid before, leave no trace in it."""
    rng = np.random.default_rng(0)
    term = place(formula.replace("hidden", "lr=1e-12, hidden"))
    steps = [step_of(*rng.normal(0, 1000, (2, 2, 4)), rng.integers(3, size=2)) for _ in range(8)]
    lived(term, steps)
    values = np.array([term._raw(term._columns(s)) for s in steps])
    if term.normalize == "return":
        for t in range(1, 8):
            values[t] += 0.99 * values[t - 1]
    assert term.scaling.moments.count == 16
    assert term.scaling.moments.mean[0] == pytest.approx(values.mean(), rel=1e-4)
    assert term.scaling.moments.variance[0] == pytest.approx(values.var(), rel=1e-4)


class Counting(gym.Wrapper[Any, Any, Any, Any]):
    """Counts the steps and resets it is asked for."""

    calls = 0

    def step(self, action: Any) -> Any:
        self.calls += 1
        return super().step(action)

    def reset(self, **options: Any) -> Any:
        self.calls += 1
        return super().reset(**options)


def test_the_env_is_never_stepped_behind_the_learner() -> None:
    env = Counting(gym.make("CartPole-v1"))
    wrapped = RewardWrapper(env, f"env + rnd({SMALL}) + icm({SMALL})")
    assert env.calls == 0
    wrapped.reset(seed=0)
    for taken in range(2, 40):
        if any(wrapped.step(wrapped.action_space.sample())[2:4]):
            break
        assert env.calls == taken


@pytest.mark.parametrize("mode", ["NEXT_STEP", "SAME_STEP"])
def test_it_runs_in_vector_envs(mode: str) -> None:
    formula = f"env + 0.1*rnd({SMALL}) + 0.1*icm(agent_x, agent_y, {SMALL})"
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0", reward=formula, num_envs=3, autoreset_mode=mode,
        max_episode_steps=7,
    )  # fmt: skip
    env.reset(seed=0)
    env.action_space.seed(1)
    for _ in range(40):
        infos = env.step(env.action_space.sample())[-1]
    assert np.isfinite(infos["reward_terms"]["rnd"]).all()
    taken = 40 * 3 if mode == "SAME_STEP" else 35 * 3  # every eighth step only resets
    assert env.stack.entries[1].term.rows == taken
    env.close()


def test_bad_input_is_told_with_the_remedy(place: Any, step_of: Any, walk: Any) -> None:
    with pytest.raises(ContractError, match=r"rnd\(\): .*finite. Received nan.*name features"):
        place("rnd()").step(step_of([[0, 0, 0, np.nan]] * 2, [[np.nan, 0, 0, 0]] * 2))
    same = step_of(np.ones((2, 4)), np.ones((2, 4)))
    term = place("rnd(update_every=4)")
    lived(term, [same] * 498)  # few rows may be equal: an agent that stands still
    with pytest.raises(ConfigError, match=r"same values in all of 1000 rows.*normalize_obs=False"):
        lived(term, [same, same])
    lived(place("rnd(update_every=4, normalize_obs=False)"), [same, same])
    patient = place("rnd(x, update_every=4, patience=2000)")
    lived(patient, [same] * 998)
    with pytest.raises(ConfigError, match=r"2000 rows, of which 2000 may be.*patience=200000 or"):
        lived(patient, [same, same])
    with pytest.raises(BindingError, match="does not tell its observation space"):
        place("rnd()", observation_space=None)
    with pytest.raises(BindingError, match="learns from actions"):
        place("icm()", action_space=None)
    odd = spaces.Box(0, 255, (30, 30, 30), np.uint8)
    with pytest.raises(BindingError, match=r"transpose it in a wrapper"):
        place("rnd(encoder='image')", observation_space=odd)
    with pytest.raises(ConfigError, match=r"device is 'auto'.*Received 'gpu'"):
        place("rnd(device='gpu')")


def test_the_state_of_another_term_is_refused(place: Any, walk: Any) -> None:
    state = place("rnd(hidden=(8,))").state_dict()
    with pytest.raises(ConfigError, match=r"same options and observations. Received \(8, 4\)"):
        place("rnd(hidden=(9,))").load_state_dict(state)
    with pytest.raises(ConfigError, match=r"as many envs as it runs in\. Received that of 2, here"):
        place("rnd(hidden=(8,))", num_envs=3).load_state_dict(state)
    with pytest.raises(ConfigError, match="same options and observations"):
        place("rnd(hidden=(8,))", size=5).load_state_dict(state)


@pytest.mark.parametrize(
    "formula",
    ["rnd(lr=0)", "rnd(proportion=2)", "rnd(normalize='max')", "rnd(hidden=(0,))", "icm(beta=2)",
     "rnd(sead=1)", "rnd(update_every=0)", "rnd(on=x, on=y)", "rnd(env)", "rnd(on=[])",
     "count(on=())"],
)  # fmt: skip
def test_wrong_options_are_refused(formula: str) -> None:
    with pytest.raises(RewardsmithError, match=r"Received|twice|Did you mean|once"):
        RewardStack.parse(formula)


def test_novelty_is_told_from_a_feature(place: Any) -> None:
    with pytest.raises(BindingError, match=r"numbers alone; name a feature in it, as in rnd"):
        place("rnd(on=[x, 3])")
    place("rnd(on=[2*x, obs[0]])")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (f"seed={2**63}", r"seed of rnd is below 2\*\*63. Received 9223372036854775808"),
        ("device='meta'", "device is 'auto', 'cpu' or a GPU that is there. Received 'meta'"),
        ("device=1.5", "device is 'auto', 'cpu' or a GPU that is there. Received 1.5"),
        (f"latent={10**12}", "'rnd' asks for more memory than there is. .* Make its sizes smaller"),
    ],
)
def test_an_option_beyond_the_machine_is_named(place: Any, option: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        place(f"rnd({option})")


def test_rows_beyond_memory_are_refused(place: Any, walk: Any) -> None:
    term = place(f"rnd(update_every={10**15}, hidden=(8,), latent=4)")
    with pytest.raises(ConfigError, match="write a smaller update_every"):
        lived(term, walk(1))


def test_a_rare_feature_is_paid_when_it_varies_at_last(place: Any, step_of: Any) -> None:
    term = place(f"rnd(x, {SMALL}, patience=10000)")
    usual = step_of(np.zeros((2, 4)), np.zeros((2, 4)))
    rare = step_of(np.zeros((2, 4)), np.ones((2, 4)))
    paid = lived(term, [usual] * 600)
    assert term.step(rare).min() > 10 * max(map(max, paid[-100:]))


def test_one_feature_of_several_that_does_not_vary_is_told_once(place: Any, step_of: Any) -> None:
    rng = np.random.default_rng(0)
    still = [step_of(row := np.c_[np.ones(2), rng.normal(size=(2, 3))], row) for _ in range(80)]
    term = place(f"rnd(on=[y, x, 2*x], {SMALL}, patience=64)")
    lived(term, still[:31])
    with pytest.warns(UserWarning, match=r"^rnd\(.* looks at x, 2\*x: the same in all of 64"):
        lived(term, still[31:40])
    lived(term, still[40:])  # told once: another warning would be an error here
    lived(place(f"rnd({SMALL}, patience=64)"), still)  # numbers of an observation may stand still
