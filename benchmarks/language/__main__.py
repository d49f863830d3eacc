"""Run: python -m rewardsmith.benchmarks.language [--out benchmarks/language/result.json]."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewardsmith import Binding, Learner, RewardStack
from rewardsmith.benchmarks.language.functions import CASES, SCHEMA, Case, batch
from rewardsmith.benchmarks.machine import write_result
from rewardsmith.language import compile_expression
from rewardsmith.language.backends.lower import lower
from rewardsmith.language.backends.steps import SOURCES
from rewardsmith.language.nodes import Expr
from rewardsmith.language.tensors import TensorTransition, compile_torch

#: the share of hand-written NumPy's speed that a compiled function must reach
LEAST = 0.9
#: at this many rows
ROWS = 4096


def expression(text: str) -> Expr:
    """The one expression that a function is."""
    (item,) = RewardStack.parse(text).tree.items
    found = item.term.args[0]
    assert isinstance(found, Expr)
    assert item.weight == 1
    return found


def operations(tree: Expr) -> int:
    """How many operations it takes, equal ones once."""
    return sum(step.op not in SOURCES for step in lower([tree], schema=SCHEMA).steps)


def ways(case: Case, n: int) -> dict[str, Callable[[], Any]]:
    """The same reward of n rows in each of its forms, checked to be the same."""
    tree, tr = expression(case.text), batch(n)
    run, on_torch = compile_expression(tree, schema=SCHEMA), compile_torch(tree, schema=SCHEMA)
    stack = RewardStack.parse(case.text).bind(Binding(SCHEMA, Learner(), num_envs=n))
    tensors = TensorTransition.of(tr)
    for found in (run(tr), stack.step(tr).total, on_torch(tensors).numpy()):
        np.testing.assert_allclose(found, case.by_hand(tr), rtol=1e-9, atol=1e-12)
    return {
        "by_hand": lambda: case.by_hand(tr),
        "compiled": lambda: run(tr),
        "stack": lambda: stack.step(tr),
        "torch": lambda: on_torch(tensors),
    }


def measure(case: Case, n: int, repeats: int = 101) -> dict[str, Any]:
    """Median CPU microseconds of a call of each, taken in turns, and the paired ratios' medians.

    Everything runs in one thread of one process, so CPU time is what a quiet machine's clock
    would show.
    """
    calls = ways(case, n)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats):
        for name in sorted(calls, reverse=bool(turn % 2)):
            times[name].append(_seconds(calls[name], 500 if n < 100 else 50))
    speed = {name: _ratio(times, name) for name in calls if name != "by_hand"}
    medians = {f"{k}_us": round(statistics.median(v) * 1e6, 2) for k, v in times.items()}
    return {"rows": n, **medians, "speed_against_by_hand": speed}


def _ratio(times: Mapping[str, list[float]], name: str) -> float:
    pairs = zip(times["by_hand"], times[name], strict=True)
    return round(statistics.median(hand / ours for hand, ours in pairs), 3)


def _seconds(call: Callable[[], Any], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - start) / calls


def main() -> int:
    """Measure every case, print and write; 1 if a compiled function is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/language.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    for name, case in CASES.items():
        measured = [measure(case, n) for n in (1, ROWS)]
        found[name] = {"operations": operations(expression(case.text)), "measured": measured}
        print(name, found[name])
    least = min(c["measured"][-1]["speed_against_by_hand"]["compiled"] for c in found.values())
    write_result(
        options.out,
        {"clock": "CPU seconds, one thread", "least_required": LEAST, "least": least, **found},
    )
    return int(least < LEAST)


if __name__ == "__main__":
    raise SystemExit(main())
