"""The features of a MiniWoB++ page."""

from __future__ import annotations

from rewardsmith.features import Feature, FeatureSchema

from .elements import DIAGONAL, HEIGHT, WIDTH

SCHEMA = FeatureSchema(
    [
        Feature("raw_reward", "the task's reward without time decay; 0 until the end", (), -1, 1),
        Feature("done", "the page ended the episode", dtype="bool"),
        Feature("clicks", "clicks so far", low=0, dtype="int"),
        Feature("n_elements", "elements on the page, text nodes among them", low=0, dtype="int"),
        Feature("n_clickable", "elements that can be clicked", low=0, dtype="int"),
        Feature("target_visible", "an element shares a word with the instruction", dtype="bool"),
        Feature("pointer_x", "where the last click was; 0 before any", (), 0, WIDTH, "px"),
        Feature("pointer_y", "where the last click was; 0 before any", (), 0, HEIGHT, "px"),
        Feature(
            "pointer_to_target",
            "from the last click to the element that matches the instruction best; "
            "the page's diagonal if none does",
            (),
            0,
            DIAGONAL,
            "px",
        ),
        Feature("clicked_match", "share of the clicked text in the instruction", (), 0, 1),
        Feature("understood", "the last action was one the page can do", dtype="bool"),
        Feature("instruction", "the task in words", dtype="text"),
        Feature("clicked", "text of the element clicked last", dtype="text"),
    ]
)
