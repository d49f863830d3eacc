"""Counts of codes that states share with those like them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counted import Counted
from rewardsmith.rewards.intrinsic.counts import Keys
from rewardsmith.term import Binding, State
from rewardsmith.transition import Transition


@register_term("simhash")
class SimHash(Counted):
    """Pays n(phi(s_{t+1}))^-1/2, with n the visits to all states of one code.

    Tang et al. 2017 (arXiv 1611.04717), of SimHash: phi(s) = sgn(A g(s)) in {-1, 1}^bits, with
    the numbers of A drawn from N(0, 1); g is the encoder, pictures as numbers from 0 to 1. More
    bits tell more states apart. Codes see directions only, not lengths: centre what is not
    around 0, as in `simhash(on=[x - 5, y - 5])`. Rewards lie in (0, 1].

    Args:
        on, encoder, decay, capacity: as for `Counted`.
        bits: length of a code, from 1 to 64.
        seed: of A.
    """

    source = "Tang et al. 2017 (arXiv 1611.04717), SimHash"

    def __init__(self, *on: Any, bits: int = 32, seed: int = 0, **counting: Any) -> None:
        super().__init__(*on, **counting)
        self.bits = checks.whole("bits of simhash", bits, least=1)
        if self.bits > 64:
            raise ConfigError(f"bits of simhash lies in [1, 64]. Received {bits!r}.")
        self.seed = checks.whole("seed of simhash", seed, least=0)

    def bind(self, binding: Binding) -> None:
        """Draw A."""
        super().bind(binding)
        normal = np.random.default_rng(self.seed).normal(size=(self.view.size, self.bits))
        self.projection = normal.astype(np.float32)
        self._places = np.uint64(1) << np.arange(self.bits, dtype=np.uint64)

    def keys(self, transition: Transition) -> Keys:
        """Codes, one bit per column of A."""
        rows = self.view.next(transition)
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = rows.astype(np.float32) @ self.projection
        if not np.isfinite(lengths).all():  # beyond float32, though the rows are not
            lengths = rows.astype(np.float64) @ self.projection
        ones = lengths >= 0
        found: Keys = ones @ self._places
        return found

    def state_dict(self) -> State:
        """The counts and A."""
        return {**super().state_dict(), "projection": self.projection.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over counts and A.

        Raises:
            ConfigError: of codes of another length, or of other states.
        """
        saved = np.shape(state.get("projection", self.projection))
        if saved[-1] != self.bits:
            raise ConfigError(
                f"{self.who} takes counts of codes of {self.bits} bits. Received {saved[-1]}; "
                f"write bits={saved[-1]}."
            )
        super().load_state_dict(state)
        if state:
            self.projection = np.array(state["projection"], dtype=np.float32)
