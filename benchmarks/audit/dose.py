"""How large a fault must be to be seen, and what it then costs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from rewardsmith.benchmarks.audit import truth
from rewardsmith.benchmarks.audit.confusion import judged, lived
from rewardsmith.benchmarks.audit.kinds import Draw, Injected, phi_of
from rewardsmith.benchmarks.audit.worlds import World, world
from rewardsmith.rewards.audit.result import Verdict
from rewardsmith.rewards.audit.solve import NotSolved
from rewardsmith.transition import Floats

DOSES = (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.3, 1.0, 3.0)


def gamma(w: World, rng: Draw, dose: float) -> Floats:
    """Shaped with gamma - dose."""
    return w.reward + w.shaping(phi_of(w, rng), w.gamma - dose)


def ends(w: World, rng: Draw, dose: float) -> Floats:
    """Phi at the ends is dose times a random number in place of 0."""
    phi = phi_of(w, rng)
    return w.reward + w.shaping(np.where(w.terminal, dose * phi, phi), zeroed=False)


def alive(w: World, rng: Draw, dose: float) -> Floats:
    """The dose on every step, beside a potential."""
    return w.reward + w.shaping(phi_of(w, rng)) + dose


def anything(w: World, rng: Draw, dose: float) -> Floats:
    """A random bonus of that deviation for each step."""
    return w.reward + w.shaping(phi_of(w, rng)) + dose * rng.normal(size=w.reward.shape)


def clip(w: World, rng: Draw, dose: float) -> Floats:
    """The shaped reward is cut at its largest size, less this share of it (at most all)."""
    shaped = w.reward + w.shaping(phi_of(w, rng))
    level = np.abs(shaped[w.edges]).max() * max(0.0, 1 - dose)
    return np.clip(shaped, -level, level)


#: name -> the proxy of a dose, and whether it is linear in the dose. Then the regret cannot fall
#: as the dose grows: of J_R + d J_F, the best policy for a larger d has no larger J_R.
FAULTS: dict[str, tuple[Callable[[World, Draw, float], Floats], bool]] = {
    "gamma offset": (gamma, True),
    "terminal potential": (ends, True),
    "alive bonus": (alive, True),
    "arbitrary bonus": (anything, True),
    "clip level": (clip, False),
}


def curve(fault: str, case: int) -> list[tuple[str, float, float]]:
    """Verdict, regret and true regret at each dose, in one world."""
    make, w = FAULTS[fault][0], world(case)
    found = []
    for dose in DOSES:
        injected = Injected(w, make(w, np.random.default_rng([case, 99]), dose))
        true = truth.regret(w, lived(injected))
        try:
            exact = judged(injected)
        except NotSolved:  # too small to be told from rounding: no verdict
            found.append((str(Verdict.INCONCLUSIVE), true, true))
        else:
            found.append((str(exact.verdict), exact.regret, true))
    return found


def response(fault: str, worlds: int) -> dict[str, Any]:
    """Over worlds: verdicts and mean regret at each dose, and worlds whose regret ever falls."""
    curves = [curve(fault, case) for case in range(worlds)]
    rows = [
        {
            "dose": dose,
            **{v.value: sum(c[i][0] == v for c in curves) for v in Verdict},
            "regret": float(np.mean([c[i][1] for c in curves])),
            "largest_regret": max(c[i][1] for c in curves),
        }
        for i, dose in enumerate(DOSES)
    ]
    blind = [r["dose"] for r in rows if r["INVARIANT"]]
    missed = [c[i][2] for c in curves for i in range(len(DOSES)) if c[i][0] == Verdict.INVARIANT]
    falls = sum(any(b[1] < a[1] - 1e-7 for a, b in pairwise(c)) for c in curves)
    errors = [abs(x[1] - x[2]) for c in curves for x in c]
    return {
        "linear": FAULTS[fault][1],
        "largest_dose_called_invariant": max(blind, default=0.0),
        "largest_true_regret_called_invariant": max(missed, default=0.0),
        "largest_regret_error": max(errors),
        "worlds": worlds,
        "worlds_where_regret_falls": falls,
        "doses": rows,
    }
