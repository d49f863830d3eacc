from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import ContractError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.wrappers import RewardVecEnv
from rewardsmith.wrappers.gather import EpisodeLog, FeatureReader, copy_obs, put_obs, put_rows

SCHEMA = FeatureSchema(
    [
        Feature("place", "place", (), 0, 9),
        Feature("flag", "flag", dtype="bool"),
        Feature("velocity", "velocity", (2,)),
        Feature("mission", "what to do", dtype="text"),
    ]
)
INFOS = [
    {"features": {"place": 1, "flag": True, "velocity": [0.0, 1.0], "mission": "go"}},
    {"features": {"place": 2.5, "flag": False, "velocity": [2.0, 3.0], "mission": "come back"}},
]


def reader(*names: str) -> FeatureReader:
    found = FeatureReader(SCHEMA, spaces.Discrete(2))
    found.need(frozenset(names))
    return found


def test_only_needed_features_are_read_in_the_types_of_the_schema():
    batch = reader("place", "flag", "velocity").batch(INFOS, None)
    assert sorted(batch) == ["flag", "place", "velocity"]
    assert batch["place"].tolist() == [1.0, 2.5]
    assert batch["flag"].dtype == bool
    assert batch["velocity"].tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert reader().batch([{}, {}], None) == {}


def test_longer_text_is_never_cut():
    batch = reader("mission").batch(INFOS[:1], None)
    longer = put_rows(batch, [0], reader("mission").batch(INFOS[1:], None))
    assert longer["mission"].tolist() == ["come back"]
    assert batch["mission"].tolist() == ["go"]
    words = copy_obs(np.array(["go"]))
    put_obs(words, 0, "come back")
    assert words.tolist() == ["come back"]


def test_a_missing_feature_says_who_should_write_it():
    with pytest.raises(ContractError, match="without 'flag'"):
        reader("flag").batch([{"features": {"place": 1}}], None)


def test_dictionary_observations_serve_as_features():
    space = spaces.Dict({"x": spaces.Box(0, 1, (2,)), "n": spaces.Discrete(3)})
    found = FeatureReader(None, space)
    found.need(frozenset({"n"}))
    assert found.batch([{}, {}], {"x": np.zeros((2, 2)), "n": np.array([0, 2])})["n"].tolist() == [
        0,
        2,
    ]


def test_log_of_two_slots():
    log = EpisodeLog(("env", "shape"), 2)
    log.add({"env": np.array([1.0, 2.0]), "shape": np.array([0.5, 0.25])}, np.array([1.0, 2.0]))
    step = {"env": np.array([3.0, 9.0]), "shape": np.array([0.5, 9.0])}
    log.add(step, np.array([3.0, 9.0]), np.array([True, False]))
    log.add_late(0, {"shape": np.array([1.0, 2.0])})
    assert log.summary(0) == {
        "sum": {"env": 4.0, "shape": 4.0},
        "mean": {"env": 2.0, "shape": 2.0},
        "env": 4.0,
        "length": 2,
    }
    assert log.summary(1)["sum"] == {"env": 2.0, "shape": 0.25}
    log.reset(np.array([True, False]))
    assert log.summary(0)["length"] == 0
    assert log.summary(1)["length"] == 1


def test_an_end_without_its_final_observation(chains, monkeypatch):
    env = RewardVecEnv(chains(), "env + potential(place)")
    env.reset()
    inner, step = env.venv, env.venv.step_wait

    def forgets() -> Any:
        obs, rewards, dones, infos = step()
        for info in infos:
            info.pop("terminal_observation", None)
        return obs, rewards, dones, infos

    monkeypatch.setattr(inner, "step_wait", forgets)
    env.step(np.array([1]))
    env.step(np.array([1]))
    with pytest.raises(ContractError, match="terminal_observation"):
        env.step(np.array([1]))
