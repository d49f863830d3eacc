"""Rows that are no transition: Gymnasium's NEXT_STEP dummy steps."""

from __future__ import annotations

import numpy as np

from rewardsmith.transition import Bools, Floats, Transition


def valid_rows(transition: Transition, valid: Bools) -> Transition:
    """The rows that are transitions, with their slots."""
    rows = transition.select(valid)
    rows.valid = None
    if rows.env_index is None:
        rows.env_index = np.flatnonzero(valid)
    return rows


def spread(values: Floats, valid: Bools) -> Floats:
    """Values of the valid rows among zeros for the others."""
    full = np.zeros(len(valid))
    full[valid] = values
    return full
