import json
from dataclasses import replace

import pytest

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError


def spec(**changes):
    values = {
        "env_id": "rewardsmith/CartPole-v0",
        "reward": "env",
        "algo": "ppo",
        "steps": 1000,
        "seed": 0,
        "gamma": 0.99,
        "n_envs": 2,
        "eval_every": 500,
        "eval_episodes": 4,
        "deterministic_eval": True,
    }
    return RunSpec(**{**values, **changes})


def test_a_spec_survives_json(tmp_path):
    one = spec(hyperparameters={"policy_kwargs": {"net_arch": [8]}})
    one.write(tmp_path / "spec.json")
    assert RunSpec.read(tmp_path / "spec.json") == one
    assert RunSpec.read(tmp_path / "spec.json").hash == one.hash


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"gamma": 0.98}, {"reward": "2*env"}, {"hyperparameters": {"n_steps": 8}}],
)
def test_every_setting_changes_the_hash(change):
    assert spec(**change).hash != spec().hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps is a whole number, at least 1. Received 0"),
        ({"steps": 1.5}, "Received 1.5"),
        ({"steps": True}, "Received True"),
        ({"seed": 2**32}, "from 0 to 4294967295"),
        ({"n_envs": 0}, "n_envs is a whole number, at least 1"),
        ({"seed": -1}, "seed is a whole number, at least 0"),
        ({"gamma": 1.01}, r"gamma is a number in \[0, 1\]"),
        ({"gamma": "0.9"}, "Received '0.9'"),
        ({"on_nan": "rais"}, "Did you mean 'raise'"),
        ({"deterministic_eval": "no"}, "deterministic_eval is True or False. Received 'no'"),
        ({"deterministic_eval": 1}, "deterministic_eval is True or False"),
        ({"normalize": "ob"}, "Did you mean 'obs'"),
    ],
)
def test_a_wrong_value_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        replace(spec(), **change)


def test_an_unknown_field_names_the_near_miss():
    with pytest.raises(ConfigError, match=r"no setting 'gama'\. Did you mean 'gamma'"):
        RunSpec.from_dict({**spec().to_dict(), "gama": 0.9})


def test_a_missing_field_is_refused():
    data = spec().to_dict()
    del data["steps"]
    with pytest.raises(ConfigError, match="A run's spec holds"):
        RunSpec.from_dict(data)


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps("x")])
def test_a_file_that_is_no_spec_is_refused(tmp_path, text):
    path = tmp_path / "spec.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        RunSpec.read(path)
