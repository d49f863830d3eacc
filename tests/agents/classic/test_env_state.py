import pytest
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardsmith.agents.classic.env_state import can_be_saved, load_envs, save_envs
from rewardsmith.agents.classic.evaluate import make_bare
from rewardsmith.agents.classic.settings import make_spec


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CartPole", True),
        ("Pendulum", True),
        ("DoorKey-5x5", True),
        # EzPickle: a pickle holds the constructor's arguments, not the state.
        ("LunarLander", False),
    ],
)
def test_which_envs_can_be_saved(name, expected):
    env = make_bare(make_spec(f"rewardsmith/{name}-v0"))
    assert can_be_saved(env) is expected
    env.close()


@pytest.mark.parametrize("name", ["CartPole", "DoorKey-5x5"])
def test_loaded_envs_go_on_where_they_were(tmp_path, name):
    spec = make_spec(f"rewardsmith/{name}-v0")
    venv = DummyVecEnv([lambda: make_bare(spec)] * 2)
    venv.seed(3)
    venv.reset()
    venv.step([1, 0])
    assert save_envs(venv, tmp_path / "envs.pkl")

    def play():
        steps = [venv.step([a % 2, 1]) for a in range(60)]  # past the end of CartPole's episodes
        return [
            (obs.tolist(), rewards.tolist(), dones.tolist()) for obs, rewards, dones, _ in steps
        ]

    first = play()
    load_envs(venv, tmp_path / "envs.pkl")
    assert play() == first
    venv.close()
