"""The registered environments of text, folder by folder; imports nothing heavy."""

from __future__ import annotations

import importlib

from rewardsmith.catalog import EnvEntry

FOLDERS = (
    "textworld_games",
    "household",
    "science",
    "calculation",
    "tool_calling",
    "questions",
    "sql",
    "search",
    "code_repair",
    "reasoning",
    "arena",
    "nethack",
)

ENVS: tuple[EnvEntry, ...] = tuple(
    entry
    for folder in FOLDERS
    for entry in importlib.import_module(f"rewardsmith.envs.text.{folder}.catalog").ENVS
)
