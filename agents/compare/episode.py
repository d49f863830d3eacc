"""One recorded episode of a trained policy: small pictures and what every term paid."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rewardsmith.storage import write_json

FILE = "episode.json"
#: longest edge of a stored picture, in pixels, and most pictures of one episode
EDGE, MOST = 220, 240
#: the same for pictures of text, which must be read
WIDE = 480


@dataclass
class Episode:
    """One episode of T steps.

    Args:
        frames: up to T+1 pictures of shape (height, width, 3), uint8; empty if there are none.
        terms: term -> what it paid at each step, T numbers.
        env_rewards: the environment's own reward, T numbers.
        success: 1.0 or 0.0; None if the environment does not say.
        seed: the seed that it was reset with.
        wide: whether the pictures show text: they are kept larger.
    """

    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    terms: dict[str, list[float]] = field(default_factory=dict)
    env_rewards: list[float] = field(default_factory=list)
    success: float | None = None
    seed: int | None = None
    wide: bool = False


@dataclass
class Film:
    """A stored episode: pictures as data URLs, and the step that each shows."""

    frames: list[str]
    shown: list[int]
    terms: dict[str, list[float]]
    env_rewards: list[float]
    success: float | None
    seed: int | None
    wide: bool = False


def save_episode(episode: Episode, folder: Path) -> Path:
    """Write the episode into `folder`, atomically; long ones keep `MOST` evenly spread pictures."""
    count = len(episode.frames)
    spread = np.linspace(0, max(count - 1, 0), min(count, MOST)).astype(int)
    shown: list[int] = np.unique(spread).tolist()
    data = {
        "frames": [_encode(episode.frames[i], WIDE if episode.wide else EDGE) for i in shown],
        "shown": shown,
        "terms": {k: [float(x) for x in v] for k, v in episode.terms.items()},
        "env_rewards": [float(x) for x in episode.env_rewards],
        "success": None if episode.success is None else float(episode.success),
        "seed": episode.seed,
        "wide": episode.wide,
    }
    write_json(folder / FILE, data)
    return folder / FILE


def load_episode(folder: Path) -> Film | None:
    """What `save_episode` wrote, or None if there is none."""
    path = folder / FILE
    if not path.exists():
        return None
    return Film(**json.loads(path.read_text(encoding="utf-8")))


def _encode(frame: NDArray[np.uint8], edge: int) -> str:
    picture = Image.fromarray(np.asarray(frame, dtype=np.uint8))
    picture.thumbnail((edge, edge))
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", quality=70)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
