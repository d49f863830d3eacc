"""How a term is called whose texts go by position, each in a role."""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from rewardsmith.term import RewardTerm
from rewardsmith.usage import parameters_of

T = TypeVar("T", bound=type[RewardTerm])


class _HasRoles(Protocol):
    roles: tuple[str, ...]


def says_roles(cls: T) -> T:
    """Class decorator, around `register_term`: names the roles and all options in `usage`."""
    roles = cast(_HasRoles, cls).roles
    options = [
        f"{p.name}={p.default!r}" for p in parameters_of(cls).values() if p.kind is p.KEYWORD_ONLY
    ]
    cls.usage = f"{cls.term_name}({', '.join([*roles, *options])})"
    return cls
