"""Is this reward safe to optimise? `audit` finds out before training."""

from rewardsmith.rewards.audit.result import AuditResult, Check, Hazard, Loop, Verdict
from rewardsmith.rewards.audit.run import audit

__all__ = ["AuditResult", "Check", "Hazard", "Loop", "Verdict", "audit"]
