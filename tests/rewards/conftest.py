import numpy as np
import pytest

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack, Scope
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("x", "a number"), Feature("key", "a flag", dtype="bool")])


@pytest.fixture
def bind():
    """Parse a reward and bind it to a place that serves every scope."""

    def make(reward, num_envs=1, **learner):
        place = Binding(SCHEMA, Learner(**learner), num_envs, "test", frozenset(Scope))
        return RewardStack.parse(reward).bind(place)

    return make


@pytest.fixture
def rows():
    """Transitions along x[0] -> x[1] -> ..., one row each."""

    def make(x, reward=0.0, key=False, terminated=False, truncated=False):
        x = np.asarray(x, dtype=float)
        n = len(x) - 1
        full = lambda v, dtype: np.broadcast_to(np.asarray(v, dtype=dtype), (n,)).copy()  # noqa: E731
        return Transition(
            x[:-1],
            np.zeros(n),
            x[1:],
            full(reward, float),
            full(terminated, bool),
            full(truncated, bool),
            {"x": x[:-1], "key": full(key, bool)},
            {"x": x[1:], "key": full(key, bool)},
            t=np.arange(n),
        )

    return make
