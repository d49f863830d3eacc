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


TEXTS = FeatureSchema(
    [
        Feature("answer", "the right answer", dtype="text"),
        Feature("question", "what is asked", dtype="text"),
        Feature("view", "which wording of the question this is", dtype="text"),
        Feature("x", "a number"),
        Feature("seconds", "a time", unit="s"),
        Feature("tests", "which of three tests pass", shape=(3,), low=0, high=1),
        Feature("success", "solved", dtype="bool"),
    ]
)


@pytest.fixture
def read():
    """Parse a reward and bind it to a place of texts that serves every scope."""

    def make(reward):
        place = Binding(TEXTS, Learner(), 1, "test", frozenset(Scope))
        return RewardStack.parse(reward).bind(place)

    return make


@pytest.fixture
def turns():
    """An episode of lines, one turn each; texts and numbers are those of every turn."""

    def make(*lines, answer="", question="", view="", x=0.0, seconds=0.0, tests=(), success=False):
        n = len(lines)
        texts = {
            name: np.array([value] * n, dtype=object)
            for name, value in (("answer", answer), ("question", question), ("view", view))
        }
        wide = np.zeros((n, 3)) if not len(tests) else np.broadcast_to(tests, (n, 3)).astype(float)
        numbers = {
            "x": np.broadcast_to(np.asarray(x, float), (n,)).copy(),
            "seconds": np.broadcast_to(np.asarray(seconds, float), (n,)).copy(),
            "tests": wide,
            "success": np.broadcast_to(np.asarray(success, bool), (n,)).copy(),
        }
        features = {**texts, **numbers}
        ends = np.arange(n) == n - 1
        said = np.array(lines, dtype=object)
        return Transition(
            said, said, said, np.zeros(n), ends, np.zeros(n, bool), features, features,
            t=np.arange(n),
        )  # fmt: skip

    return make
