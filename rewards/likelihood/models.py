"""Which scorer a name stands for: the policy, or a frozen model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from rewardsmith.llm.loading import load_causal, resolve_device

from .scorer import Scorer

#: what `model='policy'` scores with; the trainer sets its model and tokenizer
POLICY = Scorer()


def scorer_of(model: str, device: str, dtype: str) -> Scorer:
    """The scorer of `policy`, or of a frozen model in a folder; equal names share one."""
    return POLICY if model == "policy" else _frozen(model, resolve_device(device), dtype)


@lru_cache(maxsize=4)
def _frozen(path: str, device: str, dtype: str) -> Scorer:
    return Scorer(*load_causal(path, device, dtype))


def bind_policy(model: Any, tokenizer: Any) -> Scorer:
    """Let `model='policy'` mean this model, in this process, until another is bound.

    A trainer calls it once, before the first reward; its optimizer's steps are noticed. Where
    weights are replaced in another way, set `.model` or call `.changed()` on what is returned.
    """
    POLICY.model, POLICY.tokenizer = model, tokenizer
    POLICY.changed()
    return POLICY


def unbind_policy(model: Any) -> None:
    """Forget this model, if it is the one bound: a run has ended, and lets go of its memory."""
    if POLICY.model is model:
        bind_policy(None, None)


@contextmanager
def policy(model: Any, tokenizer: Any) -> Iterator[Scorer]:
    """`bind_policy` for the length of a `with`."""
    before = POLICY.model, POLICY.tokenizer
    try:
        yield bind_policy(model, tokenizer)
    finally:
        bind_policy(*before)
