"""Pseudo-counts within an episode, told from the nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from rewardsmith import checks
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.episodic import Episodic
from rewardsmith.rewards.intrinsic.memory import (
    EpisodicMemory,
    RunningScale,
    check_kind,
    kernel_novelty,
    kernel_visits,
)
from rewardsmith.rewards.intrinsic.projection import Projection
from rewardsmith.term import Binding, Learner, State
from rewardsmith.transition import Bools, Floats, Transition


@register_term("pseudo_count")
class PseudoCount(Episodic):
    """Pays by how few states of the running episode lie near s_{t+1}.

    The episodic novelty of Never Give Up, Badia et al. 2020 (arXiv 2002.06038), equations 2 and
    3 and algorithm 1: r = 1 / (sqrt(sum of K(s, f) over the k nearest f) + c), with
    K = epsilon / (max(d^2 / d_m^2 - cluster, 0) + epsilon) and d_m^2 the running mean of d^2; 0
    if the denominator is beyond `most`. Rewards lie in [0, 1 / c]; a state about as
    far as its neighbours are apart is paid 1 / sqrt(k epsilon), 10 by default, one far beyond
    them up to 1 / c, one that was seen k times 1 / sqrt(k).

    Where the paper compares embeddings that foretell actions (`ngu` does), this compares the
    rows that it looks at, or a fixed random projection of them. The memory begins with s_0.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`; name features of like units.
        k: neighbours.
        capacity: rows that a slot keeps, `4 * capacity * size` bytes, with `size` the numbers
            looked at or `projection`.
        memory: what a full one does: `ring` or `reservoir`, as in `memory.EpisodicMemory`.
        projection: numbers that rows are projected to (Johnson and Lindenstrauss 1984); None
            compares them as they are.
        epsilon, cluster, c, most: of the kernel, as in `memory.kernel_visits` and
            `memory.kernel_novelty`.
        seed: of the projection and of the reservoir.
    """

    source = "Badia et al. 2020 (arXiv 2002.06038), eq. 2 and 3"

    def __init__(  # noqa: PLR0913  # one argument per option
        self,
        *on: Any,
        encoder: str = "auto",
        k: int = 10,
        capacity: int = 1000,
        memory: str = "ring",
        projection: int | None = None,
        epsilon: float = 1e-3,
        cluster: float = 0.008,
        c: float = 1e-3,
        most: float = 8.0,
        seed: int = 0,
    ) -> None:
        super().__init__(*on, encoder=encoder)
        name = self.term_name
        self.k = checks.whole(f"k of {name}", k, least=1)
        self.capacity = checks.whole(f"capacity of {name}", capacity, least=1)
        self.kind = check_kind(f"memory of {name}", memory)
        self.size = None if projection is None else _size(name, projection)
        self.epsilon = checks.number(f"epsilon of {name}", epsilon, above=0)
        self.cluster = checks.number(f"cluster of {name}", cluster, least=0)
        self.c = checks.number(f"c of {name}", c, above=0)
        self.most = checks.number(f"most of {name}", most, above=0)
        self.seed = checks.whole(f"seed of {name}", seed, least=0)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [0, 1 / c]."""
        return Interval(0.0, 1 / self.c)

    def bind(self, binding: Binding) -> None:
        """One memory per slot."""
        super().bind(binding)
        self.embed = Projection(self.view.size, self.size, self.seed)
        self.memory = EpisodicMemory(
            binding.num_envs, self.capacity, self.embed.out, kind=self.kind, seed=self.seed
        )
        self.scale = RunningScale()
        self._seen: Tensor | None = None

    def step(self, transition: Transition) -> Floats:
        """By the neighbours in the episode so far, which this state then joins."""
        slot, rows = self.slots_of(transition), self.embed(self.view.next(transition))
        if (self.memory.seen[slot] == 0).any():
            self.memory.begin(self.embed(self.view.now(transition)), slot)
        squared = self.memory.nearest(rows, slot, self.k)
        self.memory.add(rows, slot)
        self._seen = squared
        visits = kernel_visits(
            squared, self.scale.of(squared), epsilon=self.epsilon, cluster=self.cluster
        )
        paid: Floats = kernel_novelty(visits, c=self.c, most=self.most).double().numpy()
        return paid

    def update(self, transition: Transition) -> None:
        """Let d_m^2 follow the distances that `step` has just found."""
        if self._seen is not None and len(self._seen) == len(transition):
            self.scale.add(self._seen)
        self._seen = None

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of these slots."""
        self.memory.reset(mask)

    def slot_state(self) -> State:
        """The memories."""
        return self.memory.state_dict()

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.memory.load_state_dict(state, self.who)

    def state_dict(self) -> State:
        """The memories, the projection and d_m^2."""
        return {
            "memory": self.slot_state(),
            "projection": self.embed.state_dict(),
            "scale": self.scale.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other slots, or of a memory of another shape.
        """
        if not state:
            return
        self.embed.load_state_dict(state["projection"], self.who)
        self.memory.load_state_dict(state["memory"], self.who)
        self.scale.load_state_dict(state["scale"])
        self._seen = None


def _size(name: str, projection: Any) -> int:
    return checks.whole(f"projection of {name}", projection, least=1)
