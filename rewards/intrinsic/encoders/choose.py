"""Which encoder fits a space or a feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.errors import BindingError, ConfigError, near_misses
from rewardsmith.features import Feature
from rewardsmith.rewards.intrinsic.encoders.base import Encoder
from rewardsmith.rewards.intrinsic.encoders.mixed import Keyed
from rewardsmith.rewards.intrinsic.encoders.plain import (
    SMALLEST_IMAGE,
    Flat,
    Image,
    Minigrid,
    OneHot,
    Text,
)

#: what `encoder=` may be; `auto` goes by the space, `sentence` reads text with a language model
NAMES = ("auto", "flat", "image", "minigrid", "text", "sentence")


def check_name(name: Any) -> str:
    """The name of an encoder; raises `ConfigError` for anything else."""
    if name not in NAMES:
        raise ConfigError(
            f"encoder is one of {', '.join(NAMES)}. Received {name!r}."
            f"{near_misses(str(name), NAMES)}"
        )
    return str(name)


def of_space(space: Any, name: str = "auto") -> Encoder:
    """The encoder of observations of `space`.

    Args:
        space: of one observation.
        name: one of `NAMES`.

    Raises:
        BindingError: nothing fits the space.
    """
    if name == "sentence" and not _has_text(space):
        raise BindingError(
            f"encoder='sentence' reads text. Received observations of {space}; leave it out, or "
            "name a text feature, as in rnd(on=[text], encoder='sentence')."
        )
    match space:
        case spaces.Dict():
            return _of_dict(space, name)
        case spaces.Text():
            return _of_text(name)
        case spaces.Discrete():
            return OneHot(space.n, int(space.start))
        case spaces.MultiDiscrete():
            return OneHot(space.nvec, space.start)
        case spaces.MultiBinary():
            return Flat(space.shape)
        case spaces.Box():
            return _of_box(space, name)
    raise BindingError(
        "Novelty is told from observations of a Box, Discrete, MultiDiscrete, MultiBinary, Text or "
        f"Dict space. Received {space}; name features instead, as in rnd(on=[x, y])."
    )


def of_feature(feature: Feature, name: str = "auto") -> Encoder:
    """The encoder of a named feature.

    Args:
        feature: numbers or text.
        name: `sentence` or, hashing n-grams of text, any other of `NAMES`.

    Raises:
        BindingError: its bounds leave it no room to vary.
    """
    if not feature.numeric:
        return _of_text(name)
    if feature.low == feature.high:
        raise BindingError(
            f"Novelty is told from what varies. Received the feature {feature.name!r}, which is "
            f"always {feature.low:g}; name another."
        )
    return Flat(feature.shape)


def _of_text(name: str) -> Text:
    if name != "sentence":
        return Text()
    from rewardsmith.rewards.intrinsic.encoders.sentence import Sentence  # it needs an extra

    return Sentence()


def _of_box(space: spaces.Box, name: str) -> Encoder:
    shape = space.shape
    if name == "minigrid":
        return Minigrid(shape)
    if name == "image" or (name == "auto" and _is_picture(space)):
        return Image(space)
    return Flat(shape)


def _is_picture(space: spaces.Box) -> bool:
    """Bytes with at least two sides long enough for a convolution."""
    sides = sorted(space.shape)[-2:]
    many = len(space.shape) in (2, 3) and len(sides) == 2 and sides[0] >= SMALLEST_IMAGE
    return space.dtype == np.uint8 and many


def _of_dict(space: spaces.Dict, name: str) -> Encoder:
    """Every key; MiniGrid's by its own encoder, without the mission, which a task keeps."""
    parts = dict(space.spaces)
    if name == "auto" and _is_minigrid(parts):
        del parts["mission"]
        found = {k: of_space(s, "minigrid" if k == "image" else "auto") for k, s in parts.items()}
        return Keyed(found)
    return Keyed({k: of_space(s, name if _reads(name, s) else "auto") for k, s in parts.items()})


def _has_text(space: Any) -> bool:
    if isinstance(space, spaces.Dict):
        return any(map(_has_text, space.spaces.values()))
    return isinstance(space, spaces.Text)


def _reads(name: str, space: Any) -> bool:
    """Whether a named encoder is for this value of a dictionary."""
    if name == "sentence":
        return _has_text(space)
    return isinstance(space, spaces.Box) and len(space.shape) >= 2


def _is_minigrid(parts: dict[str, Any]) -> bool:
    view = parts.get("image")
    return "mission" in parts and isinstance(view, spaces.Box) and view.shape[-1:] == (3,)
