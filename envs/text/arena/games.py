"""Which games of TextArena are played here, and the moves that a random opponent tries in them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

#: folders of TextArena with games for one player that need no download and no paid service
SINGLE = (
    *("Bandit", "Blackjack", "Countdown", "Crosswords", "Cryptarithm", "FifteenPuzzle"),
    *("FrozenLake", "Game2048", "GuessTheNumber", "LightsOut", "LogicPuzzle", "Mastermind"),
    *("Minesweeper", "PegJump", "RushHour", "Secretary", "Set", "Slitherlink", "Sokoban"),
    *("Sudoku", "ThreeCardMonte", "TowerOfHanoi"),
)


def _each(pattern: str, *ranges: object) -> list[str]:
    """
    >>> _each("[{} {}]", range(2), "ab")
    ['[0 a]', '[0 b]', '[1 a]', '[1 b]']
    """
    return [pattern.format(*values) for values in product(*ranges)]  # type: ignore[call-overload]


#: games for two with short lists of conceivable moves; the legal ones among them are found by
#: trying, in a random order
MOVES: dict[str, Callable[[], list[str]]] = {
    "Chopsticks": lambda: (
        _each("[attack {} {}]", (0, 1), (0, 1)) + _each("[split {} {}]", range(5), range(5))
    ),
    "ConnectFour": lambda: _each("[col {}]", range(7)),
    "GameOfPureStrategy": lambda: _each("[{}]", ("A", *range(2, 11), "J", "Q", "K")),
    "IteratedMatchingPennies": lambda: ["[heads]", "[tails]"],
    "IteratedPrisonersDilemma": lambda: ["[Cooperate]", "[Defect]"],
    "IteratedRockPaperScissors": lambda: ["[rock]", "[paper]", "[scissors]"],
    "IteratedTwoThirdsAverage": lambda: _each("[{}]", range(101)),
    "KuhnPoker": lambda: ["[Check]", "[Bet]", "[Fold]", "[Call]"],
    "LiarsDice": lambda: ["[call]", *_each("[bid: {}, {}]", range(1, 11), range(1, 7))],
    "MemoryGame": lambda: _each("[{} {} {} {}]", *[range(6)] * 4),
    "Nim": lambda: _each("[{} {}]", range(5), range(1, 9)),
    "Othello": lambda: _each("[{}, {}]", range(8), range(8)),
    "PigDice": lambda: ["[roll]", "[hold]"],
    "SimpleTak": lambda: _each("[{}]", range(64)),
    "TicTacToe": lambda: _each("[{}]", range(9)),
    "UltimateTicTacToe": lambda: _each("[{} {}]", range(9), range(9)),
    "WildTicTacToe": lambda: _each("[{} {}]", "XO", range(9)),
}
