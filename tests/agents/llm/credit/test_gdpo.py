import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError, NonFiniteRewardError


def episode(*turns):
    return Episode(
        tuple(Turn(t, "line", t, t + 1, float(sum(c.values())), c) for t, c in enumerate(turns))
    )


#: success 1, 0; style 10, 30 (paid in two turns of the second)
PAIR = [episode({"success": 1.0, "style": 10.0}), episode({"style": 10.0}, {"style": 20.0})]


def test_equal_and_opposite_components_cancel_whatever_their_size():
    found = credit(PAIR, [0, 0], method="gdpo")
    # +-sqrt(1/2) each, but for epsilon; the sum would have let style decide
    assert np.abs(np.concatenate(found)).max() < 0.7
    summed = credit(PAIR, [0, 0], method="trajectory")
    assert summed[1][0] > 0.7


def test_weights_by_hand():
    found = credit(PAIR, [0, 0], method="gdpo", weights={"style": 0.25}, epsilon=0.0)
    # .75 * (r, -r) with r = sqrt(1/2), whitened over the batch: mean 0, std .75
    r = 0.5**0.5
    assert found[0] == pytest.approx([r])
    assert found[1] == pytest.approx([-r, -r])


def test_whitening_is_over_the_batch_and_normalising_within_the_group():
    batch = [episode({"a": 0.0}), episode({"a": 2.0}), episode({"a": 100.0}), episode({"a": 104.0})]
    found = credit(batch, [0, 0, 1, 1], method="gdpo", epsilon=0.0)
    # within groups -+sqrt(1/2); all four have std sqrt(2/3)
    expected = 0.5**0.5 / (2 / 3) ** 0.5
    assert np.concatenate(found) == pytest.approx([-expected, expected, -expected, expected])


def test_refusals():
    bare = [Episode((Turn(0, "line", 0, 1, 1.0),))] * 2
    with pytest.raises(ConfigError, match=r"Turn\(components="):
        credit(bare, [0, 0], method="gdpo")
    with pytest.raises(ConfigError, match="Did you mean 'style'"):
        credit(PAIR, [0, 0], method="gdpo", weights={"stile": 1.0})
    with pytest.raises(ConfigError, match="the weight of style in gdpo"):
        credit(PAIR, [0, 0], method="gdpo", weights={"style": float("nan")})
    broken = [Episode((Turn(0, "line", 0, 1, 1.0, {"a": float("inf"), "b": 1.0}),))] * 2
    with pytest.raises(NonFiniteRewardError, match="inf of 'a'"):
        credit(broken, [0, 0], method="gdpo")
