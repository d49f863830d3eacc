from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

import rewardsmith
from rewardsmith.envs.text.tool_calling import tools
from rewardsmith.envs.text.tool_calling.goals import KINDS, Call, Goal
from rewardsmith.envs.text.tool_calling.schema import Tool, ToolError
from rewardsmith.envs.text.tool_calling.tool_env import (
    ToolCallingEnv,
    _after,
    make_env,
    read_call,
    same_answer,
)
from rewardsmith.envs.text.tool_calling.tools import converted
from rewardsmith.envs.text.tool_calling.world import World
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.tool_match import calls_of


def line(name: str, **arguments: Any) -> str:
    return json.dumps({"name": name, "arguments": arguments})


class Shop(ToolCallingEnv):
    """An env in whose shop there are three mugs at 5, with 20 to spend; two are to be bought."""

    def _begin(self, task_seed: int) -> str:
        super()._begin(task_seed)
        self._world = World(items={"mug": {"price": 5, "stock": 3}}, balance=20)
        calls = (Call("buy", {"item": "mug", "quantity": 2}), Call("finish", {}))
        self._goal, self._left = Goal("Buy 2 of mug.", calls), list(calls)
        self._wanted = _after(self._world, calls)
        return self._goal.text


@pytest.fixture
def env() -> ToolCallingEnv:
    made = Shop()
    made.reset(options={"task": 0})
    return made


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_the_expert_always_solves(split: str, kind: str) -> None:
    only = {} if kind == "all" else {"kinds": (kind,), "max_goals": 1}
    env = make_env(split=split, **{"max_goals": 8, **only})
    for task in range(20):
        env.reset(options={"task": task})
        over, told = False, env.features()
        while not over:
            _, reward, over, _, info = env.step(env.expert_action())
            told = info["features"]
            env.feature_schema.validate(told)
        assert info["is_success"], told["goal"]
        assert reward == 1.0
        assert told["tool_score"] == 1.0
        assert (told["calls"], told["calls_left"]) == (told["calls_needed"], 0)


def test_the_expert_tries_again_what_failed() -> None:
    env = make_env(failure_rate=0.5)
    failed = 0
    for task in range(20):
        env.reset(options={"task": task})
        over = False
        while not over:
            _, _, over, _, info = env.step(env.expert_action())
        assert info["is_success"]
        failed += info["features"]["calls_failed"]
    assert failed > 20  # one for each call that works, and there are at least 20


def test_buying_by_hand(env: ToolCallingEnv) -> None:
    text, reward, over, _, info = env.step(line("buy", item="mug", quantity=2))
    told = info["features"]
    assert (text, reward, over) == ('{"balance": 10}', 0.0, False)
    assert (told["format_ok"], told["world_right"], told["calls_left"]) == (True, True, 1)
    assert env.step(line("finish"))[1:3] == (1.0, True)


def test_another_way_to_the_same_world_succeeds(env: ToolCallingEnv) -> None:
    env.step(line("buy", item="mug", quantity=1))
    env.step(line("buy", item="mug", quantity=1))
    _, reward, *_, info = env.step(line("finish"))
    assert (reward, info["is_success"], info["features"]["calls_left"]) == (1.0, True, 1)


