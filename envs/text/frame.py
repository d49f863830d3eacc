"""Text as a picture, so that an episode of text can be recorded like any other."""

from __future__ import annotations

import textwrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, COLUMNS = 480, 320, 64
_STEP, _MOST_SAID = 17, 3
_INK, _SAID, _PAPER = (28, 28, 30), (0, 90, 160), (250, 249, 246)


def frame(text: str, said: str | None = None) -> NDArray[np.uint8]:
    """The last lines of `text` that fit, below what the agent `said`; uint8 (320, 480, 3)."""
    asked = [] if said is None else [*_wrapped(f"> {said}")[:_MOST_SAID], ""]
    room = (HEIGHT - 16) // _STEP - len(asked)
    shown = [(line, _SAID) for line in asked] + [(line, _INK) for line in _wrapped(text)[-room:]]
    font = ImageFont.load_default(13)
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    for row, (line, colour) in enumerate(shown):
        draw.text((10, 8 + row * _STEP), line, fill=colour, font=font)
    return np.asarray(image, dtype=np.uint8)


def _wrapped(text: str) -> list[str]:
    return [part for line in text.splitlines() for part in textwrap.wrap(line, COLUMNS) or [""]]
