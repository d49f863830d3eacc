"""Environments as tools."""

import json
import logging

import pytest
from transformers.utils import get_json_schema

from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.tools import (
    OVER,
    ToolEnvironment,
    check_template,
    tool_environment,
)
from rewardsmith.errors import ConfigError

TOOLS = "rewardsmith/ToolCalling-v0"


def test_tools_of_an_environment_are_typed_methods():
    place = LanguagePlace(TOOLS, "env")
    environment = tool_environment(place)(place, 0)
    schemas = {s["function"]["name"]: s["function"] for s in place.tool_schemas}
    assert len(schemas) == 14
    for name, wanted in schemas.items():
        shown = get_json_schema(getattr(environment, name))["function"]
        assert shown["description"] == wanted["description"]
        found, properties = shown["parameters"], wanted["parameters"]["properties"]
        assert found.get("required", []) == wanted["parameters"]["required"]
        assert list(found["properties"]) == list(properties)
        for parameter, schema in properties.items():
            assert found["properties"][parameter]["type"] == schema["type"]
            assert found["properties"][parameter].get("enum") == schema.get("enum")
    assert "at least 1" in environment.buy.__doc__
    place.close()


def test_tools_are_called_by_their_methods():
    place = LanguagePlace(TOOLS, "env")
    environment = tool_environment(place)(place, 0)
    environment.reset(task=3, prompt="ignored")
    names = json.loads(environment.list_contacts())
    assert json.loads(environment.find_contact(name=names[0]))["email"]
    assert "There is no contact 'Nobody'" in environment.find_contact(name="Nobody")
    assert "needs name" in environment.find_contact()
    assert environment.finish(answer="?") == "Wrong."
    assert environment.finish(answer="?") == OVER
    assert len(environment.slot.steps) == 5
    place.close()


@pytest.mark.parametrize("name", ["reset", "_hidden", "two words", "class"])
def test_names_that_no_method_can_have(walk, name):
    place = LanguagePlace(walk, "env")
    place.tool_schemas = ({"function": {"name": name, "parameters": {}}},)
    with pytest.raises(ConfigError, match=f"Received '{name}'"):
        tool_environment(place)
    place.close()


@pytest.fixture
def act(walk):
    place = LanguagePlace(walk, "env")
    environment = tool_environment(place)(place, 0)
    assert isinstance(environment, ToolEnvironment)
    assert environment.reset() == "at 1"
    yield environment
    place.close()


def test_any_other_environment_has_the_tool_act(act):
    shown = get_json_schema(act.act)["function"]
    assert (shown["name"], list(shown["parameters"]["properties"])) == ("act", ["line"])
    assert act.act(line="up") == "at 2"
    assert act.act(line="up") == "at 3"
    assert act.act(line="up") == OVER
    assert [s.reward for s in act.slot.steps] == [0, 1]


@pytest.mark.parametrize("arguments", [{}, {"line": 3}, {"line": "up", "x": 1}, {"word": "up"}])
def test_a_call_that_there_is_not_is_a_hint_with_a_cost(act, arguments):
    answer = act.act(**arguments)
    assert answer.startswith("There is no such call.")
    assert "what?" in answer
    assert [s.reward for s in act.slot.steps] == [-0.01]


def test_a_tool_that_raises_is_a_hint_with_a_cost(act, caplog):
    with caplog.at_level(logging.WARNING, logger="rewardsmith"):
        answer = act.act(line="break")
    assert answer.startswith("error: OSError: the game broke")
    assert "act raised OSError" in caplog.text
    assert act.act(line="up") == "at 2"
    assert [s.reward for s in act.slot.steps] == [-0.01, 0]


def test_templates_that_cannot_call_tools(chat_tokenizer):
    # shows messages without their calls; shows nothing; shows all, and nobody can read it back
    unread = (
        "{% for m in messages %}{{ m.role }}{{ m.content }}{{ m.tool_calls | tojson if m.tool_calls"
        " is defined }}<eos>{% endfor %}"
    )
    for template in (chat_tokenizer.chat_template, None, unread):
        chat_tokenizer.chat_template = template
        with pytest.raises(ConfigError, match="interface: line"):
            check_template(chat_tokenizer)


def test_settings_of_the_interface(model_folder, walk):
    from rewardsmith.agents.classic.settings import make_spec
    from rewardsmith.agents.llm.settings import LanguageSettings

    def of(**settings):
        given = {"model": str(model_folder), **settings}
        return LanguageSettings.of(make_spec(env_id=walk, algo="grpo", hyperparameters=given))

    assert (of().interface, of().max_line_tokens) == ("line", 32)
    assert of(interface="tools").max_line_tokens == 128
    assert of(interface="tools", max_line_tokens=64).max_line_tokens == 64
    with pytest.raises(ConfigError, match="interface is one of line, tools"):
        of(interface="tool")
