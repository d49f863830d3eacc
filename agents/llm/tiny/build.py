"""The tokenizer and the untrained model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rewardsmith.errors import ConfigError, near_misses, require

#: name -> (hidden size, layers, heads); parameters without embeddings: about 0.3, 1, 4 million
SIZES = {"small": (96, 3, 4), "medium": (160, 4, 4), "large": (288, 5, 6)}
PAD, EOS = "<pad>", "<eos>"
_LONGEST = 4096


def build_tokenizer(texts: Iterable[str], vocabulary: int = 1024) -> Any:
    """A byte-level BPE tokenizer of these texts: any text can be written, digits one by one.

    Args:
        texts: what the model will read and say.
        vocabulary: at most so many tokens, at least 300 (256 bytes among them).
    """
    tokenizers = require("tokenizers", extra="llm")
    transformers = require("transformers", extra="llm")
    if vocabulary < 300:
        raise ConfigError(f"A vocabulary has at least 300 tokens. Received {vocabulary}.")
    pre = tokenizers.pre_tokenizers
    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = pre.Sequence(
        [pre.Digits(individual_digits=True), pre.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, EOS],
        initial_alphabet=pre.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token=PAD, eos_token=EOS, clean_up_tokenization_spaces=False
    )


def build_model(tokenizer: Any, size: str = "medium", seed: int = 0) -> Any:
    """An untrained Qwen2 of one of `SIZES`, its embeddings tied.

    Raises:
        ConfigError: no such size.
    """
    transformers = require("transformers", extra="llm")
    torch = require("torch", extra="llm")
    if size not in SIZES:
        raise ConfigError(
            f"size is one of {', '.join(SIZES)}. Received {size!r}.{near_misses(size, SIZES)}"
        )
    hidden, layers, heads = SIZES[size]
    config = transformers.Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=_LONGEST,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return transformers.Qwen2ForCausalLM(config)
