"""A judge whose replies a test writes, and a place with texts."""

import re

import numpy as np
import pytest

from rewardsmith import Binding, Feature, FeatureSchema, RewardTerm, Scope
from rewardsmith.llm import Reply
from rewardsmith.registry import find_term
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("question", "a text", dtype="text")])
KEY = re.compile(r'"key": "([0-9a-f]{16})"')


class Scripted:
    """Answers with `say(prompt, key, shown)`: shown is what stands between the delimiters."""

    model = "scripted"

    def __init__(self, say):
        self.say, self.requests = say, []

    def complete(self, requests):
        self.requests += requests
        return [self._reply(r) for r in requests]

    def _reply(self, request):
        user = request.messages[-1].content
        found = KEY.findall(user.rpartition("\n[END ")[2])
        shown = re.findall(r"^\| (.*)$", user, re.MULTILINE)
        said = self.say(user, found[-1] if found else "", shown)
        if isinstance(said, dict):
            return Reply(("yes",), ((said,),))
        texts = said if isinstance(said, tuple) else (said,) * request.n
        return Reply(texts)


@pytest.fixture
def judge():
    return Scripted


@pytest.fixture
def bound():
    """A term of a name, bound to a place that serves every scope."""

    def make(name, *texts, **options) -> RewardTerm:
        term = find_term(name)(*(texts or ("action",)), **options)
        term.bind(Binding(SCHEMA, num_envs=1, place="test", serves=frozenset(Scope)))
        return term

    return make


@pytest.fixture
def rows():
    """One episode whose turns say these texts."""

    def make(*texts, question="why?"):
        n = len(texts)
        asked = np.array([question] * n, dtype=object)
        said = np.array(texts, dtype=object)
        end = np.arange(n) == n - 1
        features = {"question": asked}
        no = np.zeros(n, bool)
        return Transition(asked, said, asked, np.zeros(n), end, no, features, features)

    return make