@pytest.mark.parametrize("quantity", [1, 3])
def test_another_world_fails(env: ToolCallingEnv, quantity: int) -> None:
    env.step(line("buy", item="mug", quantity=quantity))
    _, reward, over, _, info = env.step(line("finish"))
    assert (reward, over, info["is_success"]) == (0.0, True, False)
    assert info["features"]["answer_right"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (line("buy", item="mug", quantity=4), "Only 3 of mug"),
        (line("buy", item="mgu", quantity=1), "Did you mean 'mug'"),
        (line("buy", item="mug", quantity=0), "quantity must be at least 1"),
        (line("buy", item="mug", quantity=True), "quantity must be of type integer"),
        (line("buy", item="mug", quantity=1.5), "quantity must be of type integer"),
        (line("buy", item="mug"), "buy needs quantity: integer"),
        (line("buy", item="mug", quantty=1), "Did you mean 'quantity'"),
        (line("list_events", date="tomorrow"), "date must be like YYYY-MM-DD"),
        (line("convert", value=1, source="km", target="kg"), "cannot be converted"),
        (line("convert", value=1, source="km", target="mm"), "target must be one of m, km"),
        (line("convert", value=1.7e308, source="km", target="m"), "too large"),
        (
            '{"name": "convert", "arguments": {"value": NaN, "source": "m", "target": "m"}}',
            "finite",
        ),
        (line("cancel_event", event_id="e1"), "There is no event"),
        (line("read_file", path="../../etc/passwd"), "There is no file"),
    ],
)
def test_a_refused_call_is_an_observation(env: ToolCallingEnv, call: str, said: str) -> None:
    before = env._world.state()
    text, reward, over, _, info = env.step(call)
    assert text.startswith("error: ")
    assert said in text
    assert (reward, over) == (0.0, False)
    assert (info["features"]["calls_failed"], info["features"]["format_ok"]) == (1, True)
    assert env._world.state() == before


def test_a_tool_that_raises_changes_nothing(
    env: ToolCallingEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(world: World) -> None:
        world.balance = -1
        raise ZeroDivisionError("it broke")

    monkeypatch.setitem(tools.TOOLS, "broken", Tool("broken", "Breaks.", {}, broken))
    text, reward, over, _, _ = env.step(line("broken"))
    assert (text, reward, over) == ("error: ZeroDivisionError: it broke", 0.0, False)
    assert env._world.balance == 20


def test_an_unknown_tool_costs_and_names_the_near_one(env: ToolCallingEnv) -> None:
    text, reward, *_, info = env.step(line("bui", item="mug", quantity=2))
    assert "Did you mean 'buy'" in text
    assert reward == -0.01
    assert (info["features"]["format_ok"], info["features"]["understood"]) == (True, False)


@pytest.mark.parametrize(
    "bad",
    [
        *("buy", "{", "[]", "1", "null", "[" * 1000, '{"name": "buy"}'),
        *('{"name": 1, "arguments": {}}', '{"name": "buy", "arguments": []}'),
        '{"name": "buy", "arguments": {}, "x": 1}',
    ],
)
def test_what_is_no_call_costs_and_changes_nothing(env: ToolCallingEnv, bad: str) -> None:
    text, reward, over, _, info = env.step(bad)
    assert (reward, over) == (-0.01, False)
    assert "is not a call in JSON" in text
    assert (info["features"]["format_ok"], info["features"]["calls"]) == (False, 0)


def test_calls_are_read_whatever_their_spacing() -> None:
    assert read_call(' {"arguments":{"a":1} , "name":"f"} ') == Call("f", {"a": 1})


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1, "mile", "km", 1.61),
        (100, "g", "ounce", 3.53),
        (10, "pound", "kg", 4.54),
        (3, "km", "m", 3000),
        (2, "m", "foot", 6.56),
    ],
)
def test_units_by_hand(value: float, source: str, target: str, result: float) -> None:
    assert converted(value, source, target) == result


@pytest.mark.parametrize(
    ("given", "truth", "same"),
    [
        ("12.50", "12.5", True),
        ("Oslo.", "oslo", True),
        ("a;  12", "A; 12.0", True),
        ("12; a", "a; 12", False),
        ("12.51", "12.5", False),
        ("anything", "", False),
    ],
)
def test_answers_are_compared_part_by_part(given: str, truth: str, same: bool) -> None:
    assert same_answer(given, truth) is same


