"""Discriminative-model-based episodic intrinsic reward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.episodic_learned import EpisodicLearned
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.memory import EpisodicMemory, check_kind
from rewardsmith.rewards.intrinsic.nets import mlp
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools

#: keeps the reward finite where two trajectories are one
_EPSILON = 1e-6


@register_term("deir")
class DEIR(EpisodicLearned):
    """Pays a state that is unlike all of its episode, more so if the way to it was alike.

    Wan et al. 2023 (arXiv 2304.10770), as the authors' code pairs its indices:
    r = min over i <= t of ||e_i - e_{t+1}||^2 / (||z_{i-1} - z_t|| + 1e-6), with e_i the
    embedding of s_i, z_i that of the trajectory s_0 to s_i by a GRU, and z_{-1} = 0. Both are
    learned by a discriminator that tells s_{t+1} from another state, given z_t and a_t. Rewards
    lie in [0, inf).

    Simpler than the authors' code: false states come from the same batch of rows, not from a
    queue of the novel ones; no batch normalisation. The last step of an episode teaches too,
    because its s_{t+1} is the true one. As there, gradients reach two steps back in time, and
    what is in memory stays as it was embedded; the first statistics of observations empty it.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        latent: size of e and of z.
        capacity: states that a slot keeps, `8 * capacity * latent` bytes: 512 kB by default.
        memory: `ring` forgets the oldest state, `reservoir` a random one.
    """

    source = "Wan et al. 2023 (arXiv 2304.10770)"
    looks = ("now", "next", "action")

    def __init__(
        self,
        *on: Any,
        latent: int = 64,
        lr: float = 3e-4,
        capacity: int = 1000,
        memory: str = "ring",
        **training: Any,
    ) -> None:
        super().__init__(*on, latent=latent, lr=lr, **training)
        self.capacity = checks.whole("capacity of deir", capacity, least=1)
        self.kind = check_kind("memory of deir", memory)

    def build(self) -> Mapping[str, nn.Module]:
        """Embedding, the GRU of trajectories, and the discriminator."""
        return {
            "features": self.trunk(),
            "trajectory": nn.GRUCell(self.latent, self.latent),
            "discriminator": mlp(2 * self.latent + self.action_size, self.hidden, 1),
        }

    def bind(self, binding: Binding) -> None:
        """Networks; an empty memory and no trajectory per slot."""
        super().bind(binding)
        self.memory = EpisodicMemory(
            binding.num_envs,
            self.capacity,
            2 * self.latent,
            kind=self.kind,
            seed=self.seed,
            device=self.device,
        )
        #: z_{t-1} of each slot
        self.trails = torch.zeros(binding.num_envs, self.latent, device=self.device)

    # --- paying ---------------------------------------------------------------------------

    def remember(self, batch: Batch) -> Columns:
        """The reward, by the memory that s_{t+1} then joins; and z_{t-1}, to learn from."""
        assert batch.now is not None
        assert batch.next is not None
        slot = batch.columns["slot"]
        now, after = self.nets["features"](torch.cat([batch.now, batch.next])).chunk(2)
        before = self.trails[torch.from_numpy(slot)]
        self.memory.begin(torch.cat([now, before], dim=1), slot)
        trail = self.nets["trajectory"](now, before)
        novelty = self._novelty(after, trail, slot)
        self.memory.add(torch.cat([after, trail], dim=1), slot)
        self.trails[torch.from_numpy(slot)] = trail
        return {"episodic": novelty.cpu().numpy(), "trail": before.cpu().numpy()}

    def novelty(self, batch: Batch) -> Tensor:
        """What `remember` found."""
        return torch.from_numpy(batch.columns["episodic"])

    def _novelty(self, after: Tensor, trail: Tensor, slot: Any) -> Tensor:
        held, there = self.memory.held(slot)
        states, trails = held[..., : self.latent], held[..., self.latent :]
        ratio = _apart(states, after).square() / (_apart(trails, trail) + _EPSILON)
        lowest: Tensor = ratio.masked_fill(~there, torch.inf).amin(dim=1)
        return lowest

    # --- learning -------------------------------------------------------------------------

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of true and false next states, each with half of the weight."""
        assert batch.next is not None
        assert batch.action is not None
        order = torch.randperm(len(batch), generator=self.generator).to(self.device)
        false = batch.next[order]
        other = (false != batch.next).any(dim=1)
        rows = torch.cat([batch.now, batch.next, false])  # type: ignore[list-item]
        now, after, fake = self.nets["features"](rows).chunk(3)
        before = torch.from_numpy(batch.columns["trail"]).to(self.device)
        trail = self.nets["trajectory"](now, before)
        reached = self.nets["trajectory"](torch.cat([after, fake]), trail.repeat(2, 1))
        known = torch.cat([trail, batch.action], dim=1).repeat(2, 1)
        told = self.nets["discriminator"](torch.cat([known, reached], dim=1))[:, 0]
        truth = torch.ones(len(batch), device=self.device)
        true, wrong = told.chunk(2)
        found = functional.binary_cross_entropy_with_logits(true, truth)
        lies = functional.binary_cross_entropy_with_logits(wrong, 0 * truth, reduction="none")
        return 0.5 * (found + (lies * other).sum() / other.sum().clamp(min=1))

    # --- state ----------------------------------------------------------------------------

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of these slots."""
        self.memory.reset(mask)
        self.trails[torch.from_numpy(np.asarray(mask))] = 0.0

    def slot_state(self) -> State:
        """Memories and trajectories."""
        return {"memory": self.memory.state_dict(), "trails": self.trails.cpu().numpy().copy()}

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.memory.load_state_dict(state["memory"], self.who)
        trails = np.array(state["trails"], dtype=np.float32)
        if trails.shape != tuple(self.trails.shape):
            raise ConfigError(
                f"{self.who} takes trajectories of shape {tuple(self.trails.shape)}. Received "
                f"{trails.shape}; build it with the envs and options that it was saved with."
            )
        self.trails = torch.from_numpy(trails).to(self.device)


def _apart(rows: Tensor, one: Tensor) -> Tensor:
    """Distances of (N, M, size) to (N, size), shape (N, M); exact for close ones."""
    mode = "donot_use_mm_for_euclid_dist"
    return torch.cdist(one[:, None], rows, compute_mode=mode)[:, 0]
