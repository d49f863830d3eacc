import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith import Binding, Feature, FeatureSchema
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.rewards.texts import text_expression, text_features, text_reader
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("caption", "in words", dtype="text"), Feature("x", "a number")])
TEXT = spaces.Text(10)


def read(named, schema=SCHEMA, **spaces_):
    return text_reader(text_expression(named, "it"), Binding(schema, **spaces_), "it(...)")


@pytest.fixture
def rows():
    def texts(*values):
        return np.array(values, dtype=object)

    return Transition(
        texts("before 1", "before 2"),
        texts("say 1", "say 2"),
        texts("after 1", "after 2"),
        np.zeros(2),
        np.zeros(2, bool),
        np.zeros(2, bool),
        {"caption": texts("now 1", "now 2"), "x": np.zeros(2)},
        {"caption": texts("next 1", "next 2"), "x": np.zeros(2)},
    )


@pytest.mark.parametrize(
    ("named", "word"),
    [
        ("caption", "now"),
        ("next(caption)", "next"),
        ("action", "say"),
        ("obs", "before"),
        ("next(obs)", "after"),
    ],
)
def test_texts_of_each_row(rows, named, word):
    assert read(named)(rows) == [f"{word} 1", f"{word} 2"]
    assert read(named, action_space=TEXT, observation_space=TEXT)(rows)[0] == f"{word} 1"


def test_a_feature_goes_before_what_is_always_there(rows):
    schema = FeatureSchema([Feature("obs", "the env's own", dtype="text")])
    batch = Transition(
        rows.obs, rows.action, rows.next_obs, rows.env_reward, rows.terminated, rows.truncated,
        {"obs": np.array(["a", "b"], dtype=object)},
    )  # fmt: skip
    assert read("obs", schema)(batch) == ["a", "b"]


@pytest.mark.parametrize(
    "named", ["caption + x", "1", "next(action)", "caption[0]", "norm(x)", "next(next(caption))"]
)
def test_arithmetic_and_the_next_action_are_no_texts(named):
    with pytest.raises((ConfigError, ValueError), match=r"it reads a text|next"):
        text_expression(named, "it")


def test_numbers_and_unknown_names_are_refused_with_what_there_is():
    with pytest.raises(BindingError, match=r"it\(...\) reads texts. Received 'x', which is a numb"):
        read("x")
    with pytest.raises(BindingError, match=r"Did you mean 'caption'.*Texts here: caption, action"):
        read("captoin")


@pytest.mark.parametrize("named", ["action", "obs", "next(obs)"])
def test_a_place_whose_actions_are_no_text_says_what_to_do(named):
    other = spaces.Discrete(3)
    with pytest.raises(BindingError, match="actions='text' and obs='text'"):
        read(named, action_space=other, observation_space=other)


def test_the_features_that_texts_are():
    named = [text_expression(t, "it") for t in ("caption", "next(goal)", "caption")]
    assert text_features(*named) == {"caption", "goal"}
