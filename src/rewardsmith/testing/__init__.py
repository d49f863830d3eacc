"""Contract tests for your own terms and environments.

`check_term` and `check_env` try what the contract promises, raise `ContractError` with every
broken rule and its remedy, and say what they could not check.
"""

from rewardsmith.testing.envs import check_env
from rewardsmith.testing.report import Finding, Report
from rewardsmith.testing.terms import check_term

__all__ = ["Finding", "Report", "check_env", "check_term"]
