"""A model whose next token depends on the last one only, by a table of set probabilities."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rewardsmith import Binding, Feature, FeatureSchema, RewardStack, Scope
from rewardsmith.rewards.likelihood.models import policy
from rewardsmith.transition import Transition

TEXTS = ("question", "reasoning", "answer", "rest")
SCHEMA = FeatureSchema([Feature(name, "a text", dtype="text") for name in TEXTS])


class Bigram(torch.nn.Module):
    """P(token | last token) = table[last]; takes what models of transformers take."""

    def __init__(self, table):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor(np.log(table)))
        self.config = SimpleNamespace(max_position_embeddings=None)

    @property
    def dtype(self):
        return self.logits.dtype

    def forward(self, input_ids, attention_mask, position_ids, logits_to_keep, use_cache):
        logits = self.logits[input_ids][:, logits_to_keep]
        return SimpleNamespace(logits=logits)


@pytest.fixture
def bigram(tiny_language_model):
    """Binds as the policy a bigram with the probabilities given as {(last, token): p}."""
    tokenizer = tiny_language_model[1]
    bound = []

    def make(probabilities):
        size = len(tokenizer)
        table = np.full((size, size), 1e-6)
        for (last, token), p in probabilities.items():
            ids = tokenizer.convert_tokens_to_ids([last, token])
            assert tokenizer.unk_token_id not in ids
            table[tuple(ids)] = p
        # What is left goes to the unknown token, so that set probabilities are exact.
        table[:, tokenizer.unk_token_id] += 1.0 - table.sum(axis=1)
        bound.append(policy(Bigram(table), tokenizer))
        return bound[-1].__enter__()

    yield make
    for context in reversed(bound):
        context.__exit__(None, None, None)


@pytest.fixture
def tiny_policy(tiny_language_model):
    """The random model as the policy."""
    with policy(*tiny_language_model) as scorer:
        yield scorer


@pytest.fixture
def stack():
    """Parse a reward and bind it to a place that serves every scope."""

    def make(reward):
        place = Binding(SCHEMA, num_envs=1, place="test", serves=frozenset(Scope))
        return RewardStack.parse(reward).bind(place)

    return make


@pytest.fixture
def episode():
    """Turns of one episode; each is a dict of texts, obs and action among them."""

    def make(*turns, reward=0.0):
        n = len(turns)
        column = lambda name: np.array([t.get(name, "") for t in turns], dtype=object)  # noqa: E731
        obs = column("obs")
        after = np.array([t.get("next_obs", "") for t in turns], dtype=object)
        features = {name: column(name) for name in TEXTS}
        end = np.arange(n) == n - 1
        return Transition(
            obs, column("action"), after, reward * end, end, np.zeros(n, bool), features, features
        )

    return make
