"""One worker process: the clock and the memory of one term on one side.

Both sides run this file, each with its own Python, so that the same lines measure them. It
imports nothing of rewardsmith; the side that it runs, `ours` or `peer`, is a module with

    loader(data) -> load(number) -> rollout
    build(work, term, formula) -> run(rollout), facts

    python serve.py MODULE TERM FORMULA FOLDER

then one rollout's number per line of its input; for each, one line of JSON goes out.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

MIB = 2**20


def memory(field: str) -> int:
    """Bytes of this process: `VmRSS` is resident now, `VmHWM` the most so far; 0: not told."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def forget_peak() -> None:
    """Let `VmHWM` begin anew; where the system does not allow it, it holds the imports' too."""
    clear = Path("/proc/self/clear_refs")
    try:
        clear.write_text("5")
    except OSError as error:
        print(f"the peak holds what the imports took: {error}", file=sys.stderr)


def timed(run: Any, rollout: Any) -> dict[str, float]:
    """CPU and wall-clock seconds of one rollout."""
    wall, cpu = time.perf_counter(), time.process_time()
    run(rollout)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def counted(run: Any, rollout: Any) -> dict[str, float]:
    """Floating point operations (matrix products and convolutions) and backward passes."""
    calls, backward = 0, torch.autograd.backward

    def count(*args: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        backward(*args, **options)

    torch.autograd.backward = count
    with FlopCounterMode(display=False) as flops:
        run(rollout)
    torch.autograd.backward = backward
    return {"flops": float(flops.get_total_flops()), "backward_passes": float(calls)}


def main() -> None:
    """Answer each number until the input ends, then say what memory it took."""
    module, term, formula, folder = sys.argv[1:5]
    work = json.loads((Path(folder) / "work.json").read_text())
    torch.set_num_threads(work["threads"])
    torch.manual_seed(work["seed"])
    names = ("obs", "next_obs", "action", "terminated", "truncated", "t")
    data = {name: np.load(Path(folder) / f"{name}.npy", mmap_mode="r") for name in names}
    side = importlib.import_module(module)
    # Each rollout is put in the same place before it counts; all are touched before memory does.
    load = side.loader(data)
    for number in range(work["rollouts"]):
        load(number)
    start = memory("VmRSS")
    forget_peak()
    begun = time.process_time()
    run, facts = side.build(work, term, formula)
    say({"build_cpu": time.process_time() - begun, **facts})
    for line in sys.stdin:
        command, index = line.split()
        rollout = load(int(index) % work["rollouts"])
        say(timed(run, rollout) if command == "time" else counted(run, rollout))
    peak = memory("VmHWM")
    say({"peak_mib": peak / MIB, "peak_beyond_start_mib": (peak - start) / MIB})


def say(report: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
