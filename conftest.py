"""Settings of every test run."""

import os

# Before any test imports NumPy, torch, matplotlib or pygame: these are read once.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

# Never collect by path: a second copy of each module would appear beside the installed one.
# tests/test_doctests.py runs the doctests through the import name instead.
collect_ignore_glob = [
    f"{folder}/*" for folder in ("src", "rewards", "wrappers", "envs", "agents", "benchmarks")
]
