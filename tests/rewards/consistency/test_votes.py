import math

import pytest

from rewardsmith.rewards.consistency.votes import entropy, label, shares


def test_most_votes_win_and_the_first_of_equals():
    assert label(["7", "", "8", "7"]) == "7"
    assert label(["8", "7", "7", "8"]) == "8"
    assert label(["", ""]) == label([]) == ""


def test_a_label_can_need_a_share_of_all():
    assert label(["7", "7", "8", ""], share=0.5) == "7"
    assert label(["7", "7", "8", ""], share=0.6) == ""


def test_shares_and_entropy_by_hand():
    assert shares(["a", "a", "b", ""]) == [0.5, 0.5, 0.25, 0]
    assert entropy(["a", "a", "b", "b"]) == pytest.approx(math.log(2))
    assert entropy(["a", "a"]) == 0
