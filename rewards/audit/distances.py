"""Check 7: how far the audited reward is from the env's own. Figures, never a verdict."""

from __future__ import annotations

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.result import Check

SOURCE = "STARC (arXiv 2309.15257) with value canonicalisation"


def distances(exact: Exact | None) -> Check:
    """STARC-VAL over the table."""
    name = "distance"
    if exact is None:
        return Check(name, SOURCE, "unchecked", "Not checked: it takes the exact path.")
    return Check(name, SOURCE, "unchecked", "Not checked yet.")
