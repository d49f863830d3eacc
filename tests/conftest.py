"""What tests of several folders share."""

import pytest

WORDS = (
    "the cat sat on a mat dog ran far yes no key is red blue 1 2 3 4 5 6 7 8 9 10 "
    "question answer : , . ? system user assistant think so"
)


@pytest.fixture(scope="session")
def tiny_language_model():
    """A random Qwen2 of two layers in float64, and a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    torch.set_num_threads(1)
    vocabulary = {
        word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", *dict.fromkeys(WORDS.split())])
    }
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, **special)
    config = Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.5,  # wide, so that tokens differ in probability
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Qwen2ForCausalLM(config).double().eval()
    return model, tokenizer
