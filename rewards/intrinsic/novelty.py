"""Novelty of behaviours: how far an episode's outcome is from those of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.archive import Archive
from rewardsmith.rewards.intrinsic.base import IntrinsicTerm
from rewardsmith.rewards.intrinsic.projection import Projection
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools, Floats, Transition

PER = ("episode", "step")


@register_term("novelty")
class Novelty(IntrinsicTerm):
    """Pays the mean distance of an episode's outcome to its k nearest in an archive.

    Lehman and Stanley 2011 (Evolutionary Computation 19(2)), equation 1: rho(x) = 1/k times the
    sum of dist(x, mu_i) over the k nearest mu_i. The outcome is the final state, as in TAXONS
    (Paolo et al. 2019, arXiv 1909.05508), whose archive this is: of each `generation` of
    outcomes, the `added` most novel join it; the running generation is compared with too. TAXONS
    searches by mutation and learns the space of outcomes; here a learner is paid, in the space
    that `on` names. It pays on an episode's last step, terminated or truncated, and 0 before;
    `per='step'` pays every s_{t+1}, and gathers them. The first outcome of all is paid 0.
    Rewards lie in [0, inf), in the unit of what it looks at.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`; name features of like units.
        k: neighbours; fewer if there are not as many.
        archive: outcomes kept, `4 * (archive + generation) * size` bytes; the oldest goes first.
        generation, added: `added` of each `generation` outcomes join the archive.
        per: `episode` or `step`.
        projection: numbers that outcomes are projected to; None compares them as they are.
        seed: of the projection.
    """

    source = "Lehman and Stanley 2011, eq. 1; Paolo et al. 2019 (arXiv 1909.05508)"

    def __init__(  # one argument per option
        self,
        *on: Any,
        encoder: str = "auto",
        k: int = 15,
        archive: int = 1000,
        generation: int = 100,
        added: int = 5,
        per: Literal["episode", "step"] = "episode",
        projection: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(*on, encoder=encoder)
        self.k = checks.whole("k of novelty", k, least=1)
        self.capacity = checks.whole("archive of novelty", archive, least=1)
        self.generation = checks.whole("generation of novelty", generation, least=1)
        self.added = checks.whole("added of novelty", added, least=1)
        if self.added > self.generation:
            raise ConfigError(
                f"added of novelty is at most its generation, {self.generation}. Received {added}."
            )
        if per not in PER:
            raise ConfigError(
                f"per of novelty is one of {', '.join(PER)}. Received {per!r}."
                f"{near_misses(str(per), PER)}"
            )
        self.per = per
        self.size = (
            None
            if projection is None
            else checks.whole("projection of novelty", projection, least=1)
        )
        self.seed = checks.whole("seed of novelty", seed, least=0)

    def bind(self, binding: Binding) -> None:
        """Begin with an empty archive."""
        super().bind(binding)
        self.embed = Projection(self.view.size, self.size, self.seed)
        self.archive = Archive(
            self.embed.out,
            k=self.k,
            capacity=self.capacity,
            generation=self.generation,
            added=self.added,
        )

    def relabel(self, transition: Transition) -> Floats:
        """By the archive of now; a stored outcome may find itself in it."""
        paid, rows = np.zeros(len(transition)), self._outcomes(transition)
        if rows.any():
            paid[rows] = self.archive.novelty(self._descriptors(transition, rows))
        return paid

    def update(self, transition: Transition) -> None:
        """Gather the outcomes."""
        rows = self._outcomes(transition)
        if rows.any():
            self.archive.add(self._descriptors(transition, rows))

    def _outcomes(self, transition: Transition) -> Bools:
        if self.per == "step":
            return np.ones(len(transition), dtype=bool)
        return np.logical_or(transition.terminated, transition.truncated)

    def _descriptors(self, transition: Transition, rows: Bools) -> Any:
        return self.embed(self.view.next(transition.select(rows)))

    def state_dict(self) -> State:
        """The archive and the projection."""
        return {"archive": self.archive.state_dict(), "projection": self.embed.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of an archive of another shape.
        """
        if state:
            self.embed.load_state_dict(state["projection"], self.who)
            self.archive.load_state_dict(state["archive"], self.who)
