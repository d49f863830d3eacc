"""Causal language models from a folder or a hub, each loaded once per process."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from rewardsmith.errors import ConfigError, RewardsmithError, require


def resolve_device(device: str) -> str:
    """`auto` as a GPU where there is one, else `cpu`; others as they are."""
    if device != "auto":
        return device
    torch = require("torch", extra="llm")
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_tokenizer(path: str) -> Any:
    """The tokenizer that was saved in a folder, or that of a hub id."""
    transformers = require("transformers", extra="llm")
    settings = Path(path) / "tokenizer_config.json"
    if settings.exists() and (Path(path) / "tokenizer.json").exists():
        saved = json.loads(settings.read_text(encoding="utf-8")).get("tokenizer_class")
        # transformers 5: AutoTokenizer would build the class of the model's family over another
        # vocabulary, e.g. Qwen2's BPE over whole words, and give wrong tokens without a word.
        if saved in ("TokenizersBackend", "PreTrainedTokenizerFast"):
            return transformers.PreTrainedTokenizerFast.from_pretrained(path)
    return transformers.AutoTokenizer.from_pretrained(path)


@lru_cache(maxsize=4)
def load_causal(path: str, device: str, dtype: str) -> tuple[Any, Any]:
    """A model in evaluation mode, frozen, and its tokenizer.

    Args:
        path: a folder, or an id on a hub where there is one.
        device: a torch device.
        dtype: e.g. `bfloat16`; `auto` is what the model was saved in.

    Raises:
        ConfigError: it cannot be loaded; says why.
    """
    transformers = require("transformers", extra="llm")
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
        tokenizer = load_tokenizer(path)
    except (RewardsmithError, MemoryError):
        raise
    except Exception as error:  # damaged files fail in as many ways as there are readers
        raise ConfigError(
            f"A language model is a folder with its weights and tokenizer, or an id on a hub that "
            f"can be reached. {path!r} (dtype {dtype!r}) could not be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    return model.to(device).eval().requires_grad_(False), tokenizer
