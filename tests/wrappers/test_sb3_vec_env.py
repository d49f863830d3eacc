from __future__ import annotations

import copy
import pickle
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import (
    DummyVecEnv,
    SubprocVecEnv,
    VecFrameStack,
    VecNormalize,
)

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError, ContractError, PlaceError
from rewardsmith.wrappers import RewardVecEnv, check_learner

FORMULA = "env + potential(place)"
# One episode right along the chain at gamma 1/2: 1/2*1 - 0, 1/2*2 - 1, env 1 + (0 - 2).
EPISODE = [0.5, 0.0, -1.0]


def right(env: Any, steps: int) -> list[Any]:
    return [env.step(np.ones(env.num_envs, int)) for _ in range(steps)]


def test_two_episodes_in_a_row(chains):
    env = RewardVecEnv(chains(2), FORMULA, gamma=0.5)
    env.reset()
    paid = [rewards.tolist() for _, rewards, _, _ in right(env, 6)]
    assert paid == [[x, x] for x in EPISODE * 2]


@pytest.mark.parametrize(("bootstraps", "last"), [(True, 0.0), (False, -1.0)])
def test_truncation(chains, bootstraps, last):
    env = RewardVecEnv(chains(1, limit=2), FORMULA, gamma=0.5, bootstraps_on_truncation=bootstraps)
    env.reset()
    assert [r[0] for _, r, _, _ in right(env, 4)] == [0.5, last, 0.5, last]


def test_end_and_limit_at_once_is_termination(chains):
    env = RewardVecEnv(chains(1, limit=3), FORMULA, gamma=0.5)
    env.reset()
    assert [r[0] for _, r, _, _ in right(env, 3)] == EPISODE
    assert env.last_transition.terminated.tolist() == [True]
    assert env.last_transition.truncated.tolist() == [False]


def test_the_latest_transition_holds_the_true_final_state(chains):
    env = RewardVecEnv(chains(2), FORMULA, gamma=0.5)
    env.reset()
    env.step(np.array([1, 0]))
    right(env, 1)
    obs, _, dones, _ = env.step(np.array([1, 1]))
    tr = env.last_transition
    assert dones.tolist() == [True, False]
    assert tr.features["place"].tolist() == [2.0, 1.0]
    assert tr.next_features["place"].tolist() == [3.0, 2.0]
    assert tr.next_obs.tolist() == [[3.0], [2.0]]
    assert obs.tolist() == [[0.0], [2.0]]
    assert tr.t.tolist() == [2, 2]
    assert env.step(np.array([1, 1]))[1].tolist() == [0.5, -1.0]
    assert env.last_transition.t.tolist() == [0, 3]
    assert env.last_transition.episode[0] != tr.episode[0]


def test_infos(chains):
    env = RewardVecEnv(chains(), "env + 2*place")
    env.reset()
    infos = [info[0] for *_, info in right(env, 3)]
    assert [i["reward_env"] for i in infos] == [0.0, 0.0, 1.0]
    assert infos[1]["reward_terms"] == {"env": 0.0, "place": 2.0}
    assert "reward_episode" not in infos[1]
    assert infos[2]["reward_episode"] == {
        "sum": {"env": 1.0, "place": 6.0},
        "mean": {"env": 1 / 3, "place": 2.0},
        "env": 1.0,
        "length": 3,
    }


def test_components_add_up(chains):
    env = RewardVecEnv(chains(3), "env + potential(place) + 0.3*place + tanh(place)")
    env.reset()
    for _, paid, _, infos in right(env, 8):
        sums = [sum(info["reward_terms"].values()) for info in infos]
        np.testing.assert_allclose(paid, sums, rtol=1e-6)


def test_observations_serve_as_features(chains):
    env = RewardVecEnv(chains(2, kind="plain"), "env + potential(obs[0])", gamma=0.5)
    env.reset()
    assert [r[0] for _, r, _, _ in right(env, 6)] == EPISODE * 2


def test_a_wrapper_between_hides_no_first_state(chains):
    env = RewardVecEnv(VecFrameStack(chains(2), 2), FORMULA, gamma=0.5)
    env.reset()
    assert [r[1] for _, r, _, _ in right(env, 6)] == EPISODE * 2


def test_monitor_inside_keeps_the_envs_own_return(chain):
    env = RewardVecEnv(DummyVecEnv([lambda: Monitor(chain())]), FORMULA)
    env.reset()
    assert right(env, 3)[-1][3][0]["episode"]["r"] == 1.0


