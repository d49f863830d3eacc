"""Programs and formulas at random, mostly of the language and, if asked, with what is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: `pick(n)` gives a number in 0 .. n - 1; from a random generator, or from hypothesis
Pick = Callable[[int], int]

NUMBERS = ("0", "1", "2", "0.5", "-1", "0.25", "3.0")
FEATURES = ("a", "b", "c", "d")
ONE = ("abs", "np.exp", "np.tanh", "np.sin", "np.cos", "np.sign", "np.abs", "np.square")
TWO = ("min", "max", "np.minimum", "np.maximum", "np.hypot", "np.add", "np.multiply")
#: where harm would come in, by what is known to have broken other sandboxes
HOSTILE = (
    *("().__class__.__bases__[0].__subclasses__()", "f.__class__", "f.a.__reduce__()"),
    *("'{0.__class__}'.format(f)", "f'{f!r:>{obs}}'", "(x for x in obs).gi_frame", "type(f)"),
    *(
        "__import__('os').system('true')",
        "getattr(f, 'a')",
        "np.lib",
        "np.load('x')",
        "np.fromfile",
    ),
    *("9**9**9", "'a'*10**9", "1e400", "10**10**10", "range(10**9)", "1 << 10**9", "-8**0.5"),
    *("lambda: f", "[x for x in obs]", "{**f}", "(yield)", "await f", "(z := f)", "*obs", "..."),
    *("obs[0:1]", "obs[f]", "obs[-2147483649]", "print(f)", "open('x')", "eval('1')", "reward(f)"),
    *("not " * 80 + "1", "-" * 120 + "1", "(" * 70 + "1" + ")" * 70, "x" * 5000, "1/0", "0/0"),
    *("\ufb01.a", "\u202e", "\ud800", "\0", "é", "0x" + "f" * 999, "1_0" * 40, "1j", "b'x'"),
)
HOSTILE_LINES = (
    *("import os", "from os import *", "class A: pass", "global f", "del f", "raise f", "f.a = 1"),
    *("while 1: pass", "try: pass\nexcept* E: pass", "with f: pass", "assert f", "return", "break"),
    *(
        "@f\ndef g(): pass",
        "async def g(): pass",
        "match f:\n case _: pass",
        "nonlocal f",
        "x: f = 1",
    ),
    *("def g(x): return g(x)", "x = x + x", "f = f", "np = 1", "x = (x, x)", "x, *y = 1, 2", "\\"),
    *("for i in range(256): x = (x, x)", "for i in obs: pass", "if f: return", "pass; pass", "'''"),
)


class Grammar:
    """One text at a time; equal picks give equal texts.

    Args:
        pick: where chance comes from.
        hostile: whether one part in 100 is no part of the language.
    """

    def __init__(self, pick: Pick, *, hostile: bool = False) -> None:
        self.pick, self.hostile = pick, hostile
        self.variables: list[str] = []
        self.helper = False

    def one_of(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[self.pick(len(options))]

    # --- programs ---

    def program(self) -> str:
        """Functions, as a file would hold them."""
        lines: list[str] = []
        if self.pick(3) == 0:
            lines += [f"SCALE = {self.one_of(NUMBERS)}"]
            self.variables.append("SCALE")
        common = list(self.variables)
        if self.pick(3) == 0:
            self.variables = [*common, "p", "q"]
            lines += ["def helper(p, q=0.5):", *self._indented(self.block(2)), *self._return(4)]
            self.helper = True
        self.variables = list(common)
        lines += ["def reward(f, next_f, action, obs, env_reward, t):"]
        lines += self._indented(self.block(2 + self.pick(4)))
        lines += self._result()
        if self.pick(4) == 0:
            self.variables = list(common)
            lines += ["def potential(f):", f"    return {self._state()}"]
        return "\n".join(lines) + "\n"

    def block(self, size: int, depth: int = 2) -> list[str]:
        """A few statements."""
        return [line for _ in range(size) for line in self.statement(depth)]

    def statement(self, depth: int) -> list[str]:
        """One statement, over one or more lines."""
        if self.hostile and self.pick(100) == 0:
            return self.one_of(HOSTILE_LINES).split("\n")
        kind = self.pick(10)
        if kind < 4 or not depth:
            value = self.expression(3)
            return [f"{self._target()} = {value}"]
        if kind < 6 and self._own():
            name = self.one_of(self._own())
            return [f"{name} {self.one_of(('+', '-', '*'))}= {self.expression(2)}"]
        if kind < 8:
            return self._if(depth)
        if kind == 8:
            return self._for(depth)
        value = f"({self.expression(1)}, {self.expression(1)})"
        return [f"pair = {value}", f"{self._target()} = pair[{self.pick(2)}]"]

    def _own(self) -> list[str]:
        """The variables of the function at hand; a constant cannot be assigned in one."""
        return [name for name in self.variables if name != "SCALE"]

    def _target(self) -> str:
        name = f"v{self.pick(4)}"
        if name not in self.variables:
            self.variables.append(name)
        return f"{name}"

    def _if(self, depth: int) -> list[str]:
        known = list(self.variables)
        head = f"if {self.condition(2)}:"
        # One variable is set on every way; what else a branch sets is forgotten after it.
        name = f"v{self.pick(4)}"
        then = [*self.block(1, depth - 1), f"{name} = {self.expression(2)}"]
        self.variables = list(known)
        other = [*self.block(1, depth - 1), f"{name} = {self.expression(2)}"]
        self.variables = [*known, *([] if name in known else [name])]
        return [head, *self._indented(then), "else:", *self._indented(other)]

    def _for(self, depth: int) -> list[str]:
        if not self._own():
            value = self.expression(1)
            return [f"{self._target()} = {value}"]
        heads = (
            "i in range(2)",
            "i in (0.5, 2)",
            "i, w in enumerate((1, 2))",
            "i in range(3, 0, -1)",
        )
        known, name = list(self.variables), self.one_of(self._own())
        body = [*self.block(1, depth - 1), f"{name} += {self.expression(1)} * i"]
        self.variables = known
        return [f"for {self.one_of(heads)}:", *self._indented(body)]

    def _return(self, indent: int) -> list[str]:
        return [" " * indent + f"return {self.expression(2)}"]

    def _result(self) -> list[str]:
        if self.pick(4) == 0:
            return [
                f"    if {self.condition(1)}:",
                *self._return(8),
                *self._return(4),
            ]
        names = self.variables[:3]
        if not names or self.pick(2):
            return self._return(4)
        total = " + ".join(f"{self.one_of(NUMBERS)} * {name}" for name in names)
        parts = ", ".join(f'"{name}": {name}' for name in names)
        return [f"    return {total} + {self.expression(1)}, {{{parts}}}"]

    def _indented(self, lines: list[str]) -> list[str]:
        return [f"    {line}" for line in lines]

    def _state(self) -> str:
        return f"{self.one_of(NUMBERS)} * f.{self.one_of(FEATURES)}"

    # --- expressions ---

    def expression(self, depth: int) -> str:
        """A number."""
        if self.hostile and self.pick(100) == 0:
            return self.one_of(HOSTILE)
        kind = self.pick(9) if depth else self.pick(3)
        if kind < 3:
            return self._leaf()
        if kind < 6:
            sides = self.expression(depth - 1), self.expression(depth - 1)
            return f"({sides[0]} {self.one_of(('+', '-', '*'))} {sides[1]})"
        if kind == 6:
            return f"{self.one_of(ONE)}(np.tanh({self.expression(depth - 1)}))"
        if kind == 7:
            if self.helper and self.pick(2):
                return f"helper({self.expression(depth - 1)}, q={self.expression(0)})"
            return f"{self.one_of(TWO)}({self.expression(depth - 1)}, {self.expression(depth - 1)})"
        sides = self.expression(depth - 1), self.expression(depth - 1)
        return f"({sides[0]} if {self.condition(depth - 1)} else {sides[1]})"

    def condition(self, depth: int) -> str:
        """A truth value."""
        if depth and self.pick(3) == 0:
            word = self.one_of(("and", "or"))
            return f"({self.condition(depth - 1)} {word} not {self.condition(depth - 1)})"
        sign = self.one_of(("<", "<=", ">", ">=", "!="))
        return f"({self.expression(min(depth, 1))} {sign} {self.expression(0)})"

    def _leaf(self) -> str:
        if self.variables and self.pick(2):
            return self.one_of(self.variables)
        kind = self.pick(4)
        if kind == 0:
            return self.one_of(NUMBERS)
        if "p" in self.variables:  # a helper sees only what it is given
            return self.one_of(("p", "q"))
        if kind == 1:
            return f"next_f.{self.one_of(FEATURES)}"
        return f"f.{self.one_of(FEATURES)}"

    # --- formulas and noise ---

    def formula(self) -> str:
        """Terms and expressions, as a formula has them."""
        parts = [self._addend() for _ in range(1 + self.pick(4))]
        return " + ".join(parts)

    def _addend(self) -> str:
        text = self.expression(3).replace("np.", "").replace("next_f.", "").replace("f.", "")
        shapes = (
            "{}",
            "0.5*{}",
            "potential({})",
            "tolerance({}, margin=1)",
            "when({}, env)",
            "env",
        )
        return self.one_of(shapes).format(text) if "{" not in text else text
