"""Plain data and YAML -> trees; see `data.py` for the spelling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rewardsmith.errors import ConfigError, near_misses, unknown_name
from rewardsmith.language.data import RESERVED
from rewardsmith.language.format import format_reward
from rewardsmith.language.functions import SCHEDULES
from rewardsmith.language.labels import is_derived_label, label_problem
from rewardsmith.language.nodes import Const, Literal, Schedule, Sum, Term, Weighted
from rewardsmith.language.parser import known_terms, parse_argument, parse_reward
from rewardsmith.language.source import MAX_DEPTH
from rewardsmith.language.yaml_text import load_yaml

_SHOW = 80


def reward_from_yaml(text: str, terms: Iterable[str] | None = None, source_name: str = "") -> Sum:
    """Read a reward from YAML: a mapping with `terms:` or `formula:`.

    Raises:
        ConfigError: not YAML (with line and column), or not the spelling of a reward.
        LanguageError: a formula in it is wrong.
    """
    data = load_yaml(text, source_name)
    if data is None:
        prefix = f"In {source_name}: " if source_name else ""
        raise ConfigError(
            f"{prefix}A reward file is a mapping with `formula:` or `terms:`. Received an empty "
            "file. The smallest reward is `formula: env`."
        )
    if not isinstance(data, Mapping):
        raise _wrong(source_name, "A reward file is a mapping with `formula:` or `terms:`", data)
    return reward_from_data(data, terms, source_name)


def reward_from_data(
    data: Mapping[str, Any] | str, terms: Iterable[str] | None = None, source_name: str = ""
) -> Sum:
    """Read a reward from a formula, or a mapping with `formula:` or `terms:` (and `doc:`).

    Args:
        data: as given by `reward_to_data`, or written by hand.
        terms: names that are terms; those of `rewardsmith.registry` if None.
        source_name: put before every error message.

    >>> data = {"terms": {"key": {"value": "has_key", "weight": 0.5}}}
    >>> reward_from_data(data, terms=[]) == parse_reward("0.5*value(has_key, name='key')", [])
    True
    """
    known = known_terms(terms)
    if isinstance(data, str):
        return parse_reward(data, known, source_name)
    tree = _Reader(known).reward(data, source_name, top=True)
    # Reading its formula checks what the formula's own parser checks, and makes both
    # spellings of one reward the same tree.
    return parse_reward(format_reward(tree), known, source_name)


def _wrong(where: str, rule: str, received: Any) -> ConfigError:
    shown = repr(received)
    shown = shown if len(shown) <= _SHOW else shown[:_SHOW] + "..."
    prefix = f"In {where}: " if where else ""
    rule = rule if rule.endswith("?") else f"{rule}."
    return ConfigError(f"{prefix}{rule} Received {shown}.")


def _inside(where: str, key: str) -> str:
    return f"{where}, {key}" if where else key


class _Reader:
    """Reads nested data; `where` is the path of keys, for messages."""

    def __init__(self, terms: frozenset[str]) -> None:
        self.terms = terms
        self.depth = 0

    def reward(self, data: Any, where: str, *, top: bool = False) -> Sum:
        """A mapping with `terms:` or `formula:`."""
        data = self._mapping(data, where, "A reward is a formula, or a mapping with `terms:`")
        allowed = ("formula", "terms", "doc") if top else ("formula", "terms")
        for key in data:
            if key not in allowed:
                near = near_misses(key, allowed)
                raise _wrong(where, f"A reward has the keys {', '.join(allowed)}.{near}", key)
        if ("formula" in data) == ("terms" in data):
            rule = "A reward has either `formula:` or `terms:`"
            raise _wrong(where, rule, sorted(data))
        if "terms" in data:
            return self._terms(data["terms"], _inside(where, "terms"))
        if not isinstance(data["formula"], str):
            raise _wrong(where, "`formula:` is text", data["formula"])
        return parse_reward(data["formula"], self.terms, where)

    def _mapping(self, data: Any, where: str, rule: str) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise _wrong(where, rule, data)
        for key in data:
            if not isinstance(key, str):
                hint = "YAML reads on, off, yes and no as true and false: put them in quotes"
                raise _wrong(where, f"Keys are text. {hint}", key)
        return dict(data)

    def _terms(self, data: Any, where: str) -> Sum:
        data = self._mapping(data, where, "`terms:` is a mapping from names to terms")
        if not data:
            raise _wrong(where, "A reward has at least one term, such as `env: env`", data)
        items = [self._keyed(key, value, _inside(where, key)) for key, value in data.items()]
        return Sum(tuple(items))

    def _keyed(self, key: str, data: Any, where: str) -> Weighted:
        """One term under its name."""
        item = self.item(key if data is None else data, where)
        if problem := label_problem(_named(item.term, key)):
            raise ConfigError(f"In {where}: {problem}")
        if item.term.name is not None or is_derived_label(key, item.term):
            return item
        return Weighted(_named(item.term, key), item.weight, item.schedule)

    def item(self, data: Any, where: str) -> Weighted:
        """One term: text, or a mapping."""
        if isinstance(data, str):
            return self._one(parse_reward(data, self.terms, where), where)
        data = self._mapping(data, where, "A term is text or a mapping, as in {value: has_key}")
        term = self._term(data, where)
        schedule = self._schedule(data["schedule"], where) if "schedule" in data else None
        return Weighted(term, self._weight(data.get("weight", 1), where), schedule)

    def _one(self, tree: Sum, where: str) -> Weighted:
        if len(tree.items) != 1:
            rule = "One name stands for one term. Give each addend its own name"
            raise _wrong(where, rule, format_reward(tree))
        return tree.items[0]

    def _term(self, data: dict[str, Any], where: str) -> Term:
        kind, args = self._kind(data, where)
        name = data.get("name")
        if name is not None and not isinstance(name, str):
            raise _wrong(where, "The name of a term is text", name)
        options = {k: v for k, v in data.items() if k not in RESERVED and k != kind}
        extra = self._mapping(data.get("options", {}), where, "`options:` is a mapping")
        args = args if isinstance(args, list) else [args]
        return Term(
            kind,
            tuple(self.argument(arg, _inside(where, kind)) for arg in args),
            tuple(
                (k, self._literal(v, _inside(where, k))) for k, v in {**options, **extra}.items()
            ),
            name,
        )

    def _kind(self, data: dict[str, Any], where: str) -> tuple[str, Any]:
        if "term" in data:
            kind = data["term"]
            if not isinstance(kind, str) or kind not in self.terms:
                raise unknown_name("term", str(kind), self.terms)
            return kind, data.get("args", [])
        kinds = [key for key in data if key in self.terms]
        if len(kinds) == 1:
            return kinds[0], data[kinds[0]]
        if kinds:
            rule = "One key says the kind of term. Put an option of that name under `options:`"
            raise _wrong(where, rule, kinds)
        near = "".join(near_misses(key, self.terms) for key in data if key not in RESERVED)
        raise _wrong(where, f"No key says the kind of term.{near} Write {{value: x}}", list(data))

    def argument(self, data: Any, where: str) -> Any:
        """An expression, a number, a nested reward or term, or a list: a pair."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConfigError(f"A reward nests at most {MAX_DEPTH} levels deep. Split it up.")
        try:
            return self._argument(data, where)
        finally:
            self.depth -= 1

    def _argument(self, data: Any, where: str) -> Any:
        if isinstance(data, str):
            return parse_argument(data, self.terms, where)
        if isinstance(data, list):
            return tuple(self.argument(item, where) for item in data)
        if isinstance(data, Mapping):
            if "terms" in data or "formula" in data:
                return self.reward(data, where)
            return Sum((self.item(data, where),))
        if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
            hint = "YAML reads on, off, yes and no as true and false: put them in quotes"
            rule = f"An argument is an expression, a finite number, a term or a pair ({hint})"
            raise _wrong(where, rule, data)
        return Const(float(data))

    def _weight(self, data: Any, where: str) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
            raise _wrong(_inside(where, "weight"), "A weight is a finite number", data)
        return float(data) + 0.0

    def _schedule(self, data: Any, where: str) -> Schedule:
        """Text such as `linear(1, 0, steps=1e5)`, or `{kind: linear, args: [1, 0], steps: 1e5}`."""
        where = _inside(where, "schedule")
        if isinstance(data, str):
            item = self._one(parse_reward(data, self.terms, where), where)
            if item.schedule is None or item != Weighted(_one_value(), 1.0, item.schedule):
                raise _wrong(where, "A schedule is one of " + ", ".join(SCHEDULES), data)
            return item.schedule
        data = self._mapping(data, where, "A schedule is text or a mapping with `kind:`")
        kind, args = data.pop("kind", None), data.pop("args", [])
        if kind not in SCHEDULES:
            near = near_misses(str(kind), SCHEDULES)
            raise _wrong(where, f"`kind:` is one of {', '.join(SCHEDULES)}.{near}", kind)
        literals = self._literal(args if isinstance(args, list) else [args], where)
        assert isinstance(literals, tuple)
        options = tuple((k, self._literal(v, where)) for k, v in data.items())
        return Schedule(kind, literals, options)

    def _literal(self, data: Any, where: str) -> Literal:
        if isinstance(data, list | tuple):
            return tuple(self._literal(item, where) for item in data)
        if data is None or isinstance(data, bool | int | str):
            return data
        if isinstance(data, float) and not math.isnan(data):
            return data
        raise _wrong(where, "An option is a number, text, or a list of them", data)


def _named(term: Term, name: str) -> Term:
    return Term(term.term, term.args, term.options, name)


def _one_value() -> Term:
    return Term("value", (Const(1.0),))
