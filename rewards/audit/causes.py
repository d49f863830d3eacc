"""Why a reward is no potential shaping: known faults, each tried as an explanation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rewardsmith.rewards.audit.every_step import every_step, remedy, sentence
from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.order import Fit, fit_order
from rewardsmith.transition import Bools, Floats

#: how well an explanation must fit, relative to the rewards
_TOLERANCE = 1e-7
_GAMMAS = (1.0, 0.9999, 0.999, 0.998, 0.995, 0.99, 0.98, 0.975, 0.97, 0.96, 0.95, 0.9, 0.8, 0.5)


@dataclass(frozen=True)
class Cause:
    """A fault that explains what was seen.

    Args:
        name: its hazard name.
        sentence: the fault, as one sentence.
        remedy: what to change.
    """

    name: str
    sentence: str
    remedy: str


def find_cause(exact: Exact) -> Cause | None:
    """The first known fault that explains the audited reward to within rounding."""
    for explanation in (
        _lost, _reversed, _constant, _timeout, _terminal, _gamma, _action, _arrival, _one_sided,
        _clipped, _gated,
    ):  # fmt: skip
        for cause in explanation(exact):
            return cause
    return None


def _fit(exact: Exact, gamma: float | None = None, **options: object) -> Fit:
    return fit_order(
        exact.table, exact.gamma if gamma is None else gamma, exact.proxy, reward=exact.own,
        moves=exact.moves, tolerance=_TOLERANCE, **options,  # type: ignore[arg-type]
    )  # fmt: skip


def _extra(exact: Exact) -> Floats:
    """What each edge is paid beyond the env's own reward."""
    return exact.table.proxy - exact.table.reward


def _zero(exact: Exact) -> float:
    scale = max(np.abs(exact.table.proxy).max(), np.abs(exact.table.reward).max(), 1e-300)
    return float(scale) * _TOLERANCE


def _lost(exact: Exact) -> Iterator[Cause]:
    if exact.fit.pure and exact.fit.worst <= _TOLERANCE:
        yield Cause(
            "TASK LOST",
            "The env's own reward is not in it: all policies earn the same.",
            "Add the env's own reward (`env + ...`), or a term that pays for the task itself.",
        )


def _reversed(exact: Exact) -> Iterator[Cause]:
    if exact.fit.scale < -_TOLERANCE and exact.fit.worst <= _TOLERANCE:
        yield Cause(
            "REVERSED",
            f"It is the env's own reward times {exact.fit.scale:.4g}: the worst policy is best.",
            "Turn the sign of the env's own reward.",
        )


def _constant(exact: Exact) -> Iterator[Cause]:
    found = every_step(exact, _zero(exact))
    if found is not None:
        name = "ALIVE BONUS" if found.paid > 0 else "STEP COST"
        yield Cause(name, sentence(found), remedy(exact, found))


def _timeout(exact: Exact) -> Iterator[Cause]:
    table = exact.table
    if table.cut is None:
        return
    plain = fit_order(table, exact.gamma, table.expected(table.proxy), tolerance=_TOLERANCE)
    if plain.fits:
        yield Cause(
            "TIMEOUT AS TERMINAL",
            "At a time limit the potential is taken as 0, as if the episode had ended, while the "
            "learner goes on to value the state reached.",
            "Set the potential to 0 only where `terminated` is true; keep it where `truncated` is.",
        )


def _terminal(exact: Exact) -> Iterator[Cause]:
    fit = _fit(exact, at_terminals=True)
    if not fit.fits:
        return
    ends = exact.table.terminal
    size = float(np.abs(fit.potential[ends]).max(initial=0.0))
    if float(np.abs(fit.potential[~ends]).max(initial=0.0)) <= _zero(exact):
        yield Cause(
            "TERMINAL BONUS",
            f"Only the end of an episode is paid otherwise (by up to {size:.4g}), so another end "
            "may become the best.",
            "Check that each end is paid in the order of what it is worth.",
        )
        return
    if abs(fit.scale - 1) > _TOLERANCE and float(np.ptp(fit.potential[ends])) <= _zero(exact):
        # A potential of K at every end is a constant of -(1 - gamma)*K on every step.
        yield _centred(exact, fit.scale, (exact.gamma - 1) * float(fit.potential[ends][0]))
        return
    yield Cause(
        "TERMINAL POTENTIAL",
        f"The potential is not 0 at termination (up to {size:.4g} there), so where an episode "
        "ends pays.",
        "Count the potential of the next state as 0 where `terminated` is true.",
    )


