from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text.frame import frame
from rewardsmith.errors import ConfigError
from rewardsmith.features import Feature, FeatureSchema


class Corridor(TextGame):
    """Go `right` as often as the task's seed says (modulo 3, plus 1)."""

    feature_schema = FeatureSchema([*COMMON, Feature("left", "steps to go", low=0, dtype="int")])
    max_text, max_line = 200, 20

    def _begin(self, task_seed: int) -> str:
        self.seed_given = task_seed
        self.left = task_seed % 3 + 1
        return f"A corridor of {self.left}."

    def _play(self, line: str) -> Reply:
        if line == "shout":
            return Reply("\u2713" + "o" * 300)
        if line == "jump":
            return Reply("You fall.", -1.0, terminated=True, understood=False)
        if line not in ("right", "wait"):
            return Reply("What?", understood=False)
        self.left -= line == "right"
        return Reply(f"{self.left} to go.", float(self.left == 0), terminated=self.left == 0)

    def _features(self) -> dict[str, Any]:
        return {"left": self.left}

    def _success(self) -> bool:
        return self.left == 0

    def _admissible(self) -> list[str]:
        return ["wait", "right"]

    def expert_line(self) -> str:
        return "right"


class Silent(Corridor):
    """The same without a list of commands."""

    lists_commands = False


def begun(task: int = 2, kind: type[Corridor] = Corridor, **kwargs: Any) -> Corridor:
    env = kind(**kwargs)
    env.reset(options={"task": task})
    return env


def test_an_episode_by_hand() -> None:
    env = Corridor()
    text, info = env.reset(options={"task": 2})  # seed 4: two steps
    assert text == "A corridor of 2."
    assert (info["task"], info["is_success"]) == (2, False)
    assert info["admissible_commands"] == ["wait", "right"]
    assert env.step("right")[:4] == ("1 to go.", 0.0, False, False)
    text, reward, over, truncated, info = env.step("right")
    assert (text, reward, over, truncated) == ("0 to go.", 1.0, True, False)
    told = info["features"]
    assert told == {
        "understood": True, "turns": 2, "success": True, "caption": "0 to go.", "left": 0
    }  # fmt: skip
    assert (info["is_success"], info["admissible_commands"]) == (True, [])
    env.feature_schema.validate(told)


BAD = [
    ("fly", "What?\n'fly' is not a command here. Try one of: wait, right."),
    ("", "You said nothing.\n'' is not a command here."),
    (" \t\n ", "You said nothing."),
    ("r" * 21, "A line has at most 20 characters. Yours has 21."),
    ("x" * 10**6, "A line has at most 20 characters. Yours has 1000000."),
    (None, "'None' is not a command here."),
    (7, "'7' is not a command here."),
    (b"right", "is not a command here."),
    (["right"], "is not a command here."),
    ("\x00\ud800\u2713", "is not a command here."),
]


@pytest.mark.parametrize(("line", "said"), BAD, ids=lambda x: repr(x)[:12])
def test_a_bad_line_gets_a_hint_and_its_cost_and_changes_nothing(line: Any, said: str) -> None:
    env = begun(invalid_cost=0.25)
    text, reward, over, truncated, info = env.step(line)
    assert said in text
    assert (reward, over, truncated) == (-0.25, False, False)
    assert text in env.observation_space
    told = info["features"]
    assert (told["understood"], told["turns"], told["left"]) == (False, 1, 2)
    assert env.step("right")[4]["features"]["understood"] is True


@pytest.mark.parametrize("action", ["right", 1.0, None, "x" * 500, [1]], ids=lambda x: repr(x)[:9])
def test_what_is_no_index_is_refused_shortly(action: Any) -> None:
    env = begun(actions="index")
    with pytest.raises(ConfigError, match=r"takes a whole number, 0 to 7\. Received") as caught:
        env.step(action)
    assert len(str(caught.value)) < 200
    assert env.step(np.int64(1))[4]["features"]["left"] == 1  # nothing had changed


def test_the_cost_may_be_nothing() -> None:
    assert begun(invalid_cost=0).step("fly")[1] == 0.0


def test_a_bad_line_may_end_the_episode_without_a_hint() -> None:
    text, reward, over, *_ = begun().step("jump")
    assert (text, reward, over) == ("You fall.", -1.01, True)


def test_text_is_cut_and_made_printable() -> None:
    env = begun()
    text, *_, info = env.step("shout")
    assert text == "?" + "o" * 199
    assert info["features"]["caption"] == text
    assert text in env.observation_space


@pytest.mark.parametrize("kwargs", [{}, {"obs": "hash", "hash_size": 64}])
def test_observations_and_actions_are_in_their_spaces(kwargs: dict[str, Any]) -> None:
    env = Corridor(**kwargs)
    obs, _ = env.reset(seed=0)
    assert obs in env.observation_space
    assert env.step("wait")[0] in env.observation_space
    assert "right" in env.action_space
    assert "r" * 21 not in env.action_space


def test_before_the_first_reset_and_after_the_end_there_is_no_step() -> None:
    env = Corridor()
    with pytest.raises(gym.error.ResetNeeded):
        env.step("right")
    env.reset(options={"task": 0})
    env.step("right")
    with pytest.raises(gym.error.ResetNeeded):
        env.step("right")


# --- tasks and splits ---------------------------------------------------------------------


