"""Single steps for the page: the worst unexplained one, and the replay of the best policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.report_walk import NoFrames, Walk, film, walk
from rewardsmith.rewards.audit.result import AuditResult, Verdict
from rewardsmith.rewards.audit.tabularise import Tabled, replayed

#: an observation of more numbers is not written out
_NUMBERS = 16


@dataclass(frozen=True)
class Violation:
    """One step that no potential explains.

    Args:
        found: how it was picked.
        where: how to get there.
        action: what is done.
        rows: (feature, before, after, whether it changes).
        own, paid, explained: the env's own reward, the audited one, and what it would be with
            the potential.
    """

    found: str
    where: str
    action: str
    rows: list[tuple[str, str, str, bool]]
    own: float
    paid: float
    explained: float


def violation(result: AuditResult, names: Sequence[str] = ()) -> Violation | None:
    """The step furthest from any potential; None if all are explained or nothing is known."""
    if result.exact is not None:
        exact, tabled = result.exact
        return None if result.verdict == Verdict.INVARIANT else _worst(exact, tabled, names)
    for check in result.checks:
        if check.name == "declared potential" and check.status == "failed" and (
            "before" in check.values
        ):  # fmt: skip
            return _declared(check.values)
    return None


def _worst(exact: Exact, tabled: Tabled, names: Sequence[str]) -> Violation:
    table = exact.table
    s, a = divmod(int(np.abs(exact.fit.residual).argmax()), table.actions)
    edges = np.flatnonzero((table.s == s) & (table.a == a))
    after = int(table.after[edges[np.argmax(table.p[edges])]])
    seed, actions = replayed(tabled.graph, s)
    way = f"then actions {_listed(actions[:40])}"
    if len(actions) > 40:
        way = f"then {len(actions)} actions, the last of them {_listed(actions[-20:])}"
    # Expectations over s' here, as in the fit.
    paid = float(exact.proxy[s, a])
    return Violation(
        "Of all steps, the one furthest from the env's own reward plus a potential difference, "
        "with the potential chosen so that as little as possible is left over"
        + (" (means over where it may lead; the likeliest is shown)." if len(edges) > 1 else "."),
        f"Reset with seed {seed}, {way}." if actions else f"The first step after seed {seed}.",
        _named(a, names),
        _rows(_shown(tabled.graph.states[s]), _shown(tabled.graph.states[after])),
        float(exact.own[s, a]),
        paid,
        paid - float(exact.fit.residual[s, a]),
    )


def _listed(actions: Sequence[int]) -> str:
    return ", ".join(map(str, actions))


def _named(action: int, names: Sequence[str]) -> str:
    return f"{action} ({names[action]})" if action < len(names) else str(action)


def action_names(subject: Any) -> list[str]:
    """Names of the actions 0, 1, ... if the env tells them as MiniGrid or our fixtures do."""
    if subject is None:
        return []
    env = subject.build()
    bare = env.unwrapped
    found = getattr(bare, "actions", getattr(getattr(bare, "task", None), "actions", ()))
    env.close()
    if isinstance(found, type) and issubclass(found, IntEnum):
        return [a.name for a in sorted(found)]
    names = list(found) if isinstance(found, tuple | list) else []
    return names if all(isinstance(n, str) for n in names) else []


def _declared(values: dict[str, Any]) -> Violation:
    return Violation(
        "Of the sampled steps, the one furthest from the potential that the reward declares.",
        f"Step {values['step']} of the random episode with seed {values['seed']}.",
        values["action"],
        _rows(values["before"], values["after"]),
        values["own"],
        values["paid"],
        values["explained"],
    )


def _shown(seen: Any) -> dict[str, str]:
    features = seen.info.get("features")
    if isinstance(features, dict) and features:
        return {str(k): _number(v) for k, v in features.items()}
    if isinstance(seen.obs, dict):
        return {str(k): _number(v) for k, v in seen.obs.items()}
    return {"observation": _number(seen.obs)}


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    if np.size(value) > _NUMBERS:
        return f"{np.size(value)} numbers"
    return str(np.round(np.asarray(value, dtype=float), 4).tolist()).removesuffix(".0")


def _rows(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    rows = [(k, v, after.get(k, ""), after.get(k, "") != v) for k, v in before.items()]
    return sorted(rows, key=lambda row: not row[3])


@dataclass(frozen=True)
class Replay:
    """What the page plays.

    Args:
        loop: whether the walk goes round for ever.
        random: whether it is only what is likeliest at each step.
        first: index of the first step of the loop.
        period: steps of one round.
        own, paid: the rewards of one round, or of the whole walk if it ends.
        steps: (action, env's own, audited) of each step of one round, or of the whole walk.
        missing: why there are no pictures; empty if there are.
        data: frames and rewards for the script.
    """

    loop: bool
    random: bool
    first: int
    period: int
    own: float
    paid: float
    steps: list[tuple[str, float, float]]
    missing: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def replay(result: AuditResult, subject: Any, names: Sequence[str] = ()) -> Replay | None:
    """The audited reward's best policy, where it is another than the env's own."""
    if result.exact is None or result.verdict != Verdict.CHANGED:
        return None
    exact, tabled = result.exact
    way = walk(exact)
    frames: list[str] = []
    missing = ""
    try:
        frames = film(subject, exact, tabled, way)
    except NoFrames as reason:
        missing = str(reason)
    return _replay(exact, way, frames, missing, names)


def _replay(
    exact: Exact, way: Walk, frames: list[str], missing: str, names: Sequence[str]
) -> Replay:
    table = exact.table
    steps = [
        (_named(int(table.a[e]), names), float(table.reward[e]), float(table.proxy[e]))
        for e in way.edges
    ]
    once = steps if way.loop is None else steps[way.loop : way.loop + way.period]
    pictures = list(dict.fromkeys(frames))
    number = {picture: i for i, picture in enumerate(pictures)}
    return Replay(
        way.loop is not None,
        way.random,
        way.loop or 0,
        way.period,
        sum(s[1] for s in once),
        sum(s[2] for s in once),
        once,
        missing,
        {
            "frames": pictures,
            "shown": [number[f] for f in frames],
            "steps": steps,
            "first": -1 if way.loop is None else way.loop,
            "period": way.period,
        },
    )
