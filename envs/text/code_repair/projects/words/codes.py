"""Simple codes."""

from __future__ import annotations

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def shift(text: str, steps: int) -> str:
    """Caesar's code: each small letter moved on, everything else kept."""
    out = ""
    for letter in text:
        if letter in LETTERS:
            out += LETTERS[(LETTERS.index(letter) + steps) % 26]
        else:
            out += letter
    return out


def runs(text: str) -> list[list[object]]:
    """Runs of equal letters with their lengths: aab is [[a, 2], [b, 1]]."""
    found: list[list[object]] = []
    length = 0
    for place, letter in enumerate(text):
        length += 1
        if place + 1 == len(text) or text[place + 1] != letter:
            found.append([letter, length])
            length = 0
    return found


def roman(number: int) -> str:
    """A number from 1 to 3999 in Roman digits."""
    digits = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")]
    digits += [(50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    out = ""
    for worth, sign in digits:
        out += sign * (number // worth)
        number %= worth
    return out
