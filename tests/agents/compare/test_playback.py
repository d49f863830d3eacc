import numpy as np
import pytest

import rewardsmith
from rewardsmith.agents.classic.evaluate import FIRST_SEED
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.compare.playback import play


class Constant:
    def __init__(self, action):
        self.action = action

    def predict(self, obs, deterministic):
        return np.array([self.action]), None


def test_terms_of_every_scope_are_paid_step_by_step():
    # Pushing right for ever: about ten steps, each worth 1; the outcome gate at 5 steps is
    # passed and pays 2 a step, that at 475 pays nothing.
    reward = (
        "env + outcome(steps_alive, 2, threshold=5) + outcome(steps_alive, 2, threshold=475)"
        " + step_cost(0.5)"
    )
    spec = make_spec("rewardsmith/CartPole-v0", reward=reward)
    played = play(spec, Constant(1))
    length = len(played.env_rewards)
    assert 5 < length < 20
    assert played.env_rewards == [1.0] * length
    assert played.terms["env"] == [1.0] * length
    assert sum(played.terms["outcome"]) == pytest.approx(2 * length)
    assert played.terms["outcome_2"] == [0.0] * length
    assert played.terms["step_cost"] == [-0.5] * length
    assert (played.success, played.seed) == (0.0, FIRST_SEED)


def test_one_picture_more_than_steps():
    played = play(make_spec("rewardsmith/DoorKey-5x5-v0", reward="potential"), Constant(0))
    assert len(played.frames) == len(played.env_rewards) + 1
    assert played.frames[0].dtype == np.uint8
    assert played.frames[0].shape[2] == 3


def test_potential_terms_telescope_to_minus_the_first_potential():
    # sum of gamma^t F_t = gamma^T Phi(s_T) - Phi(s_0), with Phi = 0 at the terminal state
    reward = "env + potential(cart_position + 3)"
    spec = make_spec("rewardsmith/CartPole-v0", reward=reward, gamma=0.9)
    played = play(spec, Constant(0))
    discounts = 0.9 ** np.arange(len(played.env_rewards))
    import gymnasium as gym

    env = gym.make("CartPole-v1")
    obs, _ = env.reset(seed=FIRST_SEED)
    env.close()
    assert np.sum(discounts * played.terms["potential"]) == pytest.approx(-(obs[0] + 3), rel=1e-5)


def test_a_strangers_env_plays_on_its_observation():
    spec = make_spec("CartPole-v1", reward="env + obs[0]")
    played = play(spec, Constant(0))
    assert set(played.terms) == {"env", "value"}
    assert len(played.frames) == len(played.env_rewards) + 1


@pytest.mark.parametrize("term", ["rnd", "icm", "e3b", "episodic_count"])
def test_what_an_intrinsic_reward_learned_in_several_envs_pays_the_episode(term):
    learned = "" if term == "episodic_count" else "update_every=16, hidden=(8,), latent=4"
    reward = f"env + {term}({learned})"
    envs = rewardsmith.make("CartPole-v1", reward, gamma=0.99, num_envs=3)
    envs.reset(seed=0)
    for _ in range(16):
        envs.step(np.array([0, 1, 0]))
    spec = make_spec("CartPole-v1", reward=reward, n_envs=3)
    played = play(spec, Constant(1), state=envs.stack.state_dict())
    envs.close()
    paid = np.array(played.terms[term])
    assert len(paid) == len(played.env_rewards)
    assert (paid > 0).all()
