import numpy as np
import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import ConfigError, LanguageError
from rewardsmith.language.nodes import Schedule
from rewardsmith.schedules import anneal, compile_schedule, cosine, linear, steps


@pytest.mark.parametrize(
    ("schedule", "rule"),
    [
        ("linear(1, 0, steps=inf)", r"steps of linear is a finite number > 0\. Received inf"),
        ("cosine(1, 0, steps=inf)", r"steps of cosine is a finite number > 0\. Received inf"),
        ("steps(1, 0, at=(inf,))", r"An edge of steps is a finite number >= 0\. Received inf"),
        ("anneal(inf)", r"steps of anneal is a finite number > 0\. Received inf"),
        ("anneal(0)", r"steps of anneal .* > 0\. Received 0\. Write anneal\(n\)"),
        ("steps(1, 0, at=('a',))", "Received 'a'"),
        ("steps(1, 0, at=(True,))", "Received True"),
        ("steps(1, 0, at=((1, 2),))", r"Received \(1, 2\)"),
        ("steps(1, 0.5, 0, at=(5, 5))", r"rising edges\. Received 3 weights and at=\(5, 5\)"),
        ("steps(1, 0, at=(5, 9))", "one weight more"),
        ("steps(1, 0, at=-1)", ">= 0. Received -1"),
        ("linear(1, 0, steps=True)", "Received True"),
        ("linear(True, 0, steps=5)", "A weight of linear is a finite number. Received True"),
        ("linear('a', 0, steps=5)", "Received 'a'"),
        ("linear(inf, 0, steps=5)", "Received inf"),
        ("linear(1e308, -1e308, steps=5)", "difference between the weights"),
        ("constant(inf)", "A weight of constant"),
        ("linear(1, 0)", r"called as linear\(w0, w1, steps=n\)\. Received linear\(1, 0\)"),
        ("linear(1, 0, stps=5)", "Did you mean 'steps'"),
    ],
)
def test_a_schedule_that_never_arrives_or_is_no_number_is_refused_at_its_place(schedule, rule):
    with pytest.raises(LanguageError, match=rule) as caught:
        RewardStack.parse(f"env + {schedule}*has_key")
    assert caught.value.column == len("env + ")


@pytest.mark.parametrize(
    "build",
    [
        lambda: linear(1.0, 0.0, steps=float("inf")),
        lambda: cosine(1.0, 0.0, steps=float("nan")),
        lambda: steps(1.0, 0.0, at=float("inf")),
        lambda: anneal(True),
        lambda: compile_schedule(Schedule("linear", (1, 0), (("steps", float("inf")),))),
    ],
)
def test_python_and_trees_are_refused_alike(build):
    with pytest.raises(ConfigError, match="finite number"):
        build()


def test_yaml_refuses_an_infinite_schedule():
    data = {"terms": {"a": {"value": "x", "schedule": "linear(1, 0, steps=.inf)"}}}
    with pytest.raises(LanguageError):
        RewardStack.parse(data)
    spelled = {"kind": "linear", "args": [1, 0], "steps": float("inf")}
    with pytest.raises(LanguageError, match="finite number > 0"):
        RewardStack.parse({"terms": {"a": {"value": "x", "schedule": spelled}}})


def test_values_by_hand():
    # a quarter of the way: (1 + cos 45 degrees) / 2
    assert cosine(2, 0, steps=100).value(25) == pytest.approx(1 + np.sqrt(0.5))
    assert [linear(4, 2, steps=10).value(t) for t in (0, 5, 10, 99)] == [4, 3, 2, 2]
    assert [anneal(4).value(t) for t in (0, 1, 4, 5)] == [1, 0.75, 0, 0]
    assert [steps(3, 1, at=2).value(t) for t in (0, 1, 2)] == [3, 3, 1]
    assert steps(1, 9, 0, at=(1, 2)).range == (0, 9)
