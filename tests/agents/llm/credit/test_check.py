import pytest

from rewardsmith import RewardStack
from rewardsmith.agents.llm.credit import check_credit, credit_names, find_credit
from rewardsmith.errors import BindingError, UnknownNameError

LEVELS = {"trajectory": ("trajectory", "gdpo", "empg"), "turn": ("turn", "gigpo", "igpo", "istar")}


@pytest.mark.parametrize("method", LEVELS["trajectory"])
@pytest.mark.parametrize(
    "formula",
    [
        "env + potential(has_key)",
        "env + 0.1*scale(potential(has_key), 2)",
        "env + when(door_open, potential(has_key))",
        "env + clip(progress(door_open) + potential(has_key), -1, 1)",
    ],
)
def test_potentials_are_refused_under_credit_by_trajectory(method, formula):
    with pytest.raises(BindingError, match=r"-Phi\(s_0\), the same for every rollout"):
        check_credit(RewardStack.parse(formula), method)


@pytest.mark.parametrize("method", LEVELS["turn"])
def test_potentials_act_by_turn(method):
    check_credit(RewardStack.parse("env + potential(has_key)"), method)


@pytest.mark.parametrize(
    "formula", ["env", "env + progress(has_key)", "env + 0*potential(has_key)"]
)
def test_other_rewards_pass(formula):
    check_credit(RewardStack.parse(formula), "trajectory")


def test_levels_of_all_methods():
    found = {name: find_credit(name).level for name in credit_names()}
    expected = {name: level for level, names in LEVELS.items() for name in names}
    assert {n: found[n] for n in expected} == expected


def test_unknown_method():
    with pytest.raises(UnknownNameError, match="Did you mean 'gigpo'"):
        check_credit(RewardStack.parse("env"), "gipgo")
