import pytest

from rewardsmith.agents.llm.credit import (
    credit,
    credit_names,
    find_credit,
    register_credit,
    registry,
)
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError, NonFiniteRewardError, UnknownNameError

PAIR = [
    Episode((Turn(0, "a", 0, 1, 1.0), Turn(1, "b", 2, 3, 2.0))),
    Episode((Turn(0, "c", 0, 1, 4.0),)),
]


@pytest.fixture
def own_methods(monkeypatch):
    monkeypatch.setattr(registry, "_methods", dict(registry._methods))


def test_a_method_of_ones_own(own_methods):
    @register_credit("doubled", level="trajectory")
    def doubled(rollouts, *, gamma, factor=2.0):
        return factor * rollouts.rewards + 7 * (1 - rollouts.alive)

    assert "doubled" in credit_names()
    assert find_credit("doubled").level == "trajectory"
    found = credit(PAIR, [0, 0], method="doubled", factor=3.0)
    assert [a.tolist() for a in found] == [[3.0, 6.0], [12.0]]
    with pytest.raises(ConfigError, match="Did you mean 'factor'"):
        credit(PAIR, [0, 0], method="doubled", facter=1.0)


def test_a_method_that_returns_another_shape(own_methods):
    register_credit("flat")(lambda rollouts, *, gamma: rollouts.rewards.ravel())
    with pytest.raises(ConfigError, match="Received shape"):
        credit(PAIR, [0, 0], method="flat")


def test_a_method_that_gives_no_numbers(own_methods):
    register_credit("nothing")(lambda rollouts, *, gamma: rollouts.rewards * float("nan"))
    with pytest.raises(NonFiniteRewardError, match="from 'nothing'"):
        credit(PAIR, [0, 0], method="nothing")


def test_names_that_cannot_be_registered(own_methods):
    with pytest.raises(ConfigError, match="which is taken"):
        register_credit("turn")(lambda rollouts, *, gamma: rollouts.rewards)
    with pytest.raises(ConfigError, match="free identifier"):
        register_credit("two words")(lambda rollouts, *, gamma: rollouts.rewards)
    with pytest.raises(ConfigError, match="level is turn or trajectory"):
        register_credit("mine", level="step")(lambda rollouts, *, gamma: rollouts.rewards)
    with pytest.raises(ConfigError, match="keyword-only gamma"):
        register_credit("mine")(lambda rollouts: rollouts.rewards)


def test_near_misses_and_limits():
    with pytest.raises(UnknownNameError, match="Did you mean 'trajectory'"):
        credit(PAIR, [0, 0], method="trajectry")
    with pytest.raises(ConfigError, match=r"gamma of credit is a number in \[0, 1\]"):
        credit(PAIR, [0, 0], gamma=1.01)
    with pytest.raises(ConfigError, match="gamma of credit"):
        credit(PAIR, [0, 0], gamma=float("nan"))


@pytest.mark.parametrize("method", ["turn", "trajectory"])
def test_the_order_of_episodes_does_not_matter(method):
    more = [*PAIR, Episode((Turn(0, "d", 0, 1, -3.0),))]
    forward = credit(more, [0, 0, 0], method=method)
    backward = credit(more[::-1], [0, 0, 0], method=method)
    for a, b in zip(forward, backward[::-1], strict=True):
        assert a == pytest.approx(b)