def test_the_schemas_are_those_that_chat_templates_take() -> None:
    schemas = {s["function"]["name"]: s for s in make_env().tool_schemas}
    assert schemas["create_event"]["type"] == "function"
    event = schemas["create_event"]["function"]["parameters"]
    assert event["type"] == "object"
    assert list(event["properties"]) == ["title", "date", "start", "guest"]
    assert event["required"] == ["title", "date", "start"]
    assert re.fullmatch(event["properties"]["date"]["pattern"], "2031-12-31")
    assert json.loads(json.dumps(schemas)) == schemas
    assert all(f"\n{name}(" in ToolCallingEnv.instructions for name in schemas)


def test_a_copy_goes_on_from_the_same_state(env: ToolCallingEnv) -> None:
    twin = copy.deepcopy(env)
    env.step(line("buy", item="mug", quantity=2))
    assert twin._world.balance == 20
    assert twin.step(line("buy", item="mug", quantity=2))[0] == '{"balance": 10}'


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"kinds": ("message", "mov")}, "Did you mean 'move'"),
        ({"max_goals": 9}, "max_goals <= 8"),
        ({"min_goals": 2, "max_goals": 2, "kinds": ("copy",)}, "max_goals <= 1"),
        ({"failure_rate": 1.0}, "failure_rate"),
    ],
)
def test_bad_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_env(**kwargs)


def test_tool_errors_are_raised_to_those_who_call_tools_themselves() -> None:
    with pytest.raises(ToolError, match="There is no contact 'x'"):
        tools.TOOLS["find_contact"](World(), {"name": "x"})


BUY, FINISH, LOOK = line("buy", item="mug", quantity=2), line("finish"), line("list_items")


# The reference is buy(item, quantity) and finish(): S_max = 1 + (1 + 2) + (1 + 0) = 5.
@pytest.mark.parametrize(
    ("lines", "won", "score"),
    [
        ([BUY, FINISH], 1, 5),
        # names agree, buy has both parameters' names and one of the values, finish is right
        ([line("buy", item="mug", quantity=1), FINISH], 0, 1 + (1 + 1) + 1),
        # one of two names; nothing to match with buy
        ([FINISH], 0, 1 / 2 + 0 + 1),
        # two of three names; a call that is none is not counted
        (["hello", LOOK, BUY, FINISH], 1, 2 / 3 + (1 + 2) + 1),
        # two of three names, where one call too many is counted as often as it is made; the
        # better of the two is the partner: the first has one of three parameters' names alone
        ([line("buy", item="lamp", n=2), BUY, FINISH], 1, 2 / 3 + (1 + 2) + 1),
    ],
)
def test_toolrl_at_the_end_by_hand(pay: Any, lines: list[str], won: int, score: float) -> None:
    total, episode = pay("ToolCalling-v0", "toolrl_end", Shop(invalid_cost=0), lines)
    assert total == pytest.approx([0] * (len(lines) - 1) + [won + 6 * score / 5 - 3])
    assert 5 * episode.next_features["tool_score"][-1] == pytest.approx(score)


def test_calls_as_text_are_those_that_were_made(env: ToolCallingEnv) -> None:
    before = env.features()
    assert before["calls_made"] == "<tool_call>\n</tool_call>"
    assert before["reference_calls"] == f"{BUY}\n{FINISH}"
    split = '{"name": "list_items",\n"arguments": {}}'  # one call over two lines
    for given in (split, "hello", BUY):
        env.step(given)
    made = env.features()["calls_made"]
    assert made == f"<tool_call>\n{split.replace(chr(10), ' ')}\n{BUY}\n</tool_call>"
    assert calls_of(made) == [("list_items", {}), ("buy", {"item": "mug", "quantity": 2})]


def test_potential_telescopes_to_the_calls_at_the_start() -> None:
    env = rewardsmith.make("ToolCalling-v0", reward="potential", gamma=1.0)
    env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(env.unwrapped.expert_action())
        total += reward
    assert total == pytest.approx(2.0)  # 1 for the goal, and -(-1) of the first state
