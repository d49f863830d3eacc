"""A household game, run by Fast Downward's own state machine from a PDDL problem.

Only the alfworld package's grammar is used, never one from a game file: TextWorld evaluates the
expressions in a grammar as Python.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from rewardsmith.errors import require

from .package import domain, grammar

Fact = tuple[str, ...]


class Engine:
    """One problem and its current state.

    Args:
        problem: a problem of ALFRED's domain.
        library: Fast Downward, from `borrow_library`; it holds one state, so that every engine
            that lives needs its own.

    `facts` are (predicate, argument, ...) in lower case; `names` says what the player reads for
    an argument, such as `apple 1`; `commands` maps what can be typed now to an operator.
    """

    def __init__(self, problem: str, library: Any) -> None:
        downward = require("fast_downward", extra="household")
        self._library = library
        with _kept_arguments():
            task, sas = downward.pddl2sas(domain(), problem)
        library.load_sas(sas.encode())
        self._types = {thing.name: thing.type_name for thing in task.objects}
        self._parameters = {a.name: [p.name.strip("?") for p in a.parameters] for a in task.actions}
        self.names = player_names(list(self._types))
        self._infos = _told_of(self._types, self.names)
        self.facts: set[Fact] = {
            (atom.predicate, *atom.args)
            for atom in task.init
            if hasattr(atom, "predicate") and atom.predicate != "="
        }
        self.facts |= {fact for true, fact in self._atoms() if true}
        self._scene = _scene(self.facts, self._types)
        self.commands = self._list_commands()

    @property
    def done(self) -> bool:
        """Whether the goal is reached."""
        return bool(self._library.check_goal())

    def look(self) -> str:
        """What the player sees."""
        return self._told("#look.feedback#", {})

    def play(self, command: str) -> str:
        """Carry out one of `commands` and give what the player reads."""
        number, (action, *arguments) = self.commands[command]
        downward = require("fast_downward", extra="household")
        count = self._effects[number]
        effects = (downward.Atom * count)()
        self._library.apply_operator(number, effects)
        for true, fact in map(_parsed, effects):
            (self.facts.add if true else self.facts.discard)(fact)
            said = _proposition(fact, self._types)
            now, before = (said, said.negate()) if true else (said.negate(), said)
            self._scene.remove_fact(before)
            self._scene.add_fact(now)
        text = self._told(
            _logic().actions[action].feedback_rule,
            dict(zip(self._parameters[action], arguments, strict=False)),
        )
        self.commands = self._list_commands()
        return text

    def _atoms(self) -> Iterator[tuple[bool, Fact]]:
        downward = require("fast_downward", extra="household")
        atoms = (downward.Atom * self._library.get_state_size())()
        self._library.get_state(atoms)
        return map(_parsed, atoms)

    def _list_commands(self) -> dict[str, tuple[int, list[str]]]:
        downward = require("fast_downward", extra="household")
        operators = (downward.Operator * self._library.get_applicable_operators_count())()
        self._library.get_applicable_operators(operators)
        self._effects = {o.id: o.nb_effect_atoms for o in operators}
        found = {self._command(o.name.split()): (o.id, o.name.split()) for o in operators}
        return dict(sorted(found.items()))

    def _command(self, operator: list[str]) -> str:
        action, *arguments = operator
        # The grammar's own lists every receptacle of the spot; ALFWorld's planner names the one.
        going = action == "gotolocation"
        template = "go to {r}" if going else _logic().actions[action].template
        names = map(self.names.__getitem__, arguments)
        values = dict(zip(self._parameters[action], names, strict=False))
        return str(template.format(**values))

    def _told(self, rule: str, arguments: dict[str, str]) -> str:
        logic = require("textworld.logic", extra="household")
        variables = {k: self._infos[v] for k, v in arguments.items()}
        mapping = {
            logic.Placeholder(k, self._types[v]): logic.Variable(v, self._types[v])
            for k, v in arguments.items()
        }
        context = {
            "state": self._scene,
            "facts": list(self._scene.facts),
            "variables": variables,
            "mapping": mapping,
            "entity_infos": self._infos,
        }
        return str(_logic().grammar.derive(rule, context))


#: libraries that no engine uses: to unload one makes the interpreter crash when it exits
_IDLE: list[Any] = []


def borrow_library() -> Any:
    """A copy of Fast Downward's library with a state of its own, until it is given back."""
    return _IDLE.pop() if _IDLE else require("fast_downward", extra="household").load_lib()


def give_back(library: Any) -> None:
    """Let another engine use a library that was borrowed."""
    _IDLE.append(library)


def player_names(things: list[str]) -> dict[str, str]:
    """What the player reads for each thing: its kind and a number, counted as ALFWorld counts.

    >>> player_names(["sink_bar_01_bar_sinkbasin", "mug_bar_01", "mug_bar_02"])["mug_bar_01"]
    'mug 2'
    """
    kinds = {}
    for thing in sorted(things):
        kind, bar, _ = thing.partition("_bar_")
        kinds[thing] = (kind + ("basin" if bar and "basin" in thing else ""), bool(bar))
    left = Counter(kind for kind, numbered in kinds.values() if numbered)
    names = {}
    for thing, (kind, numbered) in kinds.items():
        names[thing] = f"{kind} {left[kind]}" if numbered else kind
        left[kind] -= 1
    return names


@cache
def _logic() -> Any:
    module = require("textworld.envs.pddl.logic", extra="household")
    return module.GameLogic(domain(), grammar())


def _told_of(types: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    """What the grammar may say of each thing."""
    game = require("textworld.generator.game", extra="household")
    infos = {thing: game.EntityInfo(thing, kind) for thing, kind in types.items()}
    for thing, info in infos.items():
        info.name, info.indefinite = names[thing], "a"
    return infos


def _parsed(atom: Any) -> tuple[bool, Fact]:
    """`Atom inreceptacle(mug_bar_01, shelf_bar_01)` or `NegatedAtom ...` as a fact."""
    sign, _, rest = atom.name.partition(" ")
    predicate, _, inner = rest.rstrip(")").partition("(")
    arguments = [a for a in inner.split(", ") if a]
    return sign == "Atom", (predicate, *arguments)


def _proposition(fact: Fact, types: dict[str, str]) -> Any:
    logic = require("textworld.logic", extra="household")
    return logic.Proposition(fact[0], [logic.Variable(a, types[a]) for a in fact[1:]])


def _scene(facts: set[Fact], types: dict[str, str]) -> Any:
    """TextWorld's state, which the grammar asks what to tell, in an order that is always the same:
    its sets have another in every process."""
    logic = require("textworld.logic", extra="household")

    class Scene(logic.State):  # type: ignore[misc, name-defined]  # its base is known at run time
        def __init__(self) -> None:
            super().__init__(logic.GameLogic())
            for kind in sorted(set(types.values())):
                self._logic.types.add(logic.Type(kind, []))

        def all_assignments(self, *args: Any, **kwargs: Any) -> list[Any]:
            found = super().all_assignments(*args, **kwargs)
            return sorted(found, key=lambda m: sorted((p.name, v.name) for p, v in m.items()))

    scene = Scene()
    scene.add_facts([_proposition(fact, types) for fact in sorted(facts)])
    return scene


@contextmanager
def _kept_arguments() -> Iterator[None]:
    """Fast Downward's translator writes into sys.argv, which is not ours to change."""
    kept = sys.argv
    try:
        yield
    finally:
        sys.argv = kept
