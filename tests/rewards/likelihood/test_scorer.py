"""The scorer against plain forward passes, one by one."""

import copy

import numpy as np
import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.likelihood.packing import Row, batches, pack
from rewardsmith.rewards.likelihood.scorer import Query, Scorer, shares

SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128}
PLAIN = {"vocab_size": 39, "bos_token_id": None, "initializer_range": 0.5}


def _plain(model, context, continuation):
    """The definition: log softmax of one forward pass over one sequence, in NumPy."""
    with torch.no_grad():
        logits = model(torch.tensor([[*context, *continuation]])).logits[0].double().numpy()
    logits = logits[len(context) - 1 : -1]
    logp = logits - np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1, keepdims=True))
    logp -= logits.max(-1, keepdims=True)
    return logp[range(len(continuation)), list(continuation)]


def _queries():
    """Turns of one episode, siblings, strangers, one token and none."""
    history = ("the cat sat on a mat", " so the dog ran", " far far far", " is red ?")
    turns = [Query(history[:t], "yes the key is blue") for t in range(1, 5)]
    siblings = [Query(("the cat sat on a mat", f" think {w}"), "3 4") for w in ("1 2", "no", "5")]
    others = [Query(("dog",), "yes"), Query(("question 7 8 9",), "10 9 8"), Query(("a",), "")]
    return [*turns, *siblings, *others, Query((), "the cat")]


def _check(model, tokenizer, **sizes):
    scorer = Scorer(model, tokenizer, **sizes)
    queries = _queries()
    for query, found in zip(queries, scorer.logprobs(queries), strict=True):
        expected = _plain(model, *scorer.pair(query)) if query.continuation else []
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        assert found.dtype == np.float64
    return scorer


def test_shared_and_batched_is_what_each_gives_alone(tiny_language_model):
    scorer = _check(*tiny_language_model)
    assert scorer.work.forwards == 1
    assert scorer.work.tokens < 0.6 * scorer.work.plain


@pytest.mark.parametrize("sizes", [{"batch_tokens": 1}, {"row_tokens": 1}, {"row_tokens": 12}])
def test_small_batches_and_rows_change_nothing(tiny_language_model, sizes):
    assert _check(*tiny_language_model, **sizes).work.forwards >= 1


@pytest.mark.parametrize(
    "build",
    [
        lambda: LlamaForCausalLM(LlamaConfig(**SIZES, **HEADS, **PLAIN)),
        lambda: GPT2LMHeadModel(
            GPT2Config(vocab_size=39, n_embd=32, n_layer=2, n_head=4, initializer_range=0.5)
        ),
        lambda: LlamaForCausalLM(
            LlamaConfig(**SIZES, **HEADS, **PLAIN, attn_implementation="eager")
        ),
    ],
    ids=["llama", "gpt2", "eager"],
)
def test_other_architectures_agree(tiny_language_model, build):
    torch.manual_seed(1)
    model = build().eval()
    assert shares(model)
    assert model.dtype == torch.float32
    _check(model, tiny_language_model[1])


def test_windows_are_not_shared_and_still_right(tiny_language_model):
    torch.manual_seed(2)
    config = MistralConfig(**SIZES, **HEADS, **PLAIN, sliding_window=4)
    model = MistralForCausalLM(config).eval()
    assert not shares(model)
    _check(model, tiny_language_model[1])


def test_an_episode_costs_little_more_than_its_own_tokens(tiny_language_model):
    scorer = Scorer(*tiny_language_model)
    turns = tuple(" the cat sat on a mat so the dog ran far" for _ in range(10))
    scorer.logprobs([Query(turns[:t], "yes") for t in range(1, 11)])
    assert scorer.work.forwards == 1
    assert scorer.work.tokens <= 1.2 * 10 * 11
    assert scorer.work.plain == sum(11 * t + 1 for t in range(1, 11))


def test_results_are_remembered_until_the_weights_change(tiny_language_model):
    model, tokenizer = tiny_language_model
    scorer, query = Scorer(model, tokenizer), Query(("the cat",), "sat")
    before = scorer.logprobs([query, query])[0]
    scorer.logprobs([query])
    assert scorer.work.forwards == 1
    bias = model.lm_head.weight[tokenizer.convert_tokens_to_ids("sat")]
    with torch.no_grad():
        saved = bias.clone()
        bias.add_(1.0)  # as an optimizer does
        after = scorer.logprobs([query])[0]
        bias.copy_(saved)
    assert scorer.work.forwards == 2
    assert before[0] != after[0]
    assert scorer.logprobs([query])[0] == before


def test_what_is_returned_may_be_written_to(tiny_language_model):
    scorer, query = Scorer(*tiny_language_model), Query(("the cat",), "sat")
    first = scorer.logprobs([query])[0]
    expected = first.copy()
    first += 1.0
    assert scorer.logprobs([query])[0] == expected


