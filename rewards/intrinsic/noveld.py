"""Regulated differences of novelty."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counts import check_decimals
from rewardsmith.rewards.intrinsic.episodic_learned import EpisodicLearned
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.rewards.intrinsic.rnd import RND
from rewardsmith.rewards.intrinsic.visits import Visits
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools, Transition


@register_term("noveld")
class NovelD(EpisodicLearned, RND):
    """Pays for crossing the border of what is known, once per state and episode.

    Zhang et al. 2021 (NeurIPS, "NovelD"), section 3; first as BeBold (arXiv 2012.08621):
    r = max(novelty(s_{t+1}) - alpha * novelty(s_t), 0) * [N_ep(s_{t+1}) = 1], with the novelty
    of random network distillation, ||phi'(s) - phi(s)||_2: the norm itself, where `rnd` pays its
    square. N_ep counts exact states of the running episode, s_0 and this visit included. Rewards
    lie in [0, inf). A slot's counts take about 120 bytes per state: 1.2 MB by default.

    Differs from the paper: rows are centred and scaled unless `normalize_obs=False`, and the
    norm is divided by sqrt(`latent`), a constant.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        alpha: share of the novelty of s_t that is taken off; 0.5 in the paper, at least 0.
        first_visits: whether only the first visit in an episode is paid.
        decimals: digits after the point that numbers are rounded to, for N_ep alone.
        capacity: states that a slot counts; one more makes it forget an eighth of them.
    """

    source = "Zhang et al. 2021 (NovelD; BeBold: arXiv 2012.08621), section 3"
    looks = ("now", "next")
    embeds = False

    def __init__(
        self,
        *on: Any,
        alpha: float = 0.5,
        first_visits: bool = True,
        decimals: int = 4,
        capacity: int = 10_000,
        normalize: str = "std",
        **training: Any,
    ) -> None:
        super().__init__(*on, normalize=normalize, **training)
        self.alpha = checks.number("alpha of noveld", alpha, least=0)
        self.first_visits = checks.truth("first_visits of noveld", first_visits)
        self.decimals = check_decimals("noveld", decimals)
        self.capacity = checks.whole("capacity of noveld", capacity, least=1)

    def bind(self, binding: Binding) -> None:
        """Networks, and empty counts per slot."""
        super().bind(binding)
        self.visits = Visits(
            self.view, binding.num_envs, decimals=self.decimals, capacity=self.capacity
        )

    def recall(self, transition: Transition, batch: Batch) -> Columns:
        """Count s_{t+1}."""
        return {"first": self.visits(transition, batch.columns["slot"]) == 1}

    def novelty(self, batch: Batch) -> Tensor:
        """What s_{t+1} has over `alpha` of s_t, where it is new to the episode."""
        assert batch.now is not None
        assert batch.next is not None
        target = torch.cat([self.nets["target"](batch.now), self.target(batch)])
        rows = torch.cat([batch.now, batch.next])
        before, after = self.error(rows, target).sqrt().chunk(2)
        gained: Tensor = (after - self.alpha * before).clamp(min=0)
        if not self.first_visits:
            return gained
        return gained * torch.from_numpy(batch.columns["first"]).to(gained.device)

    def reset(self, mask: Bools) -> None:
        """Forget the visits of these slots."""
        self.visits.reset(mask)

    def slot_state(self) -> State:
        """The visits of the running episodes."""
        return self.visits.state_dict()

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.visits.load_state_dict(state, self.who)
