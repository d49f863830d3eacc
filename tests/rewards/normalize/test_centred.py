import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def group_of(turns):
    """Totals 3, 5 and 1."""
    return [turns("a", "b", x=[1, 2]), turns("a", x=5), turns("a", "b", x=[0, 1])]


def test_the_mean_is_taken_off_at_the_end(read, turns):
    paid = read("centred(x)").finish_group(group_of(turns))
    assert [p.total.tolist() for p in paid] == [[1, -1], [2], [0, -2]]


def test_the_mean_of_the_others(read, turns):
    paid = read("centred(x, baseline='others')").finish_group(group_of(turns))
    totals = [float(p.total.sum()) for p in paid]
    np.testing.assert_allclose(totals, [3 - 3, 5 - 2, 1 - 4])


def test_a_group_of_one(read, turns):
    assert read("centred(x)").finish(turns("a", x=5)).total.tolist() == [0]
    assert read("centred(x, baseline='others')").finish(turns("a", x=5)).total.tolist() == [5]


def test_terms_inside_keep_their_arrays(read, turns):
    episode = turns("a", x=5)
    read("centred(x)").finish_group([episode, episode])
    assert episode.features["x"].tolist() == [5]


def test_wrong_baselines(read):
    with pytest.raises(ConfigError, match=r"baseline of centred.*Did you mean 'others'"):
        read("centred(x, baseline='other')")
