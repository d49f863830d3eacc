"""Which typed lines are sent to the game, and what a player reads instead of the others.

The interpreter also understands commands that act on itself (restart, quit, undo, save, which
writes a file, and TextWorld's own tracing), and runs several commands from one line. None of
these is a move of the game, so that only single commands of known verbs pass.
"""

from __future__ import annotations

import re

DIRECTIONS = ("north", "south", "east", "west")
VERBS = frozenset(DIRECTIONS).union(
    ("go", "take", "get", "pick", "drop", "put", "insert", "open", "close", "lock", "unlock"),
    ("eat", "cook", "prepare", "slice", "chop", "dice", "examine", "inventory", "look", "wait"),
    ("x", "l", "i", "n", "s", "e", "w"),
)
_PLAIN = re.compile(r"[a-z0-9' -]+")
_CHAIN = re.compile(r"\b(then|and)\b")
_STATUS = re.compile(r"\n*>[ \t]*(-=.*)?\s*\Z")
_END_MENU = "Would you like to RESTART"
_REFUSALS = (
    *("That's not a verb I recognise", "I didn't understand", "You can't see any such"),
    "Which do you mean",
)


def normalise(line: str) -> str:
    """Lower case, single spaces."""
    return " ".join(line.lower().split())


def playable(command: str) -> bool:
    """Whether a normalised `command` is one command of a verb that the games use."""
    if not _PLAIN.fullmatch(command) or _CHAIN.search(command):
        return False
    return command.split(maxsplit=1)[0] in VERBS


def refused(feedback: str) -> bool:
    """Whether the game's own parser did not understand the command."""
    return any(text in feedback for text in _REFUSALS)


def clean(feedback: str) -> str:
    """Feedback without the prompt, the status line that leaks into it, and the end menu.

    >>> clean("\\nYou go south.\\n\\n>          -= Lounge =-0/4")
    'You go south.'
    """
    text = _STATUS.sub("", feedback.split(_END_MENU, maxsplit=1)[0])
    return re.sub(r"\n{3,}", "\n\n", "\n".join(s.rstrip() for s in text.splitlines())).strip()