def test_train_and_test_tasks_come_from_other_seeds() -> None:
    given = {s: {begun(k, split=s).seed_given for k in range(50)} for s in ("train", "test")}
    assert given["train"] == set(range(0, 100, 2))
    assert given["test"] == set(range(1, 100, 2))


def test_a_class_may_have_other_splits() -> None:
    class Three(Corridor):
        splits = ("train", "valid", "test")

    given = [begun(k, Three, split=s).seed_given for k in range(3) for s in Three.splits]
    assert given == list(range(9))


def test_the_seed_decides_the_task() -> None:
    env = Corridor(n_tasks=1000)
    drawn = [env.reset(seed=s)[1]["task"] for s in range(40)]
    assert drawn == [Corridor(n_tasks=1000).reset(seed=s)[1]["task"] for s in range(40)]
    assert len(set(drawn)) > 30
    env.reset(seed=0)
    later = [env.reset()[1]["task"] for _ in range(40)]
    assert len(set(later)) > 30  # without a seed the draws go on


def test_only_n_tasks_are_drawn() -> None:
    env = Corridor(n_tasks=3)
    assert {env.reset(seed=s)[1]["task"] for s in range(60)} == {0, 1, 2}


@pytest.mark.parametrize("task", [True, "1", 1.0, [1]])
def test_a_task_is_a_whole_number(task: Any) -> None:
    with pytest.raises(ConfigError, match=r"options\['task'\] is a whole number"):
        Corridor().reset(options={"task": task})


@pytest.mark.parametrize("task", [-1, 5])
def test_a_task_beyond_n_tasks_is_refused(task: int) -> None:
    with pytest.raises(ConfigError, match=rf"0\.\.4 .*Received {task}"):
        Corridor(n_tasks=5).reset(options={"task": task})


def test_numpy_integers_are_tasks() -> None:
    assert Corridor().reset(options={"task": np.int64(4)})[1]["task"] == 4


def test_a_copy_goes_on_from_the_same_state() -> None:
    env = Corridor()
    env.reset(seed=0, options={"task": 2})
    twin = copy.deepcopy(env)
    env.step("right")
    assert twin.step("wait")[4]["features"]["left"] == 2
    assert twin.reset()[1]["task"] == env.reset()[1]["task"]  # the draws are copied too


# --- acting by index ----------------------------------------------------------------------


def test_an_index_is_the_command_at_it() -> None:
    env = begun(actions="index")
    assert env.action_space == gym.spaces.Discrete(8)
    assert env.action_masks().tolist() == [True, True] + 6 * [False]
    assert env.step(0)[4]["features"]["left"] == 2
    assert env.step(np.int64(1))[4]["features"]["left"] == 1


@pytest.mark.parametrize("index", [2, 7, -1])
def test_an_index_without_a_command_is_a_bad_line(index: int) -> None:
    text, reward, *_, info = begun(actions="index").step(index)
    assert f"'#{index}' is not a command here" in text
    assert (reward, info["features"]["left"]) == (-0.01, 2)


def test_commands_beyond_max_commands_cannot_be_chosen() -> None:
    env = begun(actions="index", max_commands=1)
    assert env.action_masks().tolist() == [True]
    with pytest.raises(ConfigError, match="larger max_commands"):
        env.expert_action()


@pytest.mark.parametrize(("actions", "expected"), [("text", "right"), ("index", 1)])
def test_the_experts_line_is_an_action(actions: str, expected: Any) -> None:
    assert begun(actions=actions).expert_action() == expected


def test_without_a_list_there_are_no_indices_and_no_commands_to_try() -> None:
    env = begun(kind=Silent)
    text, *_, info = env.step("fly")
    assert text == "What?\n'fly' is not a command here."
    assert "admissible_commands" not in info
    with pytest.raises(ConfigError, match="Silent takes free text"):
        Silent(actions="index")


def test_hashes_tell_what_each_index_stands_for() -> None:
    class Turned(Corridor):
        def _admissible(self) -> list[str]:
            return ["right", "wait"]

    both = [kind(obs="hash").reset(options={"task": 0})[0] for kind in (Corridor, Turned)]
    assert both[0].dtype == np.float32
    assert not np.array_equal(*both)


# --- settings and pictures ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"split": "valid"}, "split is one of"),
        ({"actions": "tokens"}, "actions is one of"),
        ({"obs": "pixels"}, "obs is one of"),
        ({"render_mode": "human"}, "render_mode is one of"),
        ({"n_tasks": 0}, "n_tasks must be at least 1"),
        ({"hash_size": 0}, "hash_size must be at least 1"),
        ({"max_commands": 0}, "max_commands must be at least 1"),
        ({"invalid_cost": -1}, "invalid_cost is a number of at least 0"),
        ({"invalid_cost": float("nan")}, "invalid_cost"),
        ({"invalid_cost": "1"}, "invalid_cost"),
    ],
)
def test_bad_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Corridor(**kwargs)


def test_rendering_shows_the_last_text() -> None:
    assert begun(render_mode="ansi").render() == "A corridor of 2."
    assert begun().render() is None
    picture = begun(render_mode="rgb_array").render()
    assert picture.shape == (320, 480, 3)
    assert picture.min() < 100  # something is written on it


def test_a_picture_has_the_line_that_the_text_answers() -> None:
    env = begun(render_mode="rgb_array")
    env.step("right")
    np.testing.assert_array_equal(env.render(), frame("1 to go.", "right"))
    env.reset(options={"task": 2})
    np.testing.assert_array_equal(env.render(), frame("A corridor of 2."))
