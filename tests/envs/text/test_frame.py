from __future__ import annotations

import numpy as np

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
