"""Trees -> plain data and YAML: the spelling of a reward for files.

    terms:
      env: env
      doors:
        potential: 0.5*has_key + 0.5*door_open
        weight: 0.5
        schedule: linear(1, 0, steps=100000)
      reach:
        tolerance: distance_to_goal
        bounds: [0, 1]
        margin: 4

A term's key is its name. In its mapping one key is the kind of term, whose value is the
argument or the list of arguments; the other keys are `weight`, `schedule` and options.
`read.py` reads it back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import yaml

from rewardsmith.errors import LanguageError
from rewardsmith.language.format import format_expression, format_schedule
from rewardsmith.language.labels import is_derived_label, labels
from rewardsmith.language.nodes import Const, Expr, Literal, Sum, Term, Weighted
from rewardsmith.language.parser import known_terms
from rewardsmith.language.yaml_text import Dumper

#: keys of a term's mapping that are neither its kind nor an option
RESERVED = ("term", "args", "name", "weight", "schedule", "options")


def reward_to_data(tree: Sum, terms: Iterable[str] | None = None) -> dict[str, Any]:
    """The reward as nested dicts, lists, numbers and strings.

    Args:
        tree: the reward.
        terms: names that are terms; those of `rewardsmith.registry` if None.

    >>> from rewardsmith.language import parse_reward
    >>> reward_to_data(parse_reward("env + 0.5*has_key"), terms=[])
    {'terms': {'env': 'env', 'has_key': {'value': 'has_key', 'weight': 0.5}}}
    """
    return _Writer(known_terms(terms)).reward(tree)


def reward_to_yaml(tree: Sum, terms: Iterable[str] | None = None) -> str:
    """The reward as YAML, read back by `reward_from_yaml`."""
    data = reward_to_data(tree, terms)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10**6)


class _Writer:
    def __init__(self, terms: frozenset[str]) -> None:
        self.terms = terms

    def reward(self, tree: Sum) -> dict[str, Any]:
        items = zip(labels(tree), tree.items, strict=True)
        return {"terms": {label: self._item(item, label) for label, item in items}}

    def _item(self, item: Weighted, label: str | None) -> Any:
        """One term: a bare word if it is that short, else a mapping."""
        name = item.term.name
        if label is not None and label == name and not is_derived_label(label, item.term):
            name = None  # the key says it
        plain = not (item.term.args or item.term.options or name or item.schedule)
        if plain and item.weight == 1:
            return item.term.term if item.term.term == "env" else f"{item.term.term}()"
        found = self._term(item.term)
        if name is not None:
            found["name"] = name
        if item.weight != 1:
            found["weight"] = _number(item.weight)
        if item.schedule is not None:
            found["schedule"] = format_schedule(item.schedule)
        return found

    def _term(self, term: Term) -> dict[str, Any]:
        args = [self._argument(arg) for arg in term.args]
        if not args:
            found: dict[str, Any] = {"term": term.term}
        elif len(args) == 1 and not isinstance(args[0], list):
            found = {term.term: args[0]}
        else:
            found = {term.term: args}
        clashing: dict[str, Any] = {}
        for key, value in term.options:
            clashes = key in RESERVED or key in self.terms
            (clashing if clashes else found)[key] = _literal(value)
        return {**found, "options": clashing} if clashing else found

    def _argument(self, arg: Any) -> Any:
        if isinstance(arg, tuple):
            return [self._argument(item) for item in arg]
        if isinstance(arg, Sum):
            return self._item(arg.items[0], None) if len(arg.items) == 1 else self.reward(arg)
        if isinstance(arg, Const):
            return _number(arg.value)
        if isinstance(arg, Expr):
            return format_expression(arg)
        raise LanguageError(f"A term's argument is an expression or a reward. Received {arg!r}.")


def _number(value: float) -> float:
    """Whole numbers without `.0`."""
    if isinstance(value, bool | int) or not math.isfinite(value):
        return value
    return int(value) if value == int(value) and abs(value) < 1e16 else value


def _literal(value: Literal) -> Any:
    if isinstance(value, tuple):
        return [_literal(item) for item in value]
    return _number(value) if isinstance(value, int | float) else value
