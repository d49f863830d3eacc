"""Programs -> the tree of a formula."""

from __future__ import annotations

import ast
from typing import NoReturn

from rewardsmith.errors import LanguageError
from rewardsmith.language.format import format_reward
from rewardsmith.language.nodes import Expr, Sum, Term, Weighted
from rewardsmith.language.parser import parse_reward
from rewardsmith.language.program.calls import ENTRIES
from rewardsmith.language.program.check import check_tree
from rewardsmith.language.program.components import Splitter, is_env
from rewardsmith.language.program.expressions import PARAMETERS
from rewardsmith.language.program.statements import LOOPED, Statements, as_result
from rewardsmith.language.program.text import ProgramText
from rewardsmith.language.program.values import Features, Items, Value, Variables
from rewardsmith.language.source import MAX_CHARACTERS, MAX_NODES

_OF_A_STATE = ("f", "obs", "t")
#: the terms that a program becomes
_TERMS = ("env", "potential", "value", "tolerance")


def parse_program(text: str, source_name: str = "") -> Sum:
    """Parse functions of a Python subset into a reward; nothing of them is ever executed.

    `def reward(f, action, next_f)` returns the total, or the total and named components
    `{"name": value}`; `def potential(f)` returns Phi(s), of which gamma * Phi(s') - Phi(s) is
    added. Loops and calls are written out and an `if` becomes `where`, so that the tree is that
    of a formula: `parse_reward(format_reward(parse_program(text)))` gives it back.

    Args:
        text: one or both of these functions, with helper functions and constants beside them.
        source_name: put before every error message.

    Returns:
        One term for each component, of weight 0 if the total does not add it up; one for what
        else is in the total; `env` for the environment's own reward; and the potential.

    Raises:
        LanguageError: with line, column and a caret at the place, the reason, and what to
            write instead.

    >>> tree = parse_program('''
    ... def reward(f, next_f):
    ...     near = np.exp(-next_f.distance)
    ...     return 0.5 * near - 0.1, {"near": near}
    ... ''')
    >>> format_reward(tree)
    '0.5*value(exp(-next(distance)), name="near") - 0.1'
    """
    source = ProgramText(text, source_name)
    tree = source.parse()
    check_tree(source, tree)
    try:
        reward = _Program(source, tree).reward()
        _check_formula(source, reward)
    except RecursionError:
        source.fail("This program nests too deep for the stack that is left. Split it up.")
    return reward


def _check_formula(source: ProgramText, reward: Sum) -> None:
    """Hold the whole to the limits of a formula: it is stored, and read again, as one."""
    try:
        again = parse_reward(format_reward(reward), _TERMS)
    except LanguageError as error:
        rule = f"A program is kept as a formula, of at most {MAX_NODES} parts and "
        rule += f"{MAX_CHARACTERS} characters once loops and calls are written out."
        source.fail(f"{rule} That of this one does not read: {error.message}")
    if again != reward:
        source.fail("This program has no formula that reads back as itself. Please report it.")


