"""Which intrinsic rewards does a television trap?

    python -m rewardsmith.benchmarks.intrinsic.noisy_tv [--terms rnd ...] [--seeds 6]
        [--steps 20000] [--out benchmarks/intrinsic/noisy_tv.json] [--page docs/intrinsic.md]
    python -m rewardsmith.benchmarks.intrinsic.noisy_tv --stored FILE --page docs/intrinsic.md

Nobody is trained. In `rewardsmith/NoisyTV-v0`, cut at 100 steps, 8 slots go on for 20,000 env
steps: four watch (to the television, then press), four explore (left or right by chance, never
press; the goal ends their episode). Each term sees all of them, on `[x, channel]`, so that the
noise is in what it looks at, and learns from all. Its late pay is the mean per env step of each
behaviour over the last quarter, episode ends included. A term is trapped where a watcher still
gets more than an explorer: where the 95% bootstrap interval of the difference, over seeds, is
above 0. Below 0 it is free of the trap, and else unclear.
"""

from __future__ import annotations

import argparse
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import rewardsmith
from rewardsmith.benchmarks.machine import write_result
from rewardsmith.registry import find_term
from rewardsmith.rewards.intrinsic import TERMS
from rewardsmith.transition import Floats

ENV, LIMIT, WATCHERS, EXPLORERS = "rewardsmith/NoisyTV-v0", 100, 4, 4
LEFT, PRESS, TO_THE_TV = 0, 2, 2
#: these reshape another term's pay, and pay nothing of their own
WRAPPERS = {"adops", "annealed", "grm", "pbim", "pies"}
NAMES = tuple(sorted(TERMS.keys() - WRAPPERS))
BEGIN, END = "<!-- noisy tv: begin (benchmarks/intrinsic/noisy_tv.py) -->", "<!-- noisy tv: end -->"
WHY = {
    "count": "each of its four pictures wears off",
    "deir": "a picture seen in the episode is at distance 0",
    "disagreement": "models that learn agree on the mean of the noise",
    "e3b": "telling `press` from `left` takes the picture, so phi holds it",
    "empowerment": "a watcher always presses, which tells nothing",
    "episodic_count": "four pictures in an episode, and no more",
    "icm": "the next picture is never foretold",
    "ngu": "a picture seen in the episode counts as seen",
    "noveld": "pays only first visits of an episode",
    "novelty": "outcomes of both kinds fill the archive",
    "pseudo_count": "a picture seen in the episode counts as seen",
    "re3": "a picture meets its like among recent states",
    "ride": "a picture changes much, but n_e grows with it",
    "rnd": "the error on four pictures goes to nothing",
    "simhash": "codes know directions alone, few of them either way: 3% apart",
}


def formula(name: str, seed: int) -> str:
    """The term with its defaults, but that it learns every 256 rows."""
    options = inspect.signature(find_term(name).__init__).parameters
    learns = "update_every" in options or "training" in options
    found = {"update_every": 256} if learns else {}
    if learns or "seed" in options:
        found["seed"] = seed
    return f"{name}({', '.join(['on=[x, channel]', *(f'{k}={v}' for k, v in found.items())])})"


def pays(name: str, seed: int, steps: int) -> Floats:
    """What every slot gets on every step, shape (steps / slots, slots); watchers come first."""
    slots = WATCHERS + EXPLORERS
    env = rewardsmith.make(
        ENV, formula(name, seed), num_envs=slots, max_episode_steps=LIMIT, autoreset_mode="SameStep"
    )
    rng, age = np.random.default_rng(seed), np.zeros(slots, dtype=np.int64)
    env.reset(seed=seed)
    rows = np.zeros((steps // slots, slots))
    for row in rows:
        action = rng.integers(0, 2, slots)
        action[:WATCHERS] = np.where(age[:WATCHERS] < TO_THE_TV, LEFT, PRESS)
        _, row[:], terminated, truncated, _ = env.step(action)
        age = np.where(terminated | truncated, 0, age + 1)
    env.close()
    return rows


def late(rows: Floats) -> tuple[float, float]:
    """Mean pay per step of a watcher and of an explorer, over the last quarter."""
    last = rows[-max(1, len(rows) // 4) :]
    return float(last[:, :WATCHERS].mean()), float(last[:, WATCHERS:].mean())


def interval(values: Sequence[float], draws: int = 10_000) -> list[float]:
    """95% bootstrap interval of the mean."""
    rng, of = np.random.default_rng(0), np.asarray(values)
    means = rng.choice(of, (draws, len(of))).mean(axis=1)
    return [float(q) for q in np.quantile(means, [0.025, 0.975])]


def verdict(low: float, high: float) -> str:
    """`trapped`, `free` or `unclear`, of an interval of watching minus exploring."""
    return "trapped" if low > 0 else "free" if high < 0 else "unclear"


def measure(name: str, seeds: int, steps: int) -> dict[str, Any]:
    """One term's figures."""
    pairs = [late(pays(name, seed, steps)) for seed in range(seeds)]
    watching, exploring = (float(np.mean(side)) for side in zip(*pairs, strict=True))
    low, high = interval([w - e for w, e in pairs])
    return {
        "formula": formula(name, 0),
        "watching": watching,
        "exploring": exploring,
        "ratio": watching / exploring if min(watching, exploring) > 0 else None,
        "difference": [low, high],
        "verdict": verdict(low, high),
        "seeds": [list(pair) for pair in pairs],
    }


def table(found: dict[str, Any]) -> str:
    """The page's table."""
    lines = [
        "| term | late pay of watching | of exploring | ratio | difference | | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, f in found.items():
        low, high = f["difference"]
        ratio = "" if f["ratio"] is None else f"{f['ratio']:.2f}"
        cells = [f"`{name}`", f"{f['watching']:.3g}", f"{f['exploring']:.3g}", ratio]
        cells += [f"{low:.2g} to {high:.2g}", f["verdict"], WHY[name]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_page(page: Path, text: str) -> None:
    """Put the table between its marks."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{begin}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, write the figures, and put them on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terms", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--stored", type=Path, help="take these figures; measure nothing")
    options = parser.parse_args()
    found = json.loads(options.stored.read_text())["terms"] if options.stored else {}
    for name in () if options.stored else options.terms:
        found[name] = measure(name, options.seeds, options.steps)
        print(name, found[name]["verdict"], found[name]["difference"], flush=True)
    if options.out is not None:
        write_result(options.out, {"steps": options.steps, "terms": found})
    if options.page is not None:
        write_page(options.page, table(found))


if __name__ == "__main__":
    main()
