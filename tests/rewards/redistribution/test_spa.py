import numpy as np
import pytest

from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.storage import load_state, save_state

FORMULA = "spa(x, hidden=(16,), lr=0.01, epochs=40, update_every=8)"


@pytest.fixture
def episode(rows):
    """Steps of x, the last of them paid `reward` and the end."""

    def make(x, reward=0.0):
        made = rows(x)
        made.env_reward[-1] = reward
        made.terminated[-1] = True
        return made

    return make


def drawn(episode, rng):
    """x stays 0 and may rise to 1 at a random step; then the end pays 1."""
    steps = int(rng.integers(3, 8))
    rises = int(rng.integers(1, steps)) if rng.random() < 0.5 else steps + 1
    x = (np.arange(steps + 1) >= rises).astype(float)
    return episode(x, reward=float(x[-1]))


def taught(bind, episode, count=160, seed=0):
    stack = bind(FORMULA)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        teach(stack, drawn(episode, rng))
    return stack


def teach(stack, played):
    for t in range(len(played)):
        stack.update(played.select([t]))


def test_before_it_has_learned_it_splits_evenly(bind, episode):
    stack = bind(FORMULA)
    played = episode([0, 1, 1, 0, 0], reward=2.0)
    assert stack.finish(played).total.tolist() == [0.5] * 4
    assert stack.step(played.select([3])).total.tolist() == [0.0]


def test_the_step_that_earned_it_is_paid(bind, episode):
    stack = taught(bind, episode)
    paid = stack.finish(episode([0, 0, 0, 1, 1, 1], reward=1.0)).total
    assert paid.argmax() == 2
    assert paid[2] > 0.7
    assert paid.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_failed_episode_sums_to_nothing(bind, episode):
    paid = taught(bind, episode).finish(episode([0, 0, 0, 0])).total
    assert paid.sum() == pytest.approx(0.0, abs=1e-12)


def test_evaluation_changes_nothing(bind, episode):
    stack = taught(bind, episode, count=9)
    before = stack.state_dict()
    played = episode([0, 1, 1], reward=1.0)
    for t in range(2):
        stack.step(played.select([t]))
    stack.finish(played)
    np.testing.assert_equal(stack.state_dict(), before)


def test_resumed_in_the_middle_of_an_episode_it_goes_on_alike(bind, episode, tmp_path):
    rng = np.random.default_rng(1)
    played = [drawn(episode, rng) for _ in range(40)]
    whole, first = bind(FORMULA), bind(FORMULA)
    for e in played:
        teach(whole, e)
    for e in played[:19]:
        teach(first, e)
    first.update(played[19].select([0]))
    save_state(tmp_path / "state.npz", first.state_dict())
    second = bind(FORMULA)
    second.load_state_dict(load_state(tmp_path / "state.npz"))
    for t in range(1, len(played[19])):
        second.update(played[19].select([t]))
    for e in played[20:]:
        teach(second, e)
    np.testing.assert_equal(second.state_dict()["terms"], whole.state_dict()["terms"])


def test_episodes_that_were_cut_off_are_forgotten(bind, episode):
    stack = bind("spa(x, update_every=1)")
    stack.update(episode([0, 1, 1]).select([0]))
    stack.reset()
    (entry,) = stack.state_dict()["terms"].values()
    assert entry["open"] == []
    assert not entry["learned"]


def test_refusals(bind, episode):
    with pytest.raises(ConfigError, match="cannot relabel single transitions"):
        bind(FORMULA).entries[0].term.relabel(episode([0, 1]))
    with pytest.raises(ConfigError, match="lr of spa"):
        bind("spa(x, lr=0)")
    saved = bind("spa(x, hidden=(8,))").entries[0].term.state_dict()
    with pytest.raises(ConfigError, match="the same options and observations"):
        bind(FORMULA).entries[0].term.load_state_dict(saved)


def test_places_that_serve_steps_alone_refuse_it():
    from rewardsmith import Binding, Feature, FeatureSchema, RewardStack

    with pytest.raises(BindingError, match="episode"):
        RewardStack.parse("spa(x)").bind(Binding(FeatureSchema([Feature("x", "a number")])))
