"""Environments of text and rewards for other trainers: GEM, SkyRL, OpenEnv, verl, verifiers.

Nothing here imports TRL or transformers; each module imports the package it is for.
"""

from rewardsmith.agents.llm.export.session import Paid, TextSession

__all__ = ["Paid", "TextSession"]
