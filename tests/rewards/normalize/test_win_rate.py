import pytest

from rewardsmith.errors import ConfigError


def paid(stack, group):
    return [float(p.total[-1]) for p in stack.finish_group(group)]


def test_the_share_of_others_beaten_with_ties_as_half(read, turns):
    group = [turns("a", x=v) for v in (1, 2, 2, 5)] + [turns("a", "b", x=[3, 2])]
    # totals 1, 2, 2, 5, 5
    expected = [0, (1 + 0.5) / 4, (1 + 0.5) / 4, (3 + 0.5) / 4, (3 + 0.5) / 4]
    assert paid(read("win_rate(x)"), group) == pytest.approx(expected)


def test_a_margin_makes_ties(read, turns):
    group = [turns("a", x=v) for v in (0, 0.5, 2)]
    assert paid(read("win_rate(x, margin=1)"), group) == [0.25, 0.25, 1]


def test_alone_it_is_a_draw(read, turns):
    assert paid(read("win_rate(x)"), [turns("a", x=3)]) == [0.5]


def test_wrong_options_name_the_term(read):
    with pytest.raises(ConfigError, match="margin of win_rate"):
        read("win_rate(x, margin=-1)")
