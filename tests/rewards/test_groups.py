import pytest

from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.rewards.groups import GroupTerm, at_the_end


class Rank(GroupTerm):
    """Pays an episode's place in its group."""

    term_name = "rank"

    def finish_group(self, episodes):
        return [at_the_end(e, float(i)) for i, e in enumerate(episodes)]


def test_an_episode_is_paid_on_its_last_row(turns):
    paid = Rank().finish_group([turns("a"), turns("a", "b")])
    assert [p.tolist() for p in paid] == [[0], [0, 1]]
    assert at_the_end(turns(), 3.0).tolist() == []


def test_alone_an_episode_is_a_group_of_one(turns):
    assert Rank().finish(turns("a", "b")).tolist() == [0, 0]


def test_single_transitions_wait_or_are_refused(turns):
    assert Rank().step(turns("a", "b")).tolist() == [0, 0]
    with pytest.raises(ConfigError, match=r"rank compares whole episodes.*finish_group"):
        Rank().relabel(turns("a"))


def test_places_without_groups_name_the_places_that_have_them(read):
    from rewardsmith import Binding, RewardStack

    schema = read("x").binding.schema
    with pytest.raises(BindingError, match=r"(?s)scope 'group'.*--agent llm.*finish_group"):
        RewardStack.parse("win_rate(x)").bind(Binding(schema))
