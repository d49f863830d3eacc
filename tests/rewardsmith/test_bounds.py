"""Bounds of components worked out by hand; what stacks are told of themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rewardsmith import RewardStack, rewards
from rewardsmith.bounds import NEEDS_ENV, analyse, analyse_without_env, component_bounds
from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language.inference import Givens
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import catalog
from rewardsmith.schemas import givens_of
from rewardsmith.term import Binding, Scope
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema(
    [
        Feature("x", "a length", low=-2, high=3),
        Feature("d", "steps left", low=0, high=5, dtype="int"),
        Feature("key", "whether it is held", dtype="bool"),
        Feature("speed", "not bounded"),
    ]
)


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        ("potential(x)", 0.5 * -2 - 3, 0.5 * 3 + 2),
        ("potential(d)", -5, 2.5),  # Phi(s') is 0 where the episode ends
        ("potential(d + 1)", -6, 2),  # 0.5*6 - 1, and 0.5*0 - 6
        ("potential(d + 1, frame_skip=2)", -6, 0.5),  # 0.25*6 - 1
        ("potential(d + 1, anneal=10)", -6, 3),
        ("3*potential(d)", -15, 7.5),
        ("-potential(d)", -2.5, 5),
        ("progress(x)", 0, 5),
        ("step_cost(0.25)", -0.25, -0.25),
        ("tolerance(d, bounds=(0, 1), margin=4, sigmoid='linear')", 0.1, 1),
        ("scale(potential(d), -2)", -5, 10),
        ("clip(progress(speed), 0, 1)", 0, 1),
        ("clip(progress(d), 2, 9)", 2, 5),
        ("tanh(normalize(x))", -1, 1),
        ("when(x > 1, value(x))", 0, 3),
        ("when(d > 2, potential(d))", 0.5 * 0 - 5, 0),
        ("times(value(x), key)", -2, 3),
        ("times(value(x), value(x))", -6, 9),  # taken as independent
        ("outcome(key, value(x + 3))", 0, 6),
        ("tiers((key, value(d)), (key, value(x)))", -2, 8),
        ("linear(1, 0, steps=100)*value(d)", 0, 5),
        ("linear(1, -1, steps=100)*value(d)", -5, 5),
        ("steps(1, 4, 2, at=(10, 20))*value(d)", 0, 20),
        ("0*value(d)", 0, 0),
        ("scale(x + 2*potential(d), 2)", -24, 16),
    ],
)
def test_bounds_of_one_component(formula: str, low: float, high: float) -> None:
    (paid,) = component_bounds(RewardStack.parse(formula), SCHEMA, gamma=0.5).values()
    assert paid is not None
    assert (paid.low, paid.high) == (pytest.approx(low), pytest.approx(high))


def test_what_is_not_known_is_said() -> None:
    told = analyse(RewardStack.parse("env + normalize(x) + clip(env, -1, 1)"), SCHEMA)
    assert told.components["env"] is told.components["normalize"] is None
    assert str(told.components["clip"]) == "[-1, 1]"
    assert "own reward" in told.notes["env"]
    assert "`normalize` gives no bounds" in told.notes["normalize"]
    paid = component_bounds(RewardStack.parse("2*env"), Givens(SCHEMA, reward=(-1, 3)))["env"]
    assert (paid.low, paid.high) == (-2, 6)


def test_without_an_env_only_components_without_features_are_bounded() -> None:
    told = analyse_without_env(RewardStack.parse("env + step_cost(1) + 2*x"))
    assert str(told.components["step_cost"]) == "[-1, -1]"
    assert told.components["x"] is None
    assert told.notes["x"] == NEEDS_ENV


@pytest.mark.parametrize(
    ("formula", "kind", "place"),
    [
        ("env + 2*speed", "unbounded", "speed"),
        ("env + potential(x + speed)", "unbounded", "speed"),
        ("env + when(d > 5, d)", "dead-branch", "d > 5"),
        ("env + when(d + 1, x)", "dead-branch", "d + 1"),
        ("env + outcome(d, x, threshold=7)", "dead-branch", "d"),
        ("env + tolerance(x, bounds=(-2, 3))", "no-effect", "x"),
        ("env + potential(1/d)", "division-by-zero", "1/d"),
        ("env + when(d > 0, potential(1/d))", "division-by-zero", "1/d"),  # Phi(s') too
        ("env + scale(log(d), 2)", "log", "log(d)"),
        ("env + tiers((1/d > 1, x), (key, x))", "division-by-zero", "1/d"),
    ],
)
def test_a_finding_of_a_component(formula: str, kind: str, place: str) -> None:
    (found,) = analyse(RewardStack.parse(formula), SCHEMA).findings
    assert found.kind == kind
    assert formula[found.column :][: found.width] == place
    assert found.component in RewardStack.parse(formula).names


@pytest.mark.parametrize(
    "formula", ["env + when(d > 0, value(1/d))", "env + 0*speed", "env + clip(speed, 0, 1)"]
)
def test_nothing_is_found(formula: str) -> None:
    assert analyse(RewardStack.parse(formula), SCHEMA).findings == []


def test_a_feature_that_never_counts() -> None:
    found = analyse(RewardStack.parse("env + where(d > 5, speed, 0)"), SCHEMA).findings
    assert [f.kind for f in found] == ["dead-branch", "unused-feature"]


PROGRAM = """\
def near(v):
    return 1/v