def _centred(exact: Exact, scale: float, paid: float) -> Cause:
    name, sign = ("ALIVE BONUS", "longer") if paid > 0 else ("STEP COST", "shorter")
    return Cause(
        name,
        f"Beside a potential and {scale:.4g} times the env's own reward every step is paid "
        f"{paid:.4g}, as centring a shaped reward does, so {sign} episodes earn more.",
        "Scale without subtracting a mean, and do it before the shaping is added.",
    )


def _gamma(exact: Exact) -> Iterator[Cause]:
    if exact.table.states > 10_000:
        return
    for gamma in _GAMMAS:
        if abs(gamma - exact.gamma) > 1e-9 and (found := _fit(exact, gamma)).fits:
            yield _other_gamma(exact, gamma, found)
            return
    # A round number first; a power of one, as frame skip gives, has more digits.
    for gamma in (round(near := _search_gamma(exact), 6), near):
        if abs(gamma - exact.gamma) > 1e-6 and (fit := _fit(exact, gamma)).fits:
            yield _other_gamma(exact, gamma, fit)
            return


def _other_gamma(exact: Exact, gamma: float, found: Fit) -> Cause:
    size = float(np.ptp(found.potential))
    return Cause(
        "OTHER GAMMA",
        f"The shaping uses gamma {gamma:.6g} and the learner {exact.gamma:.6g}: the rest, "
        f"{abs(exact.gamma - gamma):.3g} times a potential that spans {size:.4g}, is paid on "
        "every step.",
        f"Use gamma {exact.gamma:.6g} in the shaping, or in both.",
    )


def _search_gamma(exact: Exact) -> float:
    from scipy.optimize import minimize_scalar

    if exact.table.states > 2_000:
        return exact.gamma
    found = minimize_scalar(
        lambda gamma: float(np.log(_fit(exact, gamma).worst + 1e-16)),
        bounds=(0.3, 1.0), method="bounded", options={"xatol": 1e-9, "maxiter": 60},
    )  # fmt: skip
    return float(found.x)


def _clipped(exact: Exact) -> Iterator[Cause]:
    table, zero = exact.table, _zero(exact)
    low, high = float(table.proxy.min()), float(table.proxy.max())
    for bounds in ((low, high), (-np.inf, high), (low, np.inf)):
        at = (table.proxy <= bounds[0] + zero) | (table.proxy >= bounds[1] - zero)
        fit = _fit(exact, keep=_rows_without(exact, at))
        if at.sum() >= 2 and fit.fits and _beyond(exact, fit, bounds):
            shown = " and ".join(
                f"{w} {b:.4g}" for w, b in zip(("below", "above"), bounds, strict=True)
                if np.isfinite(b)
            )  # fmt: skip
            yield Cause(
                "CLIPPED SHAPING",
                f"The shaped reward is cut {shown}, so the differences no longer add up.",
                "Clip the env's own reward before the shaping is added, or scale the potential "
                "so that nothing is cut.",
            )
            return


def _rows_without(exact: Exact, edges: Bools) -> Bools:
    """Rows (S, A) none of whose edges is among `edges`."""
    hit = np.zeros(exact.own.shape, dtype=bool)
    hit[exact.table.s[edges], exact.table.a[edges]] = True
    return ~hit


def _beyond(exact: Exact, fit: Fit, bounds: tuple[float, float]) -> bool:
    """Whether, without the cut, nearly all the cut edges would have been paid beyond it."""
    table, phi, zero = exact.table, fit.potential, _zero(exact) * 10
    paid = fit.scale * table.reward + exact.gamma * phi[table.after] - phi[table.s]
    low = table.proxy <= bounds[0] + zero
    high = table.proxy >= bounds[1] - zero
    right = np.where(low, paid <= bounds[0] + zero, paid >= bounds[1] - zero)[low | high]
    strictly = np.abs(paid - table.proxy)[low | high] > zero
    return bool(right.mean() > 0.9 and strictly.any())


