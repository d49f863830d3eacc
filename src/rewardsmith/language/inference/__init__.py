"""What a reward can be worth, and what can go wrong with it, found before anything runs."""

from rewardsmith.language.inference.finding import KINDS, Finding, Report
from rewardsmith.language.inference.givens import Givens
from rewardsmith.language.inference.infer import (
    Inferred,
    assume,
    expression_findings,
    gate,
    infer_expression,
    refuse_certain,
)
from rewardsmith.language.inference.interval import Interval

__all__ = [
    "KINDS",
    "Finding",
    "Givens",
    "Inferred",
    "Interval",
    "Report",
    "assume",
    "expression_findings",
    "gate",
    "infer_expression",
    "refuse_certain",
]
