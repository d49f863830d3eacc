"""Credit assignment: from the rewards of turns to the advantages that a trainer learns from."""

from .assign import credit
from .registry import CreditMethod, credit_names, find_credit, register_credit
from .rollouts import Rollouts, returns_to_go
from .tokens import token_advantages
from .trajectory import trajectory
from .turn import turn

__all__ = [
    "CreditMethod",
    "Rollouts",
    "credit",
    "credit_names",
    "find_credit",
    "register_credit",
    "returns_to_go",
    "token_advantages",
    "trajectory",
    "turn",
]
