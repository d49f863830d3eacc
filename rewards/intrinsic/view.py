"""View: what a term looks at in a transition, as rows of numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from rewardsmith import language
from rewardsmith.errors import BindingError, ContractError
from rewardsmith.language.nodes import Expr, Name
from rewardsmith.rewards.expression import compiled, features_of
from rewardsmith.rewards.intrinsic.encoders.base import Encoder, Rows
from rewardsmith.rewards.intrinsic.encoders.bounds import Bounds
from rewardsmith.rewards.intrinsic.encoders.choose import of_feature, of_space
from rewardsmith.rewards.intrinsic.encoders.mixed import Joined
from rewardsmith.rewards.intrinsic.encoders.plain import Flat
from rewardsmith.term import Binding
from rewardsmith.transition import Transition

Read = Callable[[Transition], Any]

#: observations that are held against their space
_HELD = 1000


class View:
    """Reads what `on=` names, at s_t or at s_{t+1}.

    Warns once where one of the first 1000 observations lies beyond the bounds of its space.

    Args:
        on: features (text too), `obs`, or expressions over one state; nothing means `obs`.
        encoder: how observations are read (see `encoders.choose.NAMES`).
        binding: the place.
        who: the term's formula, for errors.

    Raises:
        BindingError: the place does not tell its observation space, or nothing fits it.
    """

    def __init__(self, on: Sequence[Expr], encoder: str, binding: Binding, who: str) -> None:
        self.who = who
        try:
            self._on = tuple(on) or (Name("obs"),)
            parts = [_part(e, encoder, binding, who) for e in self._on]
            self.encoder = Joined([p[0] for p in parts])
        except BindingError as error:
            raise BindingError(f"{who}: {error}") from None
        self._now = [p[1] for p in parts]
        self._next = [p[2] for p in parts]
        self.size, self.image, self.dtype = (
            self.encoder.size, self.encoder.image, self.encoder.dtype,
        )  # fmt: skip

    def now(self, transition: Transition) -> Rows:
        """Rows of s_t, shape (N, size)."""
        return self._rows(self._now, transition)

    def next(self, transition: Transition) -> Rows:
        """Rows of s_{t+1}, shape (N, size)."""
        return self._rows(self._next, transition)

    def parts(self, transition: Transition, *, at: str) -> list[tuple[Encoder, Any]]:
        """What `on` names as it comes, each with its encoder; `at` is `now` or `next`."""
        reads = self._now if at == "now" else self._next
        return [(e, r(transition)) for e, r in zip(self.encoder.parts, reads, strict=True)]

    def named_parts(self) -> dict[str, slice]:
        """Where in a row the features and expressions of `on` are; `obs` is not among them."""
        found = self.encoder.places()
        return {
            language.format_expression(e): at
            for e, at in zip(self._on, found, strict=True)
            if e != Name("obs")
        }

    def named(self, error: ContractError) -> ContractError:
        """The error with the term and the remedy."""
        name = self.who.partition("(")[0]
        return ContractError(
            f"{self.who}: {error} Mend the env or what it declares, or name features that are "
            f"sound, as in {name}(on=[x, y])."
        )

    def _rows(self, reads: Sequence[Read], transition: Transition) -> Rows:
        try:
            return self.encoder([read(transition) for read in reads])
        except ContractError as error:
            raise self.named(error) from None


class _Observed:
    """Reads observations; warns once where the first of them lie beyond their space."""

    def __init__(self, space: Any, who: str) -> None:
        self._bounds, self._who, self._left = Bounds(space), who, _HELD

    def now(self, transition: Transition) -> Any:
        return self._held(transition.obs, len(transition))

    def next(self, transition: Transition) -> Any:
        return self._held(transition.next_obs, len(transition))

    def _held(self, values: Any, count: int) -> Any:
        if self._left <= 0:
            return values
        self._left -= count
        if told := self._bounds.beyond(values):
            self._left = 0
            warnings.warn(
                f"{self._who} looks at observations, which lie within the bounds of their space. "
                f"Received {told}. Novelty is told from the numbers as they come: scale the "
                "observation in a wrapper, or let observation_space declare its true bounds.",
                stacklevel=2,
            )
        return values


def needed(on: Sequence[Expr]) -> frozenset[str]:
    """The features that `on` names."""
    return features_of(*on)


def _part(expression: Expr, encoder: str, binding: Binding, who: str) -> tuple[Encoder, Read, Read]:
    if isinstance(expression, Name) and expression.name == "obs":
        if binding.observation_space is None:
            raise BindingError(
                f"The place ({binding.place}) does not tell its observation space. Name what to "
                "look at, as in rnd(on=[x, y])."
            )
        chosen = of_space(binding.observation_space, encoder)
        observed = _Observed(binding.observation_space, who)
        return chosen, observed.now, observed.next
    if isinstance(expression, Name) and expression.name in binding.schema:
        name = expression.name
        chosen = of_feature(binding.schema[name], encoder)
        return chosen, lambda tr: tr.features[name], lambda tr: tr.next_features[name]
    if not (features_of(expression) or language.builtins_used(expression)):
        raise BindingError(
            "Novelty is told from what varies. Received an expression of numbers alone; name a "
            "feature in it, as in rnd(on=[x, y])."
        )
    language.check_state_only(expression, "What novelty is told from")
    now, after = (compiled(expression, binding, at=at) for at in ("now", "next"))
    return Flat(()), now, after
