"""Text as a picture, so that an episode of text can be recorded like any other."""

from __future__ import annotations

import textwrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, COLUMNS = 480, 320, 64
_INK, _PAPER = (28, 28, 30), (250, 249, 246)


def frame(text: str) -> NDArray[np.uint8]:
    """The last lines of `text` that fit, uint8 of shape (320, 480, 3)."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, COLUMNS) or [""]]
    font = ImageFont.load_default(13)
    step = 17
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines[-((HEIGHT - 16) // step) :]):
        draw.text((10, 8 + row * step), line, fill=_INK, font=font)
    return np.asarray(image, dtype=np.uint8)