def reward(f, action, next_f):
    unused = f.speed
    total = 0
    for i in range(2):
        if i == 0:
            total = total + f.x
    if f.d > 9:
        total = total + np.log(f.x)
    return total, {"near": near(f.d + 1), "far": near(f.d)}
"""


def test_findings_of_a_program_stand_in_its_text() -> None:
    found = analyse(RewardStack.parse(PROGRAM), SCHEMA).findings
    lines = {
        f.kind: (f.line, PROGRAM.splitlines()[f.line - 1][f.column :][: f.width]) for f in found
    }
    assert lines == {
        "unused-feature": (5, "f.speed"),
        "dead-branch": (10, "f.d > 9"),
        "division-by-zero": (2, "1/v"),
    }


def test_a_stack_built_in_python_is_shown_by_its_formula() -> None:
    stack = RewardStack({"mine": rewards.Value("1/d")})
    (found,) = analyse(stack, SCHEMA).findings
    assert "1/d" in found.source
    assert found.source[found.column :][: found.width] == "1/d"


def test_a_feature_that_is_not_there_is_one_error() -> None:
    (found,) = analyse(RewardStack.parse("env + potential(dd)"), SCHEMA).findings
    assert (found.kind, found.severity) == ("shape", "error")


def test_what_can_never_be_a_number_is_refused_at_bind() -> None:
    stack = RewardStack.parse("env + potential(log(-1 - d))")
    with pytest.raises(LanguageError, match=r"never above 0[^^]*\^\^\^\^"):
        stack.bind(Binding(SCHEMA))


FORMULAS = [
    "potential(x*d, anneal=40) - 2*progress(x) + step_cost(0.1)",
    "when(x > 0, potential(d)) + 3*when(d > 1 or key, log(d + 1)/max(d, 1))",
    "times(x, key, d) + scale(tanh(x) + 2*potential(d), -3) + clip(x*d, -1, 4)",
    "cosine(2, -1, steps=60)*value(x) + tolerance(x, bounds=(0, 1), margin=2)",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_components_pay_lies_within_their_bounds(formula: str) -> None:
    rng = np.random.default_rng(0)
    stack = RewardStack.parse(formula).bind(Binding(SCHEMA, serves=frozenset(Scope), num_envs=64))
    bounds = component_bounds(stack, SCHEMA)

    def draw() -> dict[str, np.ndarray]:
        return {
            "x": rng.choice([-2.0, 0.0, 3.0, 0.5], 64),
            "d": rng.integers(0, 6, 64).astype(float),
            "key": rng.integers(0, 2, 64).astype(float),
            "speed": rng.normal(size=64),
        }

    now = draw()
    for _ in range(40):
        after, none = draw(), np.zeros(64, bool)
        ends = rng.random(64) < 0.2
        row = Transition(
            None, None, None, np.zeros(64), ends, none, features=now, next_features=after
        )
        for name, values in stack.step(row).terms.items():
            paid = bounds[name]
            assert paid is not None
            assert all(paid.contains(float(v)) for v in values), name
        stack.update(row)
        stack.reset(ends)
        now = after


@pytest.mark.parametrize("env_id", list(catalog()))
def test_ready_made_rewards_have_no_errors_and_name_what_has_no_bounds(env_id: str) -> None:
    entry = catalog()[env_id]
    for reward in named_rewards(entry).values():
        stack = reward.stack()
        try:
            told = analyse(stack, givens_of(env_id, stack))
        except ImportError as error:
            pytest.skip(str(error))
        assert {f.kind for f in told.findings} <= {"unbounded"}, reward.name
        for name, paid in told.components.items():
            found = [f for f in told.findings if f.component == name]
            assert bool(found) is (paid is not None and not paid.bounded), (reward.name, name)
            assert paid is None or not math.isnan(paid.low + 0.0)
