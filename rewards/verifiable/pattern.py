"""Regular expressions that no text can make slow: a subset without backtracking.

Python's `re` can take time exponential in the text (`(a+)+$`), and what a language model writes
is hostile by accident or on purpose. Patterns are parsed here into a nondeterministic automaton
and run as a deterministic one whose states are made when they are first reached (Thompson 1968;
Cox 2007, "Regular expression matching can be simple and fast"): time is linear in the text, and
what would need backtracking (backreferences, look-around) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rewardsmith.errors import ConfigError

from .pattern_parser import Node, parse

#: most states of a pattern, after its repetitions are written out
STATES = 1000
#: deterministic states that are kept, past that they are made anew; characters kept of each
KEPT, CHARS = 1024, 256


@dataclass(slots=True)
class _Nfa:
    """Arrows: state -> where it goes for nothing, or for a character of a set."""

    free: list[list[int]] = field(default_factory=list)
    on: list[tuple[Node, int] | None] = field(default_factory=list)

    def new(self) -> int:
        self.free.append([])
        self.on.append(None)
        if len(self.free) > STATES:
            raise ConfigError(
                f"A pattern has at most {STATES} states, its repetitions written out. Shorten it, "
                "or repeat less: a{1,20} instead of a{1,2000}."
            )
        return len(self.free) - 1

    def add(self, node: Node, start: int) -> int:
        """Add what matches `node` after `start`; gives the state after it."""
        if node.kind == "set":
            end = self.new()
            middle = self.new()
            self.free[start].append(middle)
            self.on[middle] = (node, end)
            return end
        if node.kind == "seq":
            for part in node.parts:
                start = self.add(part, start)
            return start
        return self._either(node, start) if node.kind == "or" else self._repeat(node, start)

    def _either(self, node: Node, start: int) -> int:
        end = self.new()
        for part in node.parts:
            branch = self.new()
            self.free[start].append(branch)
            self.free[self.add(part, branch)].append(end)
        return end

    def _repeat(self, node: Node, start: int) -> int:
        part = node.parts[0]
        for _ in range(node.least):
            start = self.add(part, start)
        end = self.new()
        if node.most is None:
            loop = self.new()
            self.free[start] += [loop]
            self.free[loop] += [end]
            self.free[self.add(part, loop)] += [loop]
            return end
        for _ in range(node.most - node.least):
            self.free[start].append(end)
            start = self.add(part, start)
        self.free[start].append(end)
        return end


class Pattern:
    r"""A regular expression, run in time linear in the text.

    Understood are characters, `.`, sets `[a-z]` `[^<]`, `\d \w \s \D \W \S`, `\n \t`, escapes,
    groups `(...)` and `(?:...)`, `|`, and `* + ? {m} {m,} {m,n}`. `.` stands for any character,
    line ends included. There are no anchors: `matches` is about the whole text.

    Raises:
        ConfigError: a pattern that is too long, wrong, or needs backtracking.

    >>> Pattern(r"<think>.*</think>\s*\d+").matches("<think>hm</think> 42")
    True
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._nfa = _Nfa()
        start = self._nfa.new()
        self._end = self._nfa.add(parse(source), start)
        self._start = self._closed({start})
        self._steps: dict[frozenset[int], dict[str, frozenset[int]]] = {}

    def matches(self, text: str) -> bool:
        """Whether the pattern matches all of the text."""
        state = self._start
        for char in text:
            state = self._step(state, char)
            if not state:
                return False
        return self._end in state

    def _step(self, state: frozenset[int], char: str) -> frozenset[int]:
        known = self._steps.get(state)
        if known is None:
            if len(self._steps) >= KEPT:
                self._steps.clear()
            known = self._steps[state] = {}
        found = known.get(char)
        if found is None:
            found = self._closed(set(self._after(state, char)))
            if len(known) < CHARS:
                known[char] = found
        return found

    def _after(self, state: frozenset[int], char: str) -> Iterator[int]:
        for number in state:
            arrow = self._nfa.on[number]
            if arrow is not None and arrow[0].holds(char):
                yield arrow[1]

    def _closed(self, states: set[int]) -> frozenset[int]:
        """All states that can be reached for nothing; only those with an arrow, or the end."""
        todo, seen = list(states), set(states)
        while todo:
            for target in self._nfa.free[todo.pop()]:
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return frozenset(s for s in seen if s == self._end or self._nfa.on[s] is not None)
