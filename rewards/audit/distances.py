"""Check 7: how far the audited reward is from the env's own. Figures, never a verdict."""

from __future__ import annotations

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.result import Check, Verdict
from rewardsmith.rewards.audit.subject import Subject
from rewardsmith.rewards.audit.tabularise import Tabled, dense_rewards
from rewardsmith.rewards.distance import dard, epic, starc

SOURCE = "STARC-VAL (arXiv 2309.15257), DARD (arXiv 2201.10081), EPIC (arXiv 2006.13900)"
#: entries (s, a, s') up to which DARD and EPIC are computed
_ENTRIES = 1_000_000
#: figures up to this are rounding
_ABOVE = 1e-6


def distances(subject: Subject, tabled: Tabled | None, exact: Exact | None) -> Check:
    """STARC-VAL over the table; DARD and EPIC where the reward can be asked about any (s, a, s').

    Args:
        subject: env and reward.
        tabled, exact: its table and solution, None without.
    """
    name = "distance"
    if tabled is None or exact is None:
        return Check(name, SOURCE, "unchecked", "Not checked: it takes the exact path.")
    try:
        return _measured(subject, tabled, exact)
    except ConfigError as reason:  # rewards that no float64 can compare
        return Check(name, SOURCE, "unchecked", f"Not checked: {reason}")


def _measured(subject: Subject, tabled: Tabled, exact: Exact) -> Check:
    table = exact.table
    value = starc(
        table.reward, table.proxy, dynamics=table, gamma=exact.gamma, terminal=table.terminal
    )
    values: dict[str, float | None] = {"starc_val": float(value), "dard": None, "epic": None}
    said = [f"STARC-VAL {float(value):.3f} of 2."]
    if reason := _not_dense(subject, exact):
        said.append(f"DARD and EPIC not computed: {reason}.")
    else:
        own, proxy, moves = dense_rewards(subject, tabled)
        gamma, ends = exact.gamma, table.terminal
        values["dard"] = float(dard(own, proxy, dynamics=moves, gamma=gamma, terminal=ends))
        values["epic"] = float(epic(own, proxy, gamma=gamma, terminal=ends))
        said.append(f"DARD {values['dard']:.3f} and EPIC {values['epic']:.3f} of 1.")
    said.append("0 is the same ordering of policies; none of them is a verdict.")
    said += _in_spite_of_proof(exact, values)
    return Check("distance", SOURCE, "info", " ".join(said), values)


def _in_spite_of_proof(exact: Exact, values: dict[str, float | None]) -> list[str]:
    """Why figures are above 0 for a reward that was proved invariant."""
    named = (("DARD", values["dard"]), ("EPIC", values["epic"]))
    above = [name for name, value in named if value is not None and value > _ABOVE]
    if exact.verdict != Verdict.INVARIANT or not above:
        return []
    return [
        f"{' and '.join(above)} above 0 is no contradiction to the proof: it counts pay that no "
        "policy's return depends on, from ended episodes, on steps that cannot happen, or that "
        "averages out over s' (docs/distances.md)."
    ]


def _not_dense(subject: Subject, exact: Exact) -> str:
    """Why DARD and EPIC cannot be computed, as half a sentence; empty if they can."""
    table = exact.table
    if subject.stack is None:
        return "they ask for transitions that cannot happen, about which a wrapper says nothing"
    if table.states**2 * table.actions > _ENTRIES:
        return f"they need every (s, a, s'), too many for {table.states:,} states"
    return ""
