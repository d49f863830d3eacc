import numpy as np
import pytest
import torch

from rewardsmith.errors import ConfigError
from rewardsmith.llm import TransformersClient, chat, client
from rewardsmith.llm.transformers_client import prompt_ids


@pytest.fixture
def asked(tiny_language_model):
    return TransformersClient("tiny", loaded=tiny_language_model)


def _greedy(model, tokenizer, request, steps):
    ids = torch.tensor([prompt_ids(request, tokenizer)])
    first = None
    for _ in range(steps):
        with torch.no_grad():
            logits = model(ids).logits[0, -1]
        first = logits if first is None else first
        ids = torch.cat([ids, logits.argmax()[None, None]], 1)
    return ids[0, -steps:], first


def test_a_batch_gives_what_each_gives_alone(asked, tiny_language_model):
    model, tokenizer = tiny_language_model
    requests = [chat("the cat sat on a mat", max_tokens=4), chat("dog ?", max_tokens=4)]
    for request, reply in zip(requests, asked.complete(requests), strict=True):
        ids, _ = _greedy(model, tokenizer, request, 4)
        assert reply.texts == (tokenizer.decode(ids, skip_special_tokens=True),)


def test_top_logprobs_are_the_models_own(asked, tiny_language_model):
    model, tokenizer = tiny_language_model
    requests = [chat("is a dog red ?", max_tokens=1, top_logprobs=5), chat("no", max_tokens=1)]
    reply = asked.complete(requests)[0]
    _, logits = _greedy(model, tokenizer, requests[0], 1)
    logits = logits.double().numpy()
    logp = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    best = np.argsort(-logp)[:5]
    assert reply.top_logprobs is not None
    assert reply.top_logprobs[0][0] == pytest.approx(
        {tokenizer.decode([int(i)]): logp[i] for i in best}, abs=1e-5
    )


def test_samples_repeat_with_their_seed(asked):
    draw = lambda seed: asked.complete([chat("so", n=4, temperature=1.0, seed=seed, max_tokens=6)])  # noqa: E731
    before = torch.random.get_rng_state()
    assert draw(3) == draw(3)
    assert draw(3) != draw(4)
    assert len(set(draw(3)[0].texts)) > 1
    assert torch.equal(before, torch.random.get_rng_state())


def test_greedy_replies_may_be_several_and_are_equal(asked):
    reply = asked.complete([chat("so", n=3, max_tokens=2, top_logprobs=2)])[0]
    assert len(reply.texts) == 3
    assert len(set(reply.texts)) == 1
    assert len(reply.top_logprobs) == 3


def test_replies_end_at_a_stop(asked):
    whole = asked.complete([chat("the cat", max_tokens=6)])[0].texts[0]
    stop = whole.split()[2]
    cut = asked.complete([chat("the cat", max_tokens=6, stop=(stop,))])[0].texts[0]
    assert cut == whole[: whole.index(stop)]


def test_a_saved_folder_is_loaded_by_its_spec(tiny_language_model, tmp_path):
    model, tokenizer = tiny_language_model
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    asked = client(f"transformers:{tmp_path}?device=cpu&dtype=float64")
    request = chat("the dog", max_tokens=3)
    loaded = TransformersClient("tiny", loaded=tiny_language_model)
    assert asked.complete([request])[0].texts == loaded.complete([request])[0].texts


def test_no_model_at_the_path(tmp_path):
    with pytest.raises(ConfigError, match="could not be loaded"):
        TransformersClient(str(tmp_path / "none"), device="cpu").complete([chat("a")])
