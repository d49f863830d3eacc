"""What there is to do: the six kinds of ALFWorld's tasks."""

from __future__ import annotations

from dataclasses import dataclass

from rewardsmith.errors import unknown_name

#: our names, and those of ALFRED's goal library
KINDS = {
    "pick": "pick_and_place_simple",
    "examine": "look_at_obj_in_light",
    "clean": "pick_clean_then_place_in_recep",
    "heat": "pick_heat_then_place_in_recep",
    "cool": "pick_cool_then_place_in_recep",
    "two": "pick_two_obj_and_place",
}
#: what a thing must become, the kind of place that does it, and what ALFRED calls such things
CHANGES = {
    "clean": ("isclean", "SinkBasin", "Cleanable"),
    "heat": ("ishot", "Microwave", "Heatable"),
    "cool": ("iscool", "Fridge", "Coolable"),
}


@dataclass(frozen=True)
class Chore:
    """One task.

    Args:
        kind: a key of `KINDS`.
        target: the kind of thing, as `Apple`.
        place: the kind of receptacle it must come to, as `CounterTop`; empty for `examine`.
        lamp: the kind of lamp to look at it under, as `DeskLamp`; empty but for `examine`.
        text: the task in words.
    """

    kind: str
    target: str
    place: str = ""
    lamp: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("household chore", self.kind, KINDS)
