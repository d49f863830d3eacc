"""Running the statements of a program: what stands in each variable, and what is returned."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from rewardsmith.language.nodes import Const, Expr
from rewardsmith.language.program.calls import Calls
from rewardsmith.language.program.text import ProgramText
from rewardsmith.language.program.values import NOT_YET, Components, Items, Unset, Value, Variables

#: how often the body of one loop may be written out
MAX_TURNS = 256


@dataclass(frozen=True, slots=True)
class _Turn:
    """The start of one turn of a loop."""

    target: ast.expr
    value: Value


#: what is still to do, the next thing last
_Pending = list[ast.stmt | _Turn]


#: what a `for` may run over besides tuples
LOOPED = ("range", "enumerate", "zip")


class Statements(Calls):
    """Functions -> what they return."""

    def __init__(self, text: ProgramText) -> None:
        super().__init__(text)
        self._returning: dict[int, bool] = {}
        self._locals: dict[int, frozenset[str]] = {}
        #: the expression that was returned last, for the place of errors
        self.returned: ast.AST | None = None

    def run_function(self, node: ast.FunctionDef, scope: Variables) -> Value:
        """What a function of the program returns with these variables."""
        self._running.append(node.name)
        with self.nested(node):
            own: Variables = dict.fromkeys(self._assigned(node), NOT_YET)
            value = self._run(list(reversed(node.body)), own | scope)
        self._running.pop()
        if value is None:
            self.fail(f"{node.name!r} returns nothing. It ends in `return value`.", node)
        if isinstance(value, Unset) or (
            isinstance(value, Items) and any(isinstance(item, Unset) for item in value.items)
        ):
            rule = "Every `return` of a function gives the same: a number, or a number and the"
            self.fail(f"{rule} same components, or a tuple of one length.", self.returned or node)
        return value

    def _assigned(self, node: ast.FunctionDef) -> frozenset[str]:
        """The function's own variables: as in Python, they hide constants of their names."""
        if id(node) not in self._locals:
            inner = (n for n in ast.walk(node) if isinstance(n, ast.Name))
            self._locals[id(node)] = frozenset(n.id for n in inner if isinstance(n.ctx, ast.Store))
        return self._locals[id(node)]

    def _run(self, pending: _Pending, scope: Variables) -> Value | None:
        """Run until a `return`; None if there is none. `scope` holds what was assigned."""
        while pending:
            item = pending.pop()
            if isinstance(item, _Turn):
                self.assign(item.target, item.value, scope)
                continue
            self.table.spend(item)
            match item:
                case ast.Return():
                    if item.value is None:
                        self.fail("`return` needs a value, such as `return 0.0`.", item)
                    value = self.value(item.value, scope)
                    self.returned = item.value  # after the returns of what it calls
                    return value
                case ast.If():
                    condition = self.truth(item.test, scope)
                    if isinstance(condition, Const):
                        pending += reversed(item.body if condition.value else item.orelse)
                    elif self._returns(item):
                        return self._fork(item, condition, pending, scope)
                    else:
                        self._if(item, condition, scope)
                case ast.For():
                    pending += reversed(self._turns(item, scope))
                case _:
                    self.simple(item, scope)
        return None

    def simple(self, node: ast.stmt, scope: Variables) -> None:
        """A statement without others inside."""
        match node:
            case ast.Assign():
                value = self.value(node.value, scope)
                for target in node.targets:
                    self.assign(target, value, scope)
            case ast.AnnAssign():
                if node.value is not None:
                    self.assign(node.target, self.value(node.value, scope), scope)
            case ast.AugAssign():
                self._augment(node, scope)
            case ast.Pass():
                pass
            case ast.Expr(value=ast.Constant(value=str())):
                pass  # a docstring
            case ast.Expr():
                self.value(node.value, scope)  # a wrong call has its own error
                self.fail("This line does nothing. Assign its value or delete it.", node)
            case _:
                self.fail("Helper functions stand at the top level, beside `reward`.", node)

    # --- assignments ---

    def assign(self, target: ast.expr, value: Value, scope: Variables) -> None:
        """Give `target` (a name, a tuple of them, or a component) its value."""
        self.table.spend(target)
        match target:
            case ast.Name(id=name):
                if name == "np":
                    self.fail("`np` keeps its meaning. Choose another name.", target)
                if isinstance(value, Unset):
                    self.fail(value.why, target)
                scope[name] = value
            case ast.Tuple() | ast.List():
                self._unpack(target, value, scope)
            case ast.Subscript():
                self._assign_component(target, value, scope)
            case _:
                self.fail("Only variables are assigned. Features cannot be changed.", target)

    def _unpack(self, target: ast.Tuple | ast.List, value: Value, scope: Variables) -> None:
        if not isinstance(value, Items):
            rule = "Only a tuple can be taken apart."
            self.fail(f"{rule} Write x = obs[0] and y = obs[1], one by one.", target)
        if len(value.items) != len(target.elts):
            rule = f"{len(target.elts)} names need as many values."
            self.fail(f"{rule} Received {len(value.items)}.", target)
        for inner, item in zip(target.elts, value.items, strict=True):
            self.assign(inner, item, scope)

    def _assign_component(self, target: ast.Subscript, value: Value, scope: Variables) -> None:
        name = target.value.id if isinstance(target.value, ast.Name) else ""
        found = scope.get(name)
        if not isinstance(found, Components):
            self.fail("Only variables are assigned, not elements of them.", target)
        key = self.component_name(target.slice)
        joined = {**found.items, key: self.as_number(value, target)}
        scope[name] = self.components(joined, target)

    def _augment(self, node: ast.AugAssign, scope: Variables) -> None:
        if not isinstance(node.target, ast.Name):
            self.fail("Only variables are assigned. Features cannot be changed.", node.target)
        place = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        left, right = self.number(place, scope), self.number(node.value, scope)
        self.assign(node.target, self.binary(node.op, left, right, node), scope)

    # --- branches ---

    def _returns(self, node: ast.If) -> bool:
        """Whether a `return` stands in it."""
        if id(node) not in self._returning:
            found = any(isinstance(inner, ast.Return) for inner in ast.walk(node))
            self._returning[id(node)] = found
        return self._returning[id(node)]

    def _if(self, node: ast.If, condition: Expr, scope: Variables) -> None:
        """Both branches, then each variable by the condition."""
        with self.nested(node):
            one, two = dict(scope), dict(scope)
            self._run(list(reversed(node.body)), one)
            self._run(list(reversed(node.orelse)), two)
            chosen = self.choose.variables(condition, one, two, self.span(node.test))
        scope.clear()
        scope.update(chosen)

    def _fork(self, node: ast.If, condition: Expr, pending: _Pending, scope: Variables) -> Value:
        """Each branch with all that follows it, then what they return by the condition."""
        with self.nested(node):
            one = self._run([*pending, *reversed(node.body)], dict(scope))
            two = self._run([*pending, *reversed(node.orelse)], dict(scope))
            if one is None or two is None:
                way = "true" if one is None else "false"
                rule = "Every way through a function ends in `return`, and if this is"
                self.fail(f"{rule} {way}, none is reached. Add one at the end.", node.test)
            return self.choose.value(condition, one, two, self.span(node.test), "this")

    # --- loops ---

    def _turns(self, node: ast.For, scope: Variables) -> _Pending:
        """The loop written out, in order."""
        turns: _Pending = []
        for value in self._sequence(node.iter, scope):
            turns.append(_Turn(node.target, value))
            turns += node.body
        return turns

    def _sequence(self, node: ast.expr, scope: Variables) -> tuple[Value, ...]:
        """What a loop runs over."""
        name = (
            node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        )
        if isinstance(node, ast.Call) and name in LOOPED:
            if name in scope or name in self.constants:
                self.fail(f"`{name}` is a value here and cannot be called.", node)
            if node.keywords:
                self.fail(f"{name} takes no options here.", node.keywords[0])
            values = (
                self._range(node, scope) if name == "range" else self._paired(node, name, scope)
            )
        else:
            found = self.value(node, scope)
            if not isinstance(found, Items):
                rule = "A loop runs over a literal range or a tuple."
                self.fail(f"{rule} Write `for i in range(3):` and take x[i].", node)
            values = found.items
        if len(values) > MAX_TURNS:
            self.fail(f"A loop takes at most {MAX_TURNS} turns. Received {len(values)}.", node)
        return values

    def _range(self, node: ast.Call, scope: Variables) -> tuple[Value, ...]:
        if not 1 <= len(node.args) <= 3:
            self.fail("Write range(stop), range(start, stop) or range(start, stop, step).", node)
        bounds = [self.whole(self.number(arg, scope), arg) for arg in node.args]
        if len(bounds) == 3 and bounds[2] == 0:
            self.fail("The step of a range is not 0.", node.args[2])
        turns = range(*bounds)
        if len(turns) > MAX_TURNS:
            self.fail(f"A loop takes at most {MAX_TURNS} turns. Received {len(turns)}.", node)
        return tuple(self.table.const(i, self.span(node)) for i in turns)

    def _paired(self, node: ast.Call, name: str, scope: Variables) -> tuple[Value, ...]:
        if not node.args or (name == "enumerate" and len(node.args) > 2):
            self.fail(f"Write {name}(tuple).", node)
        if name == "zip":
            columns = [self._sequence(arg, scope) for arg in node.args]
            return tuple(self.items(row, node) for row in zip(*columns, strict=False))
        start = self.whole(self.number(node.args[1], scope), node) if len(node.args) > 1 else 0
        rows = enumerate(self._sequence(node.args[0], scope), start)
        return tuple(self.items((self.table.const(i, self.span(node)), v), node) for i, v in rows)


def as_result(value: Value) -> tuple[Expr, Components] | None:
    """Total and components of what `reward` returned, None if it is neither."""
    match value:
        case Expr():
            return value, Components({})
        case Items(items=(Expr() as total, Components() as components)):
            return total, components
    return None
