"""How calls match reference calls: the signals of ToolRL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .goals import Call


@dataclass(frozen=True)
class Match:
    """ToolRL (arXiv 2504.13958, section 3.3), each divided by the most it can be, so in 0..1.

    Args:
        names: Jaccard index of the tools' names, counted as often as they occur.
        parameters: mean over the reference calls of the Jaccard index of parameter names.
        values: share of the reference's argument values that are equal; 1 if it has none.
        score: (names + sum of parameter indices + number of equal values) / its maximum
            1 + calls + arguments. The paper's correctness reward is 6*score - 3.
    """

    names: float
    parameters: float
    values: float
    score: float


def match(made: Sequence[Call], reference: Sequence[Call]) -> Match:
    """Match calls to a reference of at least one call.

    Each reference call is matched with at most one call of the same name, such that the sum is
    the largest.
    """
    names = _jaccard(Counter(c.name for c in made), Counter(c.name for c in reference))
    shape = (len(reference), len(made))
    keys = np.array([_keys(m, r) for r in reference for m in made]).reshape(shape)
    equal = np.array([_equal(m, r) for r in reference for m in made]).reshape(shape)
    rows, columns = linear_sum_assignment(keys + equal, maximize=True)
    parameters, values = float(keys[rows, columns].sum()), float(equal[rows, columns].sum())
    calls, arguments = len(reference), sum(len(c.arguments) for c in reference)
    return Match(
        names=names,
        parameters=parameters / calls,
        values=values / arguments if arguments else 1.0,
        score=(names + parameters + values) / (1 + calls + arguments),
    )


def _jaccard(a: Counter[str], b: Counter[str]) -> float:
    either = (a | b).total()
    return (a & b).total() / either if either else 1.0


def _keys(made: Call, reference: Call) -> float:
    if made.name != reference.name:
        return 0.0
    return _jaccard(Counter(list(made.arguments)), Counter(list(reference.arguments)))


def _equal(made: Call, reference: Call) -> float:
    if made.name != reference.name:
        return 0.0
    given = made.arguments
    return float(sum(k in given and given[k] == v for k, v in reference.arguments.items()))
