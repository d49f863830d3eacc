"""Texts in a formula: what terms over language read of a transition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gymnasium import spaces

from rewardsmith import language
from rewardsmith.errors import BindingError, ConfigError, near_misses
from rewardsmith.language.nodes import Expr, Name, Next
from rewardsmith.term import Binding
from rewardsmith.transition import Transition

from .expression import as_expression

TextReader = Callable[[Transition], list[str]]


def text_expression(value: Any, what: str) -> Expr:
    """A text that a formula names: a text feature, `obs`, `action`, or `next` of one.

    Raises:
        ConfigError: it is something else, such as arithmetic or a term.
    """
    tree = as_expression(value)
    named = tree.of if isinstance(tree, Next) else tree
    if isinstance(named, Name) and not (isinstance(tree, Next) and named.name == "action"):
        return tree
    raise ConfigError(
        f"{what} reads a text: a text feature, obs or action, or next(...) of a feature or obs. "
        f"Received `{language.format_expression(tree)}`."
    )


def text_features(*expressions: Expr) -> frozenset[str]:
    """Names of the features that the texts are."""
    return frozenset().union(*(language.names(e) for e in expressions))


def text_reader(expression: Expr, binding: Binding, who: str) -> TextReader:
    """What reads the text of each row: N strings.

    Args:
        expression: what `text_expression` gave.
        binding: the place.
        who: the term's formula, for errors.

    Raises:
        BindingError: the place has no text of that name.
    """
    after = isinstance(expression, Next)
    named = expression.of if isinstance(expression, Next) else expression
    assert isinstance(named, Name)
    name = named.name
    if name in binding.schema:
        return _of_feature(name, after, binding, who)
    if name == "action":
        _check_space(binding.action_space, "action", binding, who)
        return lambda tr: [str(a) for a in tr.action]
    if name == "obs":
        _check_space(binding.observation_space, "obs", binding, who)
        return lambda tr: [str(o) for o in (tr.next_obs if after else tr.obs)]
    texts = [n for n, f in binding.schema.items() if not f.numeric]
    raise BindingError(
        f"{who} reads a text of the environment. Received {name!r}."
        f"{near_misses(name, [*texts, 'action', 'obs'])} Texts here: "
        f"{', '.join([*texts, 'action', 'obs'])}."
    )


def _of_feature(name: str, after: bool, binding: Binding, who: str) -> TextReader:
    if binding.schema[name].numeric:
        raise BindingError(
            f"{who} reads texts. Received {name!r}, which is a number; name a text feature, obs "
            "or action."
        )
    if after:
        return lambda tr: [str(v) for v in tr.next_features[name]]
    return lambda tr: [str(v) for v in tr.features[name]]


def _check_space(space: Any, name: str, binding: Binding, who: str) -> None:
    if space is None or isinstance(space, spaces.Text):
        return
    raise BindingError(
        f"{who} reads texts. Received {name!r}, which in the place {binding.place!r} is "
        f"{space}, no text; use an environment of text with actions='text' and obs='text'."
    )
