"""Runs in a process of its own: compares formulas with math-verify, a line of JSON for each pair.

It is started by its path and knows nothing of rewardsmith. A line is [number, seconds, answer,
reference], its answer [number, same, full]: the pair's number, whether both are one (null if the
reference is no formula), and whether this process has grown so much that it had better be replaced.

SymPy can be made to compute numbers of 10^10 digits, which nothing inside a process can stop: the
process that asks ends this one. In case that one is gone, the kernel's timer does.

The text is a model's. math-verify reads LaTeX by a grammar, but its numbers go to SymPy, which
gives text to Python's `eval`; here `plain` stands in that place. Should some text run in spite of
that, it may start nothing, connect to nothing and write nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import re
import resource
import signal
import sys
from pathlib import Path
from typing import Any

#: address space beyond what the packages take, in bytes (Linux; elsewhere `ANYWHERE` in all)
MEMORY = 2**29
ANYWHERE = 2 * 2**30
#: growth after which the process is replaced, in bytes: SymPy remembers numbers of any size
GROWTH = 2**27
#: seconds that the process which asks has for ending this one before the timer does
GRACE = 1.0
LONG = 1e6
_NUMBER = re.compile(r"[0-9]*\.?[0-9]+|[0-9]+\.")
_REFUSED = re.compile(
    r"(socket|subprocess|shutil|ctypes|pty|tempfile|urllib|mmap)\.|os\.(?!listdir|scandir|walk)"
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def plain(text: str, *_: Any, **__: Any) -> Any:
    """In place of SymPy's `parse_expr`: a number or a name, and nothing that computes."""
    sympy = sys.modules["sympy"]
    if text.isdecimal():
        return sympy.Integer(int(text))
    if _NUMBER.fullmatch(text):
        return sympy.Float(text)
    if text.isidentifier():
        return sympy.Symbol(text)
    raise SyntaxError("neither a number nor a name")


def watch(event: str, details: tuple[Any, ...]) -> None:
    """Python's audit hook: refuse what comparing formulas has no need of."""
    if _REFUSED.match(event) or (event == "open" and details[2] & _WRITES):
        raise PermissionError(f"{event} is not for formulas")


class Verifier:
    """math-verify, once it is loaded."""

    def __init__(self) -> None:
        self._package: Any = importlib.import_module("math_verify")
        parser: Any = importlib.import_module("sympy.parsing.sympy_parser")
        parser.parse_expr = plain
        self._latex = [self._package.LatexExtractionConfig(boxed_match_priority=0)]
        logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def read(self, formula: str) -> list[Any]:
        """A formula as SymPy has it, then as text; empty if it is none."""
        found: list[Any] = self._package.parse(
            f"\\boxed{{{formula}}}",
            extraction_config=self._latex,
            fallback_mode="no_fallback",
            parsing_timeout=None,
        )
        return found

    def same(self, answer: str, reference: str) -> bool | None:
        """Whether both are one; None if the reference is no formula."""
        truth = self.read(reference)
        if not truth:
            return None
        given = self.read(answer)
        return bool(given) and bool(self._package.verify(truth, given, timeout_seconds=None))


def size() -> int:
    """Address space of this process, in bytes; 0 where the kernel does not tell (not Linux)."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[0]) * resource.getpagesize() if told.exists() else 0


def limit(size: int) -> None:
    """Bound the memory by what is taken now; no file may be written."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    least = size + MEMORY if size else ANYWHERE
    least = least if most == resource.RLIM_INFINITY else min(least, most)
    resource.setrlimit(resource.RLIMIT_AS, (least, least))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def timed() -> None:
    """Let SIGALRM end the process at once, even amid one long product, whatever was inherited."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])


def compared(verifier: Verifier, seconds: float, *pair: str) -> bool | None:
    """Whether a pair is one; past its time the process ends."""
    signal.setitimer(signal.ITIMER_REAL, min(seconds + GRACE, LONG))
    same: bool | None = False
    # whatever a text brings SymPy to raise, the text is not the reference
    with contextlib.suppress(Exception):
        same = verifier.same(*pair)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return same


def main() -> None:
    """Answer each pair until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    timed()
    verifier = Verifier()
    verifier.same("\\frac{1}{2}", "0.5")  # loads what is loaded late
    begun = size()
    limit(begun)
    sys.addaudithook(watch)
    answers.write("ready\n")
    for line in sys.stdin:
        number, seconds, *pair = json.loads(line)
        same = compared(verifier, seconds, *pair)
        answers.write(json.dumps([number, same, size() - begun > GROWTH]) + "\n")


if __name__ == "__main__":
    main()
