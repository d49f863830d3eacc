from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewardsmith.envs.text.frame import frame


def test_frame_has_ink_only_where_lines_are() -> None:
    image = frame("a line\n\nanother")
    assert image.shape == (320, 480, 3)
    assert image.dtype == np.uint8
    dark = (image.min(axis=2) < 128).any(axis=1)
    assert dark[8:25].any()
    assert not dark[26:42].any()  # the empty line
    assert dark[42:59].any()
    assert not dark[76:].any()


def test_long_text_shows_its_end() -> None:
    np.testing.assert_array_equal(frame("start\n" + "x\n" * 50), frame("other\n" + "x\n" * 50))


def test_what_the_agent_said_stands_above_even_of_a_long_text() -> None:
    told = "x\n" * 50
    silent, asked = frame(told), frame(told, said="go east")
    assert _blue(asked)[8:25].any()
    assert not _blue(asked)[26:].any()
    assert not _blue(silent).any()
    # the end of the text stays at the bottom
    np.testing.assert_array_equal(asked[60:], silent[60:])


def _blue(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The rows with ink of the colour of what was said."""
    return np.any(image[..., 2].astype(int) - image[..., 0] > 100, axis=1)
