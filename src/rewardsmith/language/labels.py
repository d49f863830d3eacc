"""Names for the terms of a reward, given or derived."""

from __future__ import annotations

import re

from rewardsmith.language.nodes import Name, Sum, Term


def derived_label(term: Term) -> str:
    """What a term without a name is called: its kind, or the feature it pays.

    >>> derived_label(Term("potential")), derived_label(Term("value", (Name("has_key"),)))
    ('potential', 'has_key')
    """
    if term.term == "value" and len(term.args) == 1 and isinstance(term.args[0], Name):
        return term.args[0].name
    return term.term


def label_problem(term: Term) -> str | None:
    """Say what is wrong with the name that a term was given, or None.

    >>> label_problem(Term("value", (Name("x"),), name="env"))[:52]
    "The name 'env' belongs to the environment's own rewa"
    """
    name = term.name
    if name is None:
        return None
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        return f"The name of a term is a word, such as name='key'. Received {name!r}."
    if name == "env" and term.term != "env":
        return (
            "The name 'env' belongs to the environment's own reward, the term env. Received it "
            f"as the name of {term.term}(...); give that another name."
        )
    return None


def is_derived_label(label: str, term: Term) -> bool:
    """Whether `label` is what `labels` could call a nameless `term`."""
    return re.fullmatch(re.escape(derived_label(term)) + r"(_[2-9]|_[1-9]\d+)?", label) is not None


def labels(tree: Sum) -> tuple[str, ...]:
    """One distinct name for each term, in order; given names come first, others get `_2`.

    >>> from rewardsmith.language import parse_reward
    >>> labels(parse_reward("env + x + 2*x"))
    ('env', 'x', 'x_2')
    """
    taken = {item.term.name for item in tree.items if item.term.name is not None}
    given: set[str] = set()
    found = []
    for item in tree.items:
        base = item.term.name or derived_label(item.term)
        label, n = base, 2
        while label in given or (label in taken and label != item.term.name):
            label, n = f"{base}_{n}", n + 1
        given.add(label)
        found.append(label)
    return tuple(found)
