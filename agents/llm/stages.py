"""What a run is doing, for whoever waits: loading, converting, playing.

Nothing is heard by default. The records go to the logger `rewardsmith.stages` at level INFO.
"""

from __future__ import annotations

import logging
import time

from rewardsmith.agents.llm import processes

_logger = logging.getLogger("rewardsmith.stages")
#: seconds of silence before a pulse is heard
_SILENCE = 5.0
_last = [time.monotonic()]


def tell(text: str) -> None:
    """A stage begins."""
    _last[0] = time.monotonic()
    if processes.is_main():
        _logger.info("%s", text)


def pulse(text: str) -> None:
    """Something goes on; it is told only if nothing was for some seconds."""
    if time.monotonic() - _last[0] >= _SILENCE:
        tell(text)
