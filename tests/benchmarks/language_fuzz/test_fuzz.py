"""The fuzz target finds what it is there to find."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rewardsmith.benchmarks.language_fuzz.__main__ import chunk
from rewardsmith.benchmarks.language_fuzz.texts import KINDS, text_of

RESULT = Path(__file__).parents[3] / "benchmarks" / "language_fuzz" / "result.json"


def run(code: str) -> str:
    """Code in a process of its own: audit hooks and limits stay until it ends."""
    head = "from rewardsmith.benchmarks.language_fuzz import worker\n"
    command = [sys.executable, "-c", head + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_a_chunk_counts_both_parsers() -> None:
    report = chunk(seed=7, begin=0, end=100)
    assert report["faults"] == []
    assert sum(report["counts"].values()) == 200
    assert report["counts"]["program/program/accepted"] > 0
    assert report["counts"]["formula/formula/accepted"] > 0


def test_equal_seeds_give_equal_texts_of_every_kind() -> None:
    assert [text_of(3, i) for i in range(20)] == [text_of(3, i) for i in range(20)]
    assert {text_of(3, i)[0] for i in range(20)} == set(KINDS)
    assert text_of(3, 0) != text_of(4, 0)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("open('/dev/null').close()", "escaped: ['open']"),
        ("import antigravity_that_is_not", "escaped"),
        ("raise ValueError('no')", "ValueError: no"),
        ("x = [0] * 10**9", "MemoryError"),
        ("while True: pass", "CPU seconds"),
    ],
)
def test_harm_is_found(harm: str, found: str) -> None:
    out = run(f"""
import resource, signal
def parse(parser, text):
    try:
        {harm}
    except ImportError:
        pass
    return "refused"
worker.parse = parse
worker.LIMIT = 0.2
signal.signal(signal.SIGPROF, worker._stop)
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + worker.MEMORY
resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(worker._measured(worker.Watch(), "program", "x")[1])
""")
    assert found in out


def test_the_committed_result_is_clean() -> None:
    result = json.loads(RESULT.read_text())
    assert result["cases"] >= 200_000
    assert sum(result["counts"].values()) == 2 * result["cases"]
    assert result["faults"] == []
    assert result["slowest"]["cpu_seconds"] < 1
