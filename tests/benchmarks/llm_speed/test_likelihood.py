"""What is counted, and that the plain pass beside it gives the same probabilities."""

import copy

import numpy as np
import pytest
import torch

from rewardsmith import Binding, RewardStack, Scope
from rewardsmith.benchmarks.llm_speed import likelihood
from rewardsmith.benchmarks.llm_speed.recorded import tokenizer_of
from rewardsmith.benchmarks.llm_speed.sizes import TextSizes, for_tests, half_billion
from rewardsmith.benchmarks.llm_speed.texts import Texts
from rewardsmith.rewards.likelihood import TERMS, Query, Scorer
from rewardsmith.rewards.likelihood.models import policy


@pytest.fixture(scope="module")
def tokenizer():
    torch.set_num_threads(1)
    return tokenizer_of()


def _stack(name):
    place = Binding(likelihood._SCHEMA, num_envs=1, place="test", serves=frozenset(Scope))
    return RewardStack.parse(likelihood.REWARDS[name]).bind(place)


def test_every_likelihood_reward_is_measured():
    assert set(TERMS) == set(likelihood.REWARDS) - {"five together"}


def test_texts_have_the_lengths_asked_for(tokenizer):
    texts = Texts(tokenizer, TextSizes(episodes=3, turns=2, question=40, reasoning=60, answer=5))
    episodes = texts.group(turns=True)
    assert [len(e) for e in episodes] == [2, 2, 2]
    assert len({e.obs[0] for e in episodes}) == 1 < len({e.obs[1] for e in episodes})
    for episode in episodes:
        for text in (*episode.obs, *episode.action):
            length = len(tokenizer(text)["input_ids"])
            assert 13 <= length <= 50  # 20, and 30 give or take a half; a cut may split a word


def test_the_plain_pass_gives_what_the_scorer_gives(tiny_language_model):
    model, tokenizer = tiny_language_model
    scorer = Scorer(model, tokenizer)
    queries = [Query(("the cat sat on",), "a mat"), Query(("dog",), "ran far yes")]
    pairs = [scorer.pair(query) for query in queries]
    plain = likelihood.plain_logprobs(model, pairs)
    ordered = sorted(scorer.logprobs(queries), key=len, reverse=True)
    # By length of the whole: the second query is the shorter one.
    for found, expected in zip(plain, ordered, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_tokens_are_counted_by_hand(tiny_language_model):
    model, tokenizer = copy.deepcopy(tiny_language_model[0]), tiny_language_model[1]
    counter = likelihood.Counter(model)
    texts = Texts.__new__(Texts)
    texts.sizes, texts.rng = TextSizes(episodes=2, turns=1), np.random.default_rng(0)
    said = iter(["the cat", "red blue", "key", "yes no", "key", "far ran dog"])
    texts.draw = lambda length: next(said)
    with policy(model, tokenizer):
        stack = _stack("rlpr")
        found = likelihood.measure_round(stack, texts.group(turns=False), counter, "cpu")
    # The second episode says "far ran dog" after "the cat" where the first says "yes no"; the
    # cue, a line's end, is no token here. Sequences: 2 + 2 + 2 - 1 = 5 and 2 + 3 + 2 - 1 = 6.
    # Sharing "the cat" saves 2, and asking without the reasoning adds "red": 5 + 6 - 2 + 1.
    assert found["sequence_tokens"] == 11
    assert found["plain_tokens"] == 12  # the shorter is padded
    assert found["tokens"] == 10


def test_everything_at_a_small_size(tokenizer):
    found = likelihood.measure(for_tests(), tokenizer)
    rewards = found["rewards"]
    assert found["dtype"] == "bfloat16"
    assert set(rewards) == set(likelihood.REWARDS)
    assert all(row["tokens"] > 0 and row["seconds"] > 0 for row in rewards.values())
    # Terms that ask the same question cost what one of them costs.
    assert rewards["five together"]["passes_by_tokens"] < 2 * rewards["rlpr"]["passes_by_tokens"]


def test_the_model_for_a_gpu_is_half_a_billion(tokenizer):
    with torch.device("meta"):
        model = half_billion(tokenizer)
    assert sum(p.numel() for p in model.parameters()) == 494_032_768