def test_training_mode_is_left_as_it_was(tiny_language_model):
    model, tokenizer = tiny_language_model
    model.train()
    try:
        Scorer(model, tokenizer).logprobs([Query(("a",), "b")])
        assert model.training
    finally:
        model.eval()
    assert all(p.grad is None for p in model.parameters())


def test_without_a_model_it_says_who_binds_one():
    with pytest.raises(ConfigError, match="bind_policy"):
        Scorer().logprobs([Query(("a",), "b")])


def test_too_long_a_text_is_an_error(tiny_language_model):
    with pytest.raises(ConfigError, match=r"at most 512 tokens\. Received one of 600"):
        Scorer(*tiny_language_model).logprobs([Query(("the " * 600,), "cat")])


def test_a_trie_worked_out_by_hand():
    #   5 6 -> 7 | 5 6 8 -> 9 1 : tokens 5 6 8 9, the last of each continuation is not laid in
    rows = pack([((5, 6), (7,)), ((5, 6, 8), (9, 1))], row_tokens=100)
    assert len(rows) == 1
    row = rows[0]
    assert row.tokens == [5, 6, 8, 9]
    assert row.is_chain
    assert row.reads[0].tolist() == [1]
    assert row.reads[1].tolist() == [2, 3]
    row.add(2, ((5, 6, 4), (3, 2)))
    assert row.tokens == [5, 6, 8, 9, 4, 3]
    assert row.depths == [0, 1, 2, 3, 2, 3]
    assert row.parents == [-1, 0, 1, 2, 1, 4]
    assert row.visible()[5].tolist() == [True, True, False, False, True, True]
    assert not row.is_chain


def test_a_long_sequence_joins_the_row_of_its_own_beginning():
    begin, whole = (1, 2, 3), tuple(range(1, 50))
    assert [len(row) for row in pack([(begin, (9,)), (whole, (9,))], row_tokens=100)] == [49]


def test_strangers_have_rows_of_their_own():
    pairs = [((1, 2, 3), (4,)), ((5, 6, 7), (8,)), ((1, 2, 4), (4,))]
    assert [len(r.reads) for r in pack(pairs, row_tokens=100)] == [2, 1]
    assert [len(r.reads) for r in pack(pairs, row_tokens=3)] == [1, 1, 1]
    assert len(pack(pairs, row_tokens=100, share=False)) == 3


def test_sharing_must_pay_for_the_attention_over_a_longer_row():
    # Apart 2 (408 + 408^2 / e); together 656 + 656^2 / e: 1510 and 1553 for e = 480, 883 and 742
    # for e = 5000.
    common = tuple(range(160))
    pairs = [((*common, *range(first, first + 248)), (1,)) for first in (1000, 2000)]
    assert [len(row) for row in pack(pairs, row_tokens=4096, even=480)] == [408, 408]
    assert [len(row) for row in pack(pairs, row_tokens=4096, even=5000)] == [656]


def test_a_long_row_does_not_pad_many_short_ones():
    rows = [Row(tokens=[0] * n) for n in (2000, *[10] * 30)]
    assert [len(batch) for batch in batches(rows, 100_000)] == [1, 30]
    near = [Row(tokens=[0] * n) for n in (400, 380, 350)]
    assert [len(batch) for batch in batches(near, 100_000)] == [3]


def test_batches_hold_their_padding():
    rows = [Row(tokens=[0] * n) for n in (3, 9, 8, 2)]
    assert [[len(r) for r in b] for b in batches(rows, 18)] == [[9, 8], [3, 2]]


# peft 0.21 asks transformers for a name that it is about to drop
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_a_model_with_adapters_is_scored_with_them(tiny_language_model):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    model = get_peft_model(copy.deepcopy(tiny_language_model[0]), config).double().eval()
    scorer = _check(model, tiny_language_model[1])
    assert scorer.work.forwards == 1
    query = _queries()[0]
    plain = Scorer(*tiny_language_model).logprobs([query])[0]
    assert np.abs(scorer.logprobs([query])[0] - plain).max() > 1e-3


def test_bfloat16_is_as_near_as_its_digits(tiny_language_model):
    model, tokenizer = tiny_language_model
    half = copy.deepcopy(model).bfloat16()
    queries = [q for q in _queries() if q.continuation]
    found = Scorer(half, tokenizer).logprobs(queries)
    exact = Scorer(copy.deepcopy(half).double(), tokenizer).logprobs(queries)
    for a, b in zip(found, exact, strict=True):
        assert np.all(np.isfinite(a))
        assert a.dtype == np.float64
        np.testing.assert_allclose(a, b, atol=0.35)
    plain = Scorer(half, tokenizer, row_tokens=1).logprobs(queries)
    for a, b in zip(found, plain, strict=True):
        np.testing.assert_allclose(a, b, atol=0.35)