def test_subprocesses_pay_what_dummy_pays():
    formula = "env + potential(height) + 0.1*car_velocity*t"
    makers = [partial(rewardsmith.make, "rewardsmith/MountainCar-v0") for _ in range(2)]
    dummy = RewardVecEnv(DummyVecEnv(makers), formula)
    workers = RewardVecEnv(SubprocVecEnv(makers, start_method="fork"), formula)
    try:
        for env in (dummy, workers):
            env.seed(5)
            env.reset()
        for i in range(210):  # past the limit of 200 steps
            actions = np.array([i % 3, (i // 2) % 3])
            here, there = dummy.step(actions), workers.step(actions)
            assert here[1].tolist() == there[1].tolist()
            assert here[3][0]["reward_terms"] == there[3][0]["reward_terms"]
    finally:
        workers.close()


def test_nothing_is_stepped_at_construction(chains):
    bare = chains(2)
    RewardVecEnv(bare, FORMULA)
    assert [(e.steps, e.resets) for e in bare.envs] == [(0, 0)] * 2


def test_normalize_inside_is_refused_with_the_right_order(chains):
    inside = VecFrameStack(VecNormalize(chains()), 2)
    with pytest.raises(PlaceError, match=r"VecNormalize\(RewardVecEnv\(DummyVecEnv"):
        RewardVecEnv(inside, FORMULA)


@pytest.mark.parametrize("normalized", [False, True])
def test_the_buffer_of_dqn_holds_shaped_rewards(chains, normalized):
    env: Any = RewardVecEnv(chains(1, limit=8), FORMULA, gamma=0.5)
    env = VecNormalize(env, gamma=0.5) if normalized else env
    model = DQN(
        "MlpPolicy", env, gamma=0.5, learning_starts=100, buffer_size=50, seed=0, device="cpu"
    )
    model.learn(40)
    buffer = model.replay_buffer
    here = buffer.observations[:40, 0, 0]
    there = buffer.next_observations[:40, 0, 0]
    if normalized:  # SB3 stores what the env gave
        assert buffer.next_observations.max() == 3.0
    phi = np.where(there == 3.0, 0.0, there)
    np.testing.assert_allclose(buffer.rewards[:40, 0], (there == 3.0) + 0.5 * phi - here, atol=1e-6)


def test_the_buffer_of_sac_holds_shaped_rewards():
    bare = DummyVecEnv([partial(rewardsmith.make, "rewardsmith/Pendulum-v0")])
    env = VecNormalize(RewardVecEnv(bare, "env + step_cost(100)"))
    model = SAC("MlpPolicy", env, learning_starts=100, buffer_size=50, device="cpu")
    model.learn(10)
    # Pendulum's own reward lies in [-16.3, 0].
    stored = model.replay_buffer.rewards[:10]
    assert (stored <= -100).all()
    assert (stored >= -116.3).all()


def test_a_learner_with_another_gamma(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.99)
    model = PPO("MlpPolicy", env, gamma=0.95, n_steps=8, batch_size=8, device="cpu")
    with pytest.raises(BindingError, match=r"0\.99.*0\.95"):
        check_learner(model, env.stack)
    model.gamma = 0.99
    check_learner(model, env.stack)


def test_episode_scope_needs_a_buffer(chains):
    with pytest.raises(BindingError, match="RewardRolloutBuffer"):
        RewardVecEnv(chains(), "env + outcome(at_goal, place)")
    with pytest.raises(ConfigError, match="episode_terms"):
        RewardVecEnv(chains(), "env", episode_terms="buffers")


def test_an_env_that_forgets_its_features(chains, monkeypatch):
    env = RewardVecEnv(chains(), FORMULA)
    monkeypatch.setattr(env.venv.envs[0], "_info", dict)
    with pytest.raises(ContractError, match="features"):
        env.reset()


def test_evaluation_neither_learns_nor_moves_the_clock(chains):
    env = RewardVecEnv(chains(), "linear(1, 0, steps=4)*place", training=False)
    env.reset()
    assert [r[0] for _, r, _, _ in right(env, 3)] == [0.0, 1.0, 2.0]
    assert env.stack.clock.steps == 0


def test_going_on_in_mid_episode(chains):
    formula = "env + potential(place) + t + outcome(at_goal, place)"
    env = RewardVecEnv(chains(), formula, gamma=0.5, episode_terms="buffer")
    env.claim_episode_terms()
    env.reset()
    right(env, 2)
    state = pickle.loads(pickle.dumps((env.state_dict(), env.stack.state_dict())))
    other = RewardVecEnv(copy.deepcopy(env.venv), formula, gamma=0.5, episode_terms="buffer")
    other.claim_episode_terms()
    other.stack.load_state_dict(state[1])
    other.load_state_dict(state[0])
    ((_, paid, _, infos),) = right(other, 1)
    assert paid.tolist() == [-1.0 + 2]
    assert infos[0]["reward_episode"]["length"] == 3
    assert infos[0]["reward_episode"]["sum"]["outcome"] == 0 + 1 + 2


def test_episodes_go_on_in_the_same_envs_alone(chains):
    env, other = (RewardVecEnv(chains(n), FORMULA, gamma=0.5) for n in (1, 2))
    before_any = env.state_dict()
    env.reset()
    with pytest.raises(PlaceError, match=r"\(1, 2\) for \(2, 2\)"):
        other.load_state_dict(env.state_dict())
    env.load_state_dict(before_any)
    with pytest.raises(PlaceError, match="Call reset"):
        env.step(np.array([1]))


def test_a_strangers_env_in_subprocesses():
    makers = [partial(gym.make, "CartPole-v1")] * 2
    env = RewardVecEnv(SubprocVecEnv(makers, start_method="fork"), "env + potential(-abs(obs[2]))")
    try:
        before = np.abs(env.reset()[:, 2])
        after, paid, _, _ = env.step(np.array([0, 1]))
        np.testing.assert_allclose(paid, 1 - 0.99 * np.abs(after[:, 2]) + before, rtol=1e-6)
    finally:
        env.close()


def test_tuples_are_refused(chain):
    def two() -> Any:
        env = chain()
        env.observation_space = gym.spaces.Tuple((env.observation_space, env.observation_space))
        return env

    with pytest.raises(PlaceError, match="FlattenObservation"):
        RewardVecEnv(DummyVecEnv([two]), "env")


def test_a_step_before_the_first_reset(chains):
    env = RewardVecEnv(chains(), FORMULA)
    with pytest.raises(PlaceError, match="Call reset"):
        env.step(np.array([1]))
    assert env.venv.envs[0].steps == 0
