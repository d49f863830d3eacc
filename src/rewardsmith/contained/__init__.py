"""Run a stranger's code where it can do no harm: `run_contained`, `call_functions`."""

from .calls import Answer, Call, call_functions
from .runner import (
    ContainmentError,
    Finished,
    Limits,
    containment,
    require_containment,
    run_contained,
)

__all__ = [
    "Answer",
    "Call",
    "ContainmentError",
    "Finished",
    "Limits",
    "call_functions",
    "containment",
    "require_containment",
    "run_contained",
]
