"""One process of the fuzz target: cases begin .. end, one line of JSON each that is worth one.

Run by `python -m rewardsmith.benchmarks.language_fuzz`. Memory is bounded by the operating
system, CPU time of a case by a timer; whatever the interpreter does beside computing (opening
a file, importing, running code) is seen by an audit hook.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rewardsmith.benchmarks.language_fuzz.texts import text_of
from rewardsmith.errors import LanguageError
from rewardsmith.language import parse_program, parse_reward, tree_hash
from rewardsmith.language.program.text import NO_FILE

#: address space beyond what the process has when it starts, bytes
MEMORY = 512 * 2**20
#: CPU seconds that one text may take in one parser
LIMIT = 5.0
TERMS = ("env", "value", "potential", "tolerance", "when")
#: what reading a text may do: Python's own parser, whose tree is all that is asked of it
_HARMLESS = frozenset({"compile", "builtins.id", "sys._getframe"})


class TooSlowError(BaseException):
    """A case took more than its CPU time. No `Exception`, so that nothing swallows it."""


def parse(parser: str, text: str) -> str:
    """`accepted` or `refused`; anything else escapes as an exception."""
    try:
        tree = parse_program(text) if parser == "program" else parse_reward(text, TERMS)
    except LanguageError as error:
        str(error)  # it can be shown
        return "refused"
    tree_hash(tree)
    return "accepted"


class Watch:
    """Notes what happens beside computing, once armed."""

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.armed or event in _HARMLESS or (event == "open" and args[0] == NO_FILE):
            return
        self.seen.append(event)


def run(seed: int, begin: int, end: int, progress: Path) -> dict[str, Any]:
    """Counts of outcomes, what went wrong, and the slowest case."""
    watch, counts = Watch(), Counter[str]()
    faults: list[dict[str, Any]] = []
    slowest = (0.0, begin, "")
    with progress.open("w") as file:
        for case in range(begin, end):
            file.seek(0)
            file.write(f"{case:12d}")
            file.flush()
            kind, text = text_of(seed, case)
            for parser in ("program", "formula"):
                seconds, outcome = _measured(watch, parser, text)
                slowest = max(slowest, (seconds, case, parser))
                counts[f"{kind}/{parser}/{outcome}"] += 1
                if outcome not in ("accepted", "refused"):
                    faults.append({"case": case, "parser": parser, "what": outcome})
    names = ("cpu_seconds", "case", "parser")
    return {
        "counts": counts,
        "faults": faults,
        "slowest": dict(zip(names, slowest, strict=True)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _measured(watch: Watch, parser: str, text: str) -> tuple[float, str]:
    watch.seen.clear()
    begin = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    watch.armed = True
    try:
        outcome = parse(parser, text)
    except TooSlowError:
        outcome = f"more than {LIMIT} CPU seconds"
    except Exception as error:  # every other exception is a finding
        outcome = f"{type(error).__name__}: {error}"[:200]
    finally:
        watch.armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - begin
    return seconds, f"escaped: {sorted(set(watch.seen))}" if watch.seen else outcome


def _stop(*_: Any) -> None:
    raise TooSlowError


def main() -> None:
    """Arguments: seed, begin, end, and the file that names the case in hand."""
    seed, begin, end = map(int, sys.argv[1:4])
    for parser, text in (("program", "def reward(f): return 2*f.x/0"), ("formula", "env + x/")):
        parse(parser, text)  # what is imported late is imported now
    parse("program", "def reward(f): return tolerance(f.x, margin=1), {'a': 1/3}")
    parse("program", "\ufb01 = '\\N{DIGIT ONE}'")  # Python's parser imports unicodedata
    signal.signal(signal.SIGPROF, _stop)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    print(json.dumps(run(seed, begin, end, Path(sys.argv[4]))))


if __name__ == "__main__":
    main()
