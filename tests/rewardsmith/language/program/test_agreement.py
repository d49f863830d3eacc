"""A lowered program pays what Python itself makes of the same text, row by row.

The text that Python runs here is made by this test's own grammar, which holds nothing else.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewardsmith import RewardStack
from rewardsmith.benchmarks.language_fuzz.grammar import FEATURES, Grammar
from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.named_rewards import resolve_reward
from rewardsmith.term import Binding, Learner, Scope
from rewardsmith.transition import Transition

ROWS = 6
SCHEMA = FeatureSchema([Feature(name, "a number", low=-10, high=10) for name in FEATURES])


def transition() -> Transition:
    rng = np.random.default_rng(3)
    now = {name: rng.normal(size=ROWS) for name in FEATURES}
    ahead = {name: rng.normal(size=ROWS) for name in FEATURES}
    none = np.zeros(ROWS, bool)
    return Transition(
        rng.normal(size=(ROWS, 3)), rng.normal(size=(ROWS, 2)), rng.normal(size=(ROWS, 3)),
        rng.normal(size=ROWS), none, none, features=now, next_features=ahead, t=np.arange(ROWS),
    )  # fmt: skip


def by_python(text: str, tr: Transition) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Total and components of each row, by Python."""
    space: dict[str, Any] = {"np": np}
    exec(compile(text, "<trusted>", "exec"), space)
    rows = []
    for i in range(ROWS):
        now = SimpleNamespace(**{k: v[i] for k, v in tr.features.items()})
        ahead = SimpleNamespace(**{k: v[i] for k, v in tr.next_features.items()})
        arguments = (now, ahead, tr.action[i], tr.obs[i], tr.env_reward[i], i)
        found = space["reward"](*arguments)
        rows.append(found if isinstance(found, tuple) else (found, {}))
    parts = {k: np.array([row[1][k] for row in rows], float) for k in rows[0][1]}
    return np.array([row[0] for row in rows], float), parts


def paid(text: str, tr: Transition) -> tuple[np.ndarray, dict[str, np.ndarray], RewardStack]:
    stack = RewardStack.parse(text)
    stack.bind(Binding(SCHEMA, Learner(), num_envs=ROWS, place="test", serves=frozenset(Scope)))
    output = stack.step(tr)
    values = {
        entry.name: entry.term.relabel(tr) for entry in stack.entries if entry.name in output.terms
    }
    return output.total, values, stack


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_programs_pay_what_python_computes(data: st.DataObject) -> None:
    grammar = Grammar(lambda n: data.draw(st.integers(0, n - 1)))
    text = grammar.program().partition("def potential")[0]
    try:
        RewardStack.parse(text)
    except LanguageError as error:
        # Too large once written out, or constant and infinite; never anything else.
        assume("at most" not in error.message and "finite" not in error.message)
        raise
    tr = transition()
    with np.errstate(all="ignore"):
        total, parts = by_python(text, tr)
    assume(np.all(np.abs(total) < 1e6))
    found, values, _ = paid(text, tr)
    np.testing.assert_allclose(found, total, rtol=1e-6, atol=1e-6, err_msg=text)
    for name, part in parts.items():
        np.testing.assert_allclose(values[name], part, rtol=1e-6, atol=1e-6, err_msg=text)


def test_a_row_worked_out_by_hand() -> None:
    text = """
def reward(f, next_f, action):
    speed = (next_f.a - f.a) / 0.5
    if speed > 1:
        speed = 1.0 + (speed - 1) / 2
    cost = 0.0
    for i in range(2):
        cost += action[i] ** 2
    return 3 * speed - 0.1 * cost, {"speed": speed, "cost": cost}
"""
    tr = transition()
    tr.features["a"], tr.next_features["a"] = np.zeros(ROWS), np.array([0, 0.25, 0.5, 1, 2, -1])
    tr.action = np.tile([1.0, 2.0], (ROWS, 1))
    total, values, stack = paid(text, tr)
    # speeds 0, 0.5, 1, 2, 4, -2; above 1 only half of the rest counts; cost 1 + 4
    speed = np.array([0, 0.5, 1, 1.5, 2.5, -2])
    assert values["speed"].tolist() == speed.tolist()
    assert values["cost"].tolist() == [5.0] * ROWS
    assert total == pytest.approx(3 * speed - 0.5)
    assert [item.weight for item in stack.tree.items] == [3.0, -0.1]


def test_a_path_to_a_file_is_read_as_text(tmp_path: Any) -> None:
    path = tmp_path / "my_reward.py"
    marker = tmp_path / "ran"
    path.write_text(f"def reward(f):\n    return f.a\nopen({str(marker)!r}, 'w')\n")
    with pytest.raises(LanguageError, match=r"my_reward\.py"):
        RewardStack.parse(str(path))
    assert not marker.exists()
    path.write_text("def reward(f):\n    return f.a\n")
    assert RewardStack.parse(path).formula == RewardStack.parse(str(path)).formula == "a"
    assert resolve_reward(str(path), "rewardsmith/DoorKey-5x5-v0").formula == "a"


def test_faults_found_when_bound_are_shown_in_the_program() -> None:
    text = "def reward(f):\n    near = 1 - f.distanse\n    return 2 * near, {'near': near}\n"
    stack = RewardStack.parse(text)
    schema = FeatureSchema([Feature("distance", "m")])
    with pytest.raises(LanguageError) as caught:
        stack.bind(Binding(schema, Learner(), num_envs=1, place="test", serves=frozenset(Scope)))
    assert "Did you mean 'distance'" in str(caught.value)
    assert caught.value.line == 2


def test_every_use_of_a_word_has_its_own_place() -> None:
    reward = "def reward(f, next_f, obs):\n    return next_f.x + obs[0]\n"
    text = f"{reward}def potential(f):\n    return f.x"
    paid, potential = (item.term.args[0] for item in RewardStack.parse(text).tree.items)
    assert paid.left.of.span == (2, 11, 8)
    assert paid.right.of.span == (2, 22, 3)
    assert potential.span == (4, 11, 3)
