from __future__ import annotations

import zlib

import numpy as np

from rewardsmith.envs.text.hashing import hashed, ngrams, state_vector


def test_ngrams_are_words_and_pairs() -> None:
    assert ngrams("Go north, now") == ["go", "north", "now", "go north", "north now"]


def test_hashed_sets_the_bucket_of_the_crc() -> None:
    # crc32(b"coin") computed with the standard library is the documented bucket.
    vector = hashed(["coin", "coin"], 16)
    assert vector.sum() == 1.0
    assert vector[zlib.crc32(b"coin") % 16] == 1.0
    assert vector.dtype == np.float32


def test_the_order_of_the_commands_changes_the_vector() -> None:
    one = state_vector(["a hut"], ["go east", "look"], 4096)
    other = state_vector(["a hut"], ["look", "go east"], 4096)
    assert (one != other).sum() == 4
