"""Which games of TextArena are played here, how many play them, and why others are not."""

from __future__ import annotations

import re

from .moves import MOVES

#: folders of TextArena with games for one player that need no download and no paid service
SINGLE = (
    *("Bandit", "Blackjack", "Countdown", "Crosswords", "Cryptarithm", "FifteenPuzzle"),
    *("FrozenLake", "Game2048", "GuessTheNumber", "LightsOut", "LogicPuzzle", "Mastermind"),
    *("Minesweeper", "PegJump", "RushHour", "Secretary", "Set", "Slitherlink", "Sokoban"),
    *("Sudoku", "ThreeCardMonte", "TowerOfHanoi"),
)

#: games for more than two
_PLAYERS = {
    **dict.fromkeys(("ThreePlayerGOPS", "ThreePlayerIPD", "ThreePlayerTicTacToe"), 3),
    "PublicGoodsGame": 3,
    **dict.fromkeys(("MarketEntryGame", "SettlersOfCatan"), 4),
    "SecretMafia": 6,
}

_WORDS = "needs the word list of NLTK, a download"
_SERVICE = "asks a language model of a paid service (OpenRouter)"
_LATER = "is written for Python 3.12 or later, and was not tried there"
_FILES = "needs files that TextArena's package lacks"
#: games that are refused, and why
REFUSED = {
    **dict.fromkeys(("Codenames", "DontSayIt", "Hangman", "LetterAuction", "SpellingBee"), _WORDS),
    **dict.fromkeys(("WordChains", "WordLadder", "WordSearch", "Wordle"), _WORDS),
    **dict.fromkeys(("Debate", "GuessWho", "ScenarioPlanning", "TwentyQuestions"), _SERVICE),
    **dict.fromkeys(("Checkers", "Chess", "IteratedStagHunt", "Klondike"), _LATER),
    **dict.fromkeys(("ReverseTicTacToe", "UltimateTexasHoldem"), _LATER),
    **dict.fromkeys(("ScorableGames", "UsedCar", "UsedCarNegotiation"), _FILES),
    "BabyAiText": "needs the packages gym and babyai_text",
    "Taboo": "is won by talk with a partner, and a random player understands no clue",
    "CharacterConclave": "fails in TextArena 0.7 as soon as somebody speaks",
    "QuantumTicTacToe": "can leave a player of TextArena 0.7 without a legal move",
    "Tak": "fails in TextArena 0.7 as soon as it is won",
}

_DIRECTION = re.compile(r"\[(up|down|left|right|[wasd])\]", re.IGNORECASE)
#: what a move must look like, in games that would make a line that is no move a loss
STRICT = {"Snake": _DIRECTION, "Surround": _DIRECTION}


def players(folder: str) -> int:
    """How many play a game.

    >>> players("Sudoku"), players("TicTacToe"), players("SecretMafia")
    (1, 2, 6)
    """
    return 1 if folder in SINGLE else _PLAYERS.get(folder, 2)


def like_a_move(folder: str, line: str) -> bool:
    """Whether a line may be shown to the game.

    >>> like_a_move("Snake", "north"), like_a_move("Nim", "north")
    (False, True)
    """
    return folder not in STRICT or STRICT[folder].search(line) is not None


def why_not(folder: str) -> str:
    """Why a game is refused; empty for one that is played."""
    if folder in SINGLE or folder in MOVES:
        return ""
    return REFUSED.get(folder, "is not known to play without a download")
