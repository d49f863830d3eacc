"""Two streams as a learner of `rewardsmith train` and `compare`."""

from __future__ import annotations

from typing import Any

import pytest
from stable_baselines3.common.vec_env import VecNormalize

from rewardsmith.agents.classic.algorithms import find_algorithm
from rewardsmith.agents.classic.checkpoints import list_checkpoints
from rewardsmith.agents.classic.learner import Learner
from rewardsmith.agents.classic.settings import defaults, make_spec
from rewardsmith.agents.classic.train import train
from rewardsmith.agents.multiagent.shared_ppo import SharedLearner
from rewardsmith.errors import ConfigError, PlaceError, UnknownNameError

CARTPOLE = "rewardsmith/CartPole-v0"
SETTINGS: dict[str, Any] = {
    "reward": "env + normalize(pole_angle) + potential(pole_angle)",
    "algo": "two_streams",
    "steps": 1024,
    "eval_every": 256,
    "eval_episodes": 2,
    "hyperparameters": {"n_epochs": 2, "streams": {"intrinsic": ["normalize"]}},
}


class Stopped(Exception):
    pass


@pytest.mark.parametrize("normalize", ["none", "obs"])
def test_a_run_that_stopped_ends_as_if_it_had_not(tmp_path, normalize):
    spec = make_spec(CARTPOLE, normalize=normalize, **SETTINGS)

    def stop(step, known):
        if list_checkpoints(tmp_path / "stopped" / "checkpoints"):
            raise Stopped

    with pytest.raises(Stopped):
        train(spec, tmp_path / "stopped", progress=stop, checkpoint_every=512)
    train(spec, tmp_path / "stopped", resume=True)
    train(spec, tmp_path / "whole")
    for name in ("eval.csv", "terms.csv"):
        stopped = (tmp_path / "stopped" / name).read_text()
        assert stopped == (tmp_path / "whole" / name).read_text()
    assert stopped.count("\n") > 3


def test_a_run_logs_what_its_second_head_explains(tmp_path):
    train(make_spec(CARTPOLE, **{**SETTINGS, "steps": 512}), tmp_path)
    [log] = (tmp_path / "logs").glob("*.csv")
    header = log.read_text().splitlines()[0]
    assert "train/explained_variance_intrinsic" in header


def test_a_learner_of_two_streams_takes_the_settings_of_ppo_and_its_own():
    ppo = set(find_algorithm("ppo").settings())
    ours = set(find_algorithm("two_streams").settings())
    assert ours - ppo == {
        "gamma_intrinsic",
        "gae_lambda_intrinsic",
        "episodic_intrinsic",
        "advantage_coef",
        "advantage_coef_intrinsic",
        "vf_coef_intrinsic",
        "streams",
    }
    assert ppo <= ours


@pytest.mark.parametrize("name", ["MountainCar", "Acrobot", "MountainCarContinuous", "CartPole"])
def test_the_defaults_are_ppos_but_for_the_running_scale_of_the_sum(name):
    env_id = f"rewardsmith/{name}-v0"
    expected = defaults("ppo", env_id)
    if expected.get("normalize") == "obs+reward":
        expected["normalize"] = "obs"
    assert defaults("two_streams", env_id) == expected


def test_observations_may_be_normalised_but_not_the_sum_of_the_streams():
    learner = Learner(make_spec("rewardsmith/MountainCar-v0", algo="two_streams", reward="env"))
    assert isinstance(learner.venv, VecNormalize)
    learner.close()
    with pytest.raises(PlaceError, match="normalize: obs"):
        Learner(make_spec(CARTPOLE, normalize="obs+reward", **SETTINGS))


def test_terms_of_episode_scope_go_with_two_streams():
    reward = SETTINGS["reward"] + " + outcome(steps_alive, 1*env, threshold=0)"
    learner = Learner(make_spec(CARTPOLE, **{**SETTINGS, "reward": reward}))
    learner.model.learn(64)
    assert learner.model.intrinsic_terms == ("normalize",)
    learner.close()


def test_a_stream_of_a_term_that_the_reward_lacks_is_refused():
    wrong = {"hyperparameters": {"streams": {"intrinsic": ["normalise"]}}}
    with pytest.raises(UnknownNameError, match="Did you mean 'normalize'"):
        Learner(make_spec(CARTPOLE, **{**SETTINGS, **wrong}))


def test_the_agents_of_a_game_cannot_share_two_streams():
    pytest.importorskip("mpe2")
    spec = make_spec("rewardsmith/SimpleSpread-v0", algo="two_streams", reward="potential")
    with pytest.raises(ConfigError, match=r"one stream.*two_streams.*Use --algo ppo or a2c\."):
        SharedLearner(spec)
