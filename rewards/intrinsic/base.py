"""What all intrinsic terms share: what they look at, and what they say of themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from rewardsmith import language
from rewardsmith.build import term_node
from rewardsmith.language.nodes import Expr
from rewardsmith.rewards.expression import as_expression
from rewardsmith.rewards.intrinsic.encoders.choose import check_name
from rewardsmith.rewards.intrinsic.view import View, needed
from rewardsmith.term import Binding, Guarantee, RewardTerm


class IntrinsicTerm(RewardTerm):
    """Base: pays for what the agent finds new, and looks at the features that `on` names.

    Args:
        on: features, `obs`, or expressions over one state; nothing means the observation.
        encoder: how an observation is read: `auto`, `flat`, `image`, `minigrid` or `text`;
            `sentence` reads text, of features too, with a language model (extra `sentences`).
    """

    guarantee: Guarantee = Guarantee.BIASED
    intrinsic = True
    learns = True
    #: paper and equation
    source: ClassVar[str] = ""

    def __init__(self, *on: Any, encoder: str = "auto") -> None:
        self.on: tuple[Expr, ...] = tuple(map(as_expression, on))
        self.encoder = check_name(encoder)

    @property
    def who(self) -> str:
        """The term as a formula, for errors."""
        return language.format_term(term_node(self))

    @property
    def needs(self) -> frozenset[str]:
        """Features that it looks at."""
        return needed(self.on)

    def bind(self, binding: Binding) -> None:
        """Find out how to read what it looks at."""
        super().bind(binding)
        self.view = View(self.on, self.encoder, binding, self.who)