class _Program(Statements):
    """One program: its constants, its helpers, and the functions that are asked for."""

    def __init__(self, text: ProgramText, tree: ast.Module) -> None:
        super().__init__(text)
        self.entries: dict[str, ast.FunctionDef] = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self._define(node)
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                self._constant_statement(node)

    def reward(self) -> Sum:
        """The terms of both functions."""
        terms: tuple[Weighted, ...] = ()
        if "reward" in self.entries:
            terms = self._rewards(self.entries["reward"])
        elif "potential" in self.entries:
            terms = (Weighted(Term("env")),)
        else:
            self._fail_missing()
        if "potential" in self.entries:
            terms += (self._potential(self.entries["potential"]),)
        return Sum(terms)

    # --- the top level ---

    def _define(self, node: ast.FunctionDef) -> None:
        if node.name in self.entries or node.name in self.helpers:
            self.fail(f"The function {node.name!r} is defined twice. Keep one.", node)
        if node.name == "np":
            self.fail("`np` keeps its meaning. Choose another name.", node)
        if node.name in LOOPED:
            rule = f"`{node.name}` keeps its meaning: a `for` runs over it."
            self.fail(f"{rule} Choose another name for the function.", node)
        parameters = [arg.arg for arg in node.args.args]
        if doubled := {name for name in parameters if parameters.count(name) > 1}:
            self.fail(f"Two parameters are named {doubled.pop()!r}.", node)
        if "np" in parameters:
            self.fail("`np` is there already. Take it out of the parameters.", node.args)
        (self.entries if node.name in ENTRIES else self.helpers)[node.name] = node

    def _constant_statement(self, node: ast.stmt) -> None:
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr | ast.Pass):
            self.fail("At the top level stand functions and constants only.", node)
        names: Variables = dict(self.constants)
        self.simple(node, names)
        self.constants = names

    def _fail_missing(self) -> NoReturn:
        rule = "A program defines `def reward(f, action, next_f):`, `def potential(f):` or both."
        helpers = list(self.helpers.values())
        if not helpers:
            self.text.fail(f"{rule} Received no function.")
        named = ", ".join(self.helpers)
        self.fail(f"{rule} Received {named}. Name the one that is paid `reward`.", helpers[-1])

    # --- the functions that are asked for ---

    def _rewards(self, node: ast.FunctionDef) -> tuple[Weighted, ...]:
        value = self.run_function(node, self._parameters(node, tuple(PARAMETERS)))
        place = self.returned or node
        if not isinstance(value, Items):
            value = self.as_number(value, place)
        result = as_result(value)
        if result is None:
            usage = "`return total` or `return total, {'name': component}`"
            self.fail(f"A reward ends in {usage}, with numbers for total and components.", place)
        total, components = result
        if "env" in components.items and not is_env(components.items["env"]):
            rule = "The component 'env' is the environment's own reward, env_reward."
            self.fail(f"{rule} Give this one another name.", place)
        return Splitter(self.table).terms(total, components.items)

    def _potential(self, node: ast.FunctionDef) -> Weighted:
        value = self.run_function(node, self._parameters(node, _OF_A_STATE))
        if not isinstance(value, Expr):
            place = self.returned or node
            self.fail("A potential returns one number, without components.", place)
        span = self.span(node)
        return Weighted(Term("potential", (value,), span=span), span=span)

    def _parameters(self, node: ast.FunctionDef, known: tuple[str, ...]) -> Variables:
        """What each parameter stands for, by its name."""
        if node.args.defaults:
            rule = f"The parameters of `{node.name}` have no defaults: they are always given."
            self.fail(f"{rule} Write a constant above it.", node.args.defaults[0])
        found: Variables = {}
        for arg in node.args.args:
            if arg.arg not in known:
                self._fail_parameter(node, arg, known)
            found[arg.arg] = self._parameter(arg)
        return found

    def _fail_parameter(
        self, node: ast.FunctionDef, arg: ast.arg, known: tuple[str, ...]
    ) -> NoReturn:
        listed = "; ".join(f"{name}: {PARAMETERS[name]}" for name in known)
        hint = f" Known, in any order: {listed}."
        if arg.arg in PARAMETERS:
            rule = "A potential is a function of one state"
            self.fail(f"{rule}, so `{arg.arg}` is none of its parameters.{hint}", arg)
        self.text.fail_unknown(f"parameter of `{node.name}`", arg.arg, known, arg, hint)

    def _parameter(self, arg: ast.arg) -> Value:
        span = self.span(arg)
        match arg.arg:
            case "f" | "next_f":
                return Features(ahead=arg.arg == "next_f")
            case "next_obs":
                return self.table.next(self.table.name("obs", span), span)
            case "env_reward":
                return self.table.name("reward", span)
        return self.table.name(arg.arg, span)