def _one_sided(exact: Exact) -> Iterator[Cause]:
    extra, zero = _extra(exact), _zero(exact)
    for sign, what, other in ((1, "approach", "leaving"), (-1, "leaving", "approach")):
        one = sign * extra
        if one.min() < -zero or one.max() <= zero:
            continue
        paid = _rows_without(exact, one <= zero)
        for gamma in (exact.gamma, 1.0):
            fit = _fit(exact, gamma, keep=paid)
            explained = fit.fits and paid[exact.table.s, exact.table.a].any()
            if explained or _cut_at_zero(exact, one, gamma):
                verb = "paid" if sign > 0 else "charged"
                yield Cause(
                    "ONE-SIDED",
                    f"Only {what} is {verb} and {other} is free, so going to and fro "
                    + ("pays." if sign > 0 else "costs."),
                    "Pay gamma*Phi(s') - Phi(s) whatever its sign: `potential(...)`.",
                )
                return


def _cut_at_zero(exact: Exact, paid: Floats, gamma: float) -> bool:
    """Whether some potential, at ends too, has max(0, gamma*Phi(s') - Phi(s)) on every edge.

    Edge by edge, so that chance does not hide it. It must be overdetermined: as many unknowns
    as edges would explain anything.
    """
    table, zero = exact.table, _zero(exact) * 10
    pairs = np.stack([table.s, table.after])
    ends, first, pair = np.unique(pairs, axis=1, return_index=True, return_inverse=True)
    amounts, up = paid[first], paid[first] > zero
    touched = np.unique(ends[:, up])
    if len(amounts) > 3_000 or up.sum() <= len(touched) or ends.shape[1] == up.sum():
        return False
    basis = np.zeros((len(amounts), table.states))
    np.add.at(basis, (np.arange(len(amounts)), ends[1]), gamma)
    np.add.at(basis, (np.arange(len(amounts)), ends[0]), -1.0)
    phi = np.linalg.lstsq(basis[up], amounts[up], rcond=None)[0]
    known: Bools = np.logical_and(*np.isin(ends, touched))[pair.ravel()]
    told = np.maximum(basis @ phi, 0.0)[pair.ravel()]
    return bool(np.abs(told - paid)[known].max() <= zero)


def _action(exact: Exact) -> Iterator[Cause]:
    table, extra, zero = exact.table, _extra(exact), _zero(exact)
    paid = [extra[table.a == a] for a in range(table.actions)]
    if any(len(x) == 0 or np.ptp(x) > zero for x in paid):
        return
    amounts = [float(x[0]) for x in paid]
    if np.ptp(amounts) <= zero:
        return
    yield Cause(
        "ACTION BONUS",
        "What is paid beyond the env's own reward depends on the action alone, so repeating "
        f"action {int(np.argmax(amounts))} earns {max(amounts):.4g} a step for ever.",
        "Leave it out, or look ahead: gamma*Phi(s', a') - Phi(s, a) (Wiewiora et al. 2003).",
    )


def _arrival(exact: Exact) -> Iterator[Cause]:
    table, extra = exact.table, _extra(exact)
    low, high = np.full(table.states, np.inf), np.full(table.states, -np.inf)
    np.minimum.at(low, table.after, extra)
    np.maximum.at(high, table.after, extra)
    reached = np.isfinite(low)
    if np.max((high - low)[reached]) <= _zero(exact) and np.ptp(low[reached]) > _zero(exact):
        yield Cause(
            "STATE BONUS",
            "What a step is paid depends on the state it reaches alone, and nothing is taken "
            "back on leaving it: staying near a good state earns for ever.",
            "Subtract the potential of the state that was left: gamma*Phi(s') - Phi(s).",
        )


def _gated(exact: Exact) -> Iterator[Cause]:
    table, open_ = exact.table, np.abs(_extra(exact)) > _zero(exact)
    inside = ~_rows_without(exact, open_)
    edges = inside[table.s, table.a]
    touched = np.union1d(table.s[edges], table.after[edges])
    # As many unknowns as rows would explain anything.
    if inside.sum() <= 1 + (~table.terminal[touched]).sum() or edges.all():
        return
    if not _fit(exact, keep=inside).fits:
        return
    yield Cause(
        "GATE LEAK",
        "A potential's difference is paid in some places only, so what is paid inside is not "
        "taken back outside.",
        "Put the condition inside the potential: potential(where(condition, phi, 0)).",
    )
