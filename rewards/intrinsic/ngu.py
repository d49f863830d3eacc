"""Never give up: novelty within the episode times novelty over all of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.episodic_learned import EpisodicLearned
from rewardsmith.rewards.intrinsic.inverse import InverseFeatures
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.memory import (
    EpisodicMemory,
    RunningScale,
    check_kind,
    kernel_novelty,
    kernel_visits,
)
from rewardsmith.rewards.intrinsic.moments import Moments
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools, Transition


@register_term("ngu")
class NGU(EpisodicLearned, InverseFeatures):
    """Pays what is far from all of its episode, more so if it is new to training.

    Badia et al. 2020 (arXiv 2002.06038), eq. 1: r = r_episodic * min(max(alpha, 1), L).
    r_episodic = 1 / (sqrt(sum of K over the k nearest) + c) (eq. 2 and 3, algorithm 1) compares
    embeddings f(s) of what the agent controls, learned by foretelling a_t from f(s_t) and
    f(s_{t+1}); alpha = 1 + (e - mean(e)) / std(e), with e the error of `rnd`. Before the
    division by the running deviation, rewards lie in [0, L / c].

    Differs from the paper: embeddings stay in memory as they were when their state was seen,
    and the first statistics of observations empty it; d_m^2 and the mean and deviation of e are
    those before the step. One learning rate serves both networks, and there is no family of
    discounts and weights: that is the learner's.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        latent: size of f(s) and of the vectors of `rnd`; 32 and 128 in the paper.
        k: neighbours.
        capacity: embeddings that a slot keeps, `4 * capacity * latent` bytes: 128 kB by default.
            The paper keeps 30,000.
        memory: `ring` forgets the oldest embedding, `reservoir` a random one.
        most_modulator: L.
        epsilon, cluster, c, most: of the kernel, as for `pseudo_count`.
    """

    source = "Badia et al. 2020 (arXiv 2002.06038), eq. 1 to 3"
    frozen = ("target",)

    def __init__(
        self,
        *on: Any,
        latent: int = 32,
        k: int = 10,
        capacity: int = 1000,
        memory: str = "ring",
        most_modulator: float = 5.0,
        epsilon: float = 1e-3,
        cluster: float = 0.008,
        c: float = 1e-3,
        most: float = 8.0,
        **training: Any,
    ) -> None:
        super().__init__(*on, latent=latent, **training)
        self.k = checks.whole("k of ngu", k, least=1)
        self.capacity = checks.whole("capacity of ngu", capacity, least=1)
        self.kind = check_kind("memory of ngu", memory)
        self.most_modulator = checks.number("most_modulator of ngu", most_modulator, least=1)
        self.epsilon = checks.number("epsilon of ngu", epsilon, above=0)
        self.cluster = checks.number("cluster of ngu", cluster, least=0)
        self.c = checks.number("c of ngu", c, above=0)
        self.most = checks.number("most of ngu", most, above=0)

    def build(self) -> Mapping[str, nn.Module]:
        """The embedding with its inverse model, and the two networks of `rnd`."""
        target = self.trunk()
        target.requires_grad_(False)
        wider = (*self.hidden, self.hidden[-1] if self.hidden else self.latent)
        return {
            **super().build(),
            "target": target,
            "predictor": self.trunk(hidden=wider),
        }

    def bind(self, binding: Binding) -> None:
        """Networks, and an empty memory per slot."""
        super().bind(binding)
        self.memory = EpisodicMemory(
            binding.num_envs,
            self.capacity,
            self.latent,
            kind=self.kind,
            seed=self.seed,
            device=self.device,
        )
        self.distances, self.errors = RunningScale(), Moments()

    # --- paying ---------------------------------------------------------------------------

    def remember(self, batch: Batch) -> Columns:
        """Distances to the neighbours, which this state then joins, and the error of `rnd`."""
        slot, features = batch.columns["slot"], self.nets["features"]
        if (self.memory.seen[slot] == 0).any():
            self.memory.begin(features(batch.now), slot)
        rows = features(batch.next)
        squared = self.memory.nearest(rows, slot, self.k)
        self.memory.add(rows, slot)
        return {
            "squared": squared.cpu().numpy(),
            "error": self._error(batch).double().cpu().numpy(),
        }

    def novelty(self, batch: Batch) -> Tensor:
        """Episodic novelty times the modulator."""
        squared = torch.from_numpy(batch.columns["squared"])
        scale = self.distances.of(squared)
        visits = kernel_visits(squared, scale, epsilon=self.epsilon, cluster=self.cluster)
        episodic = kernel_novelty(visits, c=self.c, most=self.most)
        return episodic * torch.from_numpy(self.modulator(batch.columns["error"]))

    def modulator(self, error: Any) -> Any:
        """min(max(alpha, 1), L), shape (N,); 1 before two errors were seen."""
        if self.errors.count < 2:
            return np.ones_like(error)
        alpha = 1 + (error - self.errors.mean[0]) / self.errors.deviation()[0]
        return np.clip(alpha, 1.0, self.most_modulator)

    def _error(self, batch: Batch) -> Tensor:
        kept = batch.columns.get("target")
        target = self.nets["target"](batch.next) if kept is None else torch.from_numpy(kept)
        batch.columns["target"] = target.cpu().numpy()
        error: Tensor = self.nets["predictor"](batch.next) - target.to(self.device)
        return error.square().mean(dim=1)

    # --- learning -------------------------------------------------------------------------

    def loss(self, batch: Batch) -> Tensor:
        """Of the inverse model and of `rnd`, which share no weights."""
        return super().loss(batch) + self._error(batch).mean()

    def update(self, transition: Transition) -> None:
        """Let d_m^2 and the statistics of e follow, then learn."""
        seen = self._seen
        if seen is not None and len(seen[1]) == len(transition) and self.rows >= self.warmup:
            self.distances.add(torch.from_numpy(seen[0]["squared"]))
            self.errors.add(seen[0]["error"][:, None])
        super().update(transition)

    def forget(self) -> None:
        """Empty the memories, and the statistics of what they told."""
        super().forget()
        self.distances, self.errors = RunningScale(), Moments()

    # --- state ----------------------------------------------------------------------------

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
        """Beside the rest, d_m^2 and the statistics of e."""
        own = {"distances": self.distances.state_dict(), "errors": self.errors.state_dict()}
        return {**super().state_dict(), **own}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        super().load_state_dict(state)
        if state:
            self.distances.load_state_dict(state["distances"])
            self.errors.load_state_dict(state["errors"])
