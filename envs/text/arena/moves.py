"""The lines that a random player tries in games for two or more; the legal ones are found so."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from string import ascii_lowercase
from typing import Any

Moves = Callable[[Any], list[str]]
Step = tuple[int, int]

_ROOK: list[Step] = [(1, 0), (-1, 0), (0, 1), (0, -1)]
_KING = [*_ROOK, (1, 1), (1, -1), (-1, 1), (-1, -1)]
_KNIGHT = [(a * x, b * y) for x, y in ((1, 2), (2, 1)) for a in (1, -1) for b in (1, -1)]
_HELLO = "Hello."


def each(pattern: str, *ranges: Iterable[object]) -> list[str]:
    """
    >>> each("[{} {}]", range(2), "ab")
    ['[0 a]', '[0 b]', '[1 a]', '[1 b]']
    """
    return [pattern.format(*values) for values in product(*ranges)]


def walks(
    pattern: str, first: Sequence[Any], second: Sequence[Any], steps: list[Step]
) -> list[str]:
    """A line for each step from a square to another; squares are named by two coordinates.

    >>> walks("[{}{} {}{}]", "ab", (1,), [(1, 0), (0, 1)])
    ['[a1 b1]']
    """
    found = []
    for i, j, (x, y) in product(range(len(first)), range(len(second)), steps):
        if 0 <= i + x < len(first) and 0 <= j + y < len(second):
            found.append(pattern.format(first[i], second[j], first[i + x], second[j + y]))
    return found


def far(steps: list[Step], most: int) -> list[Step]:
    """Steps of 1 to `most` squares.

    >>> far([(1, 0)], 3)
    [(1, 0), (2, 0), (3, 0)]
    """
    return [(k * x, k * y) for x, y in steps for k in range(1, most + 1)]


def fixed(*lines: str) -> Moves:
    """The same lines at all times."""
    return lambda game: list(lines)


def talk_or(phase: str, moves: Moves) -> Moves:
    """Moves in one phase of a game, a greeting in its others."""
    return lambda game: moves(game) if game.state.game_state["phase"] == phase else [_HELLO]


def _breakthrough(game: Any) -> list[str]:
    size = game.board_size
    return walks("[{}{}{}{}]", ascii_lowercase[:size], range(1, size + 1), _KING)


def _colonel_blotto(game: Any) -> list[str]:
    """Units thrown into the fields one by one."""
    names = game.field_names
    drawn = [random.choice(names) for _ in range(game.num_total_units)]
    return [f"[{' '.join(f'{name}{drawn.count(name)}' for name in names)}]"]


def _battleship(game: Any) -> list[str]:
    return each("[{}{}]", ascii_lowercase[: game.grid_size], range(game.grid_size))


def _auction(game: Any) -> list[str]:
    return each("[Bid on Item {}: {}]", range(game.num_items), (50, 100, 200))


def _catan(game: Any) -> list[str]:
    """Any of the listed actions but the last but one, which begins a negotiation."""
    actions = len(game.game_moves)
    return each("[{}]", [k for k in range(1, actions + 1) if k != actions - 1])


def _santorini(game: Any) -> list[str]:
    return re.findall(r"\[\w+\]", game._get_valid_moves(game.state.current_player_id))


def _stratego(game: Any) -> list[str]:
    """Steps of pieces: the game fails on those of a lake."""
    lines = walks("[{}{} {}{}]", "ABCDEFGHIJ", range(10), _ROOK)
    lakes = {"ABCDEFGHIJ"[row] + str(column) for row, column in game.lakes}
    return [line for line in lines if line[1:3] not in lakes]


def _truth(game: Any) -> list[str]:
    last = game.state.turn == game.state.max_turns - 1
    return ["[Fact 1]", "[Fact 2]"] if last else [_HELLO]


_PROPOSALS = ("A A A A A A A A", "B B B B B B B B", "C C C C C C C C", "E E E E E E E E")
_GOODS = ("Wheat", "Wood", "Sheep", "Brick", "Ore")
_CARDS = each("{}{}", "A23456789JQK", "\u2660\u2665\u2666\u2663")
_ACTS = ("play", "discard")
_BETS = fixed("[check]", "[call]", "[bet 20]", "[raise 20]", "[fold]")
_RANKS = ("A", *range(2, 11), "J", "Q", "K")
_WAYS = fixed("[up]", "[down]", "[left]", "[right]")

MOVES: dict[str, Moves] = {
    "Alquerque": lambda _: walks("[{}{} {}{}]", "abcde", range(1, 6), far(_KING, 2)),
    "Battleship": _battleship,
    "Breakthrough": _breakthrough,
    "Briscola": lambda _: each("[play {}]", range(1, 4)),
    "Chopsticks": lambda _: (
        each("[attack {} {}]", (0, 1), (0, 1)) + each("[split {} {}]", range(5), range(5))
    ),
    "ColonelBlotto": _colonel_blotto,
    "ConnectFour": lambda _: each("[col {}]", range(7)),
    "Crusade": lambda _: walks("[{}{} {}{}]", "abcdefgh", range(1, 9), _KNIGHT),
    "GameOfPureStrategy": lambda _: each("[{}]", _RANKS),
    "GermanWhist": lambda _: each("[play {}]", range(1, 14)),
    "Golf": lambda game: [
        *("[draw]", "[take]", "[discard]"),
        *each("[swap {} {}]", range(1, 3), range(1, game.num_columns + 1)),
    ],
    "HighSociety": lambda _: each("[{}]", range(1, 12)),
    "IndianPoker": _BETS,
    "IteratedMatchingPennies": fixed("[heads]", "[tails]"),
    "IteratedPrisonersDilemma": fixed("[Cooperate]", "[Defect]"),
    "IteratedRockPaperScissors": fixed("[rock]", "[paper]", "[scissors]"),
    "IteratedTwoThirdsAverage": lambda _: each("[{}]", range(101)),
    "IteratedUltimatumGame": lambda _: [*each("[Offer: ${}]", range(51)), "[Accept]", "[Reject]"],
    "KuhnPoker": fixed("[Check]", "[Bet]", "[Fold]", "[Call]"),
    "LiarsDice": lambda _: ["[call]", *each("[bid: {}, {}]", range(1, 11), range(1, 7))],
    "LinesOfAction": lambda _: walks("[{}{}{}{}]", "abcdefgh", range(1, 9), far(_KING, 7)),
    "MarketEntryGame": talk_or("decision", fixed("[E]", "[S]")),
    "MemoryGame": lambda _: each("[{} {} {} {}]", *[range(6)] * 4),
    "NewRecruit": fixed("[Accept]", "[Reject]", *(f"[Propose] {p}" for p in _PROPOSALS)),
    "Nim": lambda _: each("[{} {}]", range(5), range(1, 9)),
    "Othello": lambda _: each("[{}, {}]", range(8), range(8)),
    "PigDice": fixed("[roll]", "[hold]"),
    "Poker": _BETS,
    "PublicGoodsGame": talk_or("decision", lambda _: each("[{}]", range(21))),
    "Santorini": _santorini,
    "SecretMafia": lambda game: [*each("[{}]", range(game.state.num_players)), _HELLO],
    "SettlersOfCatan": _catan,
    "SimpleBlindAuction": talk_or("bidding", _auction),
    "SimpleNegotiation": lambda _: [
        *("[Accept]", "[Deny]"),
        *each("[Offer: 1 {} -> 1 {}]", _GOODS, _GOODS),
    ],
    "SimpleTak": lambda _: each("[{}]", range(64)),
    "Snake": _WAYS,
    "SpiteAndMalice": lambda _: ["[draw]", *each("[{} {} {}]", _ACTS, _CARDS, range(4))],
    "Stratego": _stratego,
    "Surround": _WAYS,
    "ThreePlayerGOPS": lambda _: each("[{}]", _RANKS),
    "ThreePlayerIPD": lambda _: each("[0 {}] [1 {}] [2 {}]", *[("cooperate", "defect")] * 3),
    "ThreePlayerTicTacToe": lambda _: each("[{}]", range(25)),
    "TicTacToe": lambda _: each("[{}]", range(9)),
    "TruthAndDeception": _truth,
    "TwoDollar": lambda _: ["[Accept]", "[Reject]", *each("[Propose] ${}.00", range(3))],
    "UltimateTicTacToe": lambda _: each("[{} {}]", range(9), range(9)),
    "WildTicTacToe": lambda _: each("[{} {}]", "XO", range(9)),
}
