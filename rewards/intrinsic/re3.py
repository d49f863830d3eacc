"""Random encoders for efficient exploration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.neighbours import Neighbours
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import Binding, State
from rewardsmith.transition import Floats, Transition


@register_term("re3")
class RE3(LearnedTerm):
    """Pays the distance to the k-th nearest of recent states, as a fixed random encoder sees them.

    Seo et al. 2021 (arXiv 2102.09430): r = log(||y - y_kNN||_2 + 1) with
    y = f(s_{t+1}), an estimate of the entropy of states (Singh et al. 2003). Nothing is trained;
    `update` puts the rows in a ring of the last `capacity`, of all slots, which takes
    `4 * capacity * (latent + 1)` bytes (516 kB by default). A state is paid by the ring before
    it joins; 0 while that holds fewer than k. Rewards lie in [0, inf). The rows of one step do not
    see each other; a stored row that is still in the ring finds itself as its first neighbour.

    Differs from the paper: it pays s_{t+1}, and compares with the last `capacity` states, where
    the paper takes a rollout (on-policy) or all of the replay buffer. Rows are centred and scaled
    unless `normalize_obs=False`; with their first statistics the ring is encoded anew, later ones
    move them little.

    Args:
        on, training: what it looks at, and options, as for `Trained`; the statistics follow
            each `update_every` rows.
        k: which neighbour; 3 in the paper.
        average_k: whether the mean of log(distance + 1) over the k nearest is paid, as the
            authors' code offers.
        capacity: representations in the ring.
    """

    source = "Seo et al. 2021 (arXiv 2102.09430)"

    def __init__(
        self,
        *on: Any,
        k: int = 3,
        average_k: bool = False,
        capacity: int = 1000,
        **training: Any,
    ) -> None:
        super().__init__(*on, **training)
        self.k = checks.whole("k of re3", k, least=1)
        self.average_k = checks.truth("average_k of re3", average_k)
        self.capacity = checks.whole("capacity of re3", capacity, least=self.k)

    def build(self) -> Mapping[str, nn.Module]:
        """The encoder, which stays as it is."""
        encoder = self.trunk()
        encoder.requires_grad_(False)
        return {"encoder": encoder}

    def bind(self, binding: Binding) -> None:
        """Encoder and empty ring."""
        super().bind(binding)
        self.ring = Neighbours(self.capacity, self.latent, self.device)
        self._latest: Tensor | None = None

    def novelty(self, batch: Batch) -> Tensor:
        """By the ring as it is."""
        return self._pay(self.nets["encoder"](batch.next))

    def step(self, transition: Transition) -> Floats:
        """Rewards now; keeps the representations for `update`."""
        columns = self._columns(transition)
        with torch.inference_mode():
            self._latest = self.nets["encoder"](self._tensors(columns).next)
            raw: Floats = self._pay(self._latest).double().cpu().numpy()
        self._seen = columns, raw
        return self._paid(raw)

    def update(self, transition: Transition) -> None:
        """Let the rows join the ring, and the statistics follow."""
        if self._latest is None or len(self._latest) != len(transition):
            self.step(transition)
        assert self._latest is not None
        self.ring.add(self._latest)
        self._latest = None
        super().update(transition)

    def _learn(self, columns: Columns) -> None:
        self._look(columns)
        if self.rows == len(columns["slot"]):  # the first rows of all
            paid = self._replayed(columns)
            # Those that met an almost empty ring are no measure of what comes.
            later = slice(len(paid) // 2, None)
            self.scaling.clear()
            self.scaling.add(paid[later], columns["slot"][later])

    def _replayed(self, columns: Columns) -> Floats:
        """Fill the ring anew with the rows; what each is paid on the way, shape (N,)."""
        self.ring.clear()
        with torch.inference_mode():
            encoded: Tensor = self.nets["encoder"](self._tensors(columns).next)
            paid = []
            for rows in torch.split(encoded, self.binding.num_envs):
                paid.append(self._pay(rows))
                self.ring.add(rows)
            found: Floats = torch.cat(paid).double().cpu().numpy()
        return found

    def _pay(self, rows: Tensor) -> Tensor:
        if self.ring.held < self.k:
            return rows.new_zeros(len(rows))
        near = self.ring.nearest(rows, self.k).log1p()
        return near.mean(dim=1) if self.average_k else near[:, -1]

    def state_dict(self) -> State:
        """The ring, beside what every learned term keeps."""
        return {**super().state_dict(), "ring": self.ring.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of another encoder, ring or number of slots.
        """
        super().load_state_dict(state)
        if state:
            self.ring.load_state_dict(state["ring"], self.who)
            self._latest = None
