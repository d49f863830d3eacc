import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def test_clip_pays_for_bad_steps_only(read, turns):
    stack = read("clip_process(x, 0.5)")
    episode = turns(*"abc", x=[0.2, 0.5, 0.9])
    np.testing.assert_allclose(stack.step(episode).total, [-0.3, 0, 0])
    assert stack.scope == "step"


def test_clip_never_rewards_more_steps(read, turns):
    stack = read("clip_process(x, 0.5)")
    assert stack.finish(turns(*["a"] * 50, x=1.0)).total.sum() == 0


def test_delta_telescopes_to_the_first(read, turns):
    stack = read("delta_process(x)")
    assert stack.scope == "episode"
    episode = turns(*"abc", x=[0.2, 0.5, 0.9])
    paid = stack.finish(episode).total
    np.testing.assert_allclose(paid, [-0.3, -0.4, 0.9])
    assert paid.sum() == pytest.approx(0.2)
    np.testing.assert_allclose(stack.finish_group([episode, turns("a", x=3)])[0].total, paid)
    assert stack.finish_group([episode, turns("a", x=3)])[1].total.tolist() == [3]


def test_delta_waits_for_the_episode(read, turns):
    stack = read("delta_process(x)")
    assert stack.step(turns("a", x=3)).total.tolist() == [0]
    with pytest.raises(ConfigError, match="delta_process needs whole episodes"):
        stack.entries[0].term.relabel(turns("a"))


def test_eta_is_a_number(read):
    with pytest.raises(ConfigError, match="eta of clip_process"):
        read("clip_process(x, seconds)")
