"""Credit assignment: from the rewards of turns to the advantages that a trainer learns from."""

from rewardsmith.rewards.redistribution.shares import redistribute

from .assign import check_options, credit
from .check import check_credit
from .empg import empg
from .gdpo import gdpo
from .gigpo import gigpo
from .igpo import igpo
from .implicit import combine, implicit_loss, implicit_rewards, istar
from .registry import CreditMethod, credit_names, find_credit, register_credit
from .rollouts import Rollouts, returns_to_go
from .tokens import token_advantages
from .trajectory import trajectory
from .turn import turn

__all__ = [
    "CreditMethod",
    "Rollouts",
    "check_credit",
    "check_options",
    "combine",
    "credit",
    "credit_names",
    "empg",
    "find_credit",
    "gdpo",
    "gigpo",
    "igpo",
    "implicit_loss",
    "implicit_rewards",
    "istar",
    "redistribute",
    "register_credit",
    "returns_to_go",
    "token_advantages",
    "trajectory",
    "turn",
]
