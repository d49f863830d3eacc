"""SPA: stepwise progress attribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.base import IntrinsicTerm
from rewardsmith.rewards.intrinsic.centring import Centring
from rewardsmith.rewards.intrinsic.nets import (
    device_of,
    load_module,
    load_optimizer,
    mlp,
    module_state,
    optimizer_state,
)
from rewardsmith.rewards.redistribution.shares import redistribute
from rewardsmith.term import Binding, Scope, State
from rewardsmith.transition import Bools, Floats, Transition

Rows = NDArray[Any]


class Played(NamedTuple):
    """One episode: rows of s_t and s_{t+1} side by side, (T, 2 * size), and its reward."""

    rows: Rows
    total: float


@register_term("spa")
class SPA(IntrinsicTerm):
    """Redistributes the environment's reward by a progress head that learns to sum up to it.

    Wang et al. 2025 (arXiv 2505.20732): c_t = head(s_t, s_{t+1}), learned by the least squares
    (sum_t c_t - R)^2 over episodes; the turns of an episode are paid c_t + (R - sum c) / T, which
    sum to R exactly. It stands in the place of `env` in a formula, pays when an episode has
    ended, and splits evenly until it has learned for the first time.

    Differs from the paper: the head reads features or observations, not a language model's
    hidden states; what is left of R is paid out evenly, so that no return is lost or invented
    (the paper pays c_t as they are); its grounding reward is another term of yours.

    Args:
        on: features, `obs`, or expressions over one state; nothing means the observation.
        encoder: how an observation is read, see `rewardsmith.rewards.intrinsic`.
        hidden: widths of the head's layers.
        lr: step size of Adam.
        epochs: gradient steps per update, each over all its episodes.
        update_every: episodes between two updates.
        device: `auto`, `cpu`, `cuda`, ...
        seed: of the weights.
    """

    scope = Scope.EPISODE
    intrinsic = False
    source = "Wang et al. 2025 (arXiv 2505.20732)"

    def __init__(
        self,
        *on: Any,
        encoder: str = "auto",
        hidden: Sequence[int] = (64,),
        lr: float = 1e-3,
        epochs: int = 16,
        update_every: int = 16,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        super().__init__(*on, encoder=encoder)
        self.hidden = tuple(checks.whole("hidden of spa", w, least=1) for w in hidden)
        self.lr = checks.number("lr of spa", lr, above=0)
        self.epochs = checks.whole("epochs of spa", epochs, least=1)
        self.update_every = checks.whole("update_every of spa", update_every, least=1)
        self.device_name = device
        self.seed = checks.whole("seed of spa", seed, least=0)

    def bind(self, binding: Binding) -> None:
        """Build the head; takes no env step."""
        super().bind(binding)
        self.device = device_of(self.device_name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.head = mlp(2 * self.view.size, self.hidden, 1).to(self.device)
        self.optimizer = torch.optim.Adam(self.head.parameters(), lr=self.lr)
        self.centring = Centring(2 * self.view.size, on=True, device=self.device)
        self.learned = False
        self._open: dict[int, tuple[list[Rows], list[float]]] = {}
        self._played: list[Played] = []

    # --- paying ---------------------------------------------------------------------------

    def step(self, transition: Transition) -> Floats:
        """Nothing before the episode's end."""
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell their episode's reward."""
        raise ConfigError(
            "spa needs whole episodes and cannot relabel single transitions. Use "
            "finish(episode), or a place that serves scope 'episode'."
        )

    def finish(self, transition: Transition) -> Floats:
        """The episode's reward, spread over its T steps: shape (T,)."""
        total = float(transition.env_reward.sum())
        return redistribute(total, self.contributions(transition))

    def contributions(self, transition: Transition) -> Floats:
        """c_t of each row, shape (T,), before what is missing or too much is spread; 0 at first."""
        if not self.learned:
            return np.zeros(len(transition))
        with torch.inference_mode():
            found: Floats = self._head(self._rows(transition)).double().cpu().numpy()
        return found

    # --- learning -------------------------------------------------------------------------

    def update(self, transition: Transition) -> None:
        """Keep the rows of each slot, and learn once `update_every` episodes have ended."""
        rows = self._rows(transition)
        count = len(transition)
        slots = np.arange(count) if transition.env_index is None else transition.env_index
        done = transition.terminated | transition.truncated
        for i, slot in enumerate(slots.tolist()):
            seen, pay = self._open.setdefault(slot, ([], []))
            seen.append(rows[i])
            pay.append(float(transition.env_reward[i]))
            if done[i]:
                self._played.append(Played(np.array(seen), sum(pay)))
                del self._open[slot]
        if len(self._played) >= self.update_every:
            self._learn(self._played)
            self._played = []

    def _learn(self, episodes: Sequence[Played]) -> None:
        rows = np.concatenate([e.rows for e in episodes])
        self.centring.look(rows, self.who)
        owner = np.repeat(np.arange(len(episodes)), [len(e.rows) for e in episodes])
        owners = torch.from_numpy(owner).to(self.device)
        totals = torch.tensor([e.total for e in episodes], device=self.device)
        for _ in range(self.epochs):
            sums = torch.zeros_like(totals).index_add(0, owners, self._head(rows))
            loss = functional.mse_loss(sums, totals)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        self.learned = True

    def _head(self, rows: Rows) -> Tensor:
        found: Tensor = self.head(self.centring(rows))
        return found.squeeze(1)

    def _rows(self, transition: Transition) -> Rows:
        return np.concatenate([self.view.now(transition), self.view.next(transition)], axis=1)

    # --- state ----------------------------------------------------------------------------

    def reset(self, mask: Bools) -> None:
        """Drop the rows of episodes that were cut off in these slots."""
        for slot in np.flatnonzero(mask).tolist():
            self._open.pop(slot, None)

    def state_dict(self) -> State:
        """Head, optimiser, statistics, and the episodes not learned from yet."""
        return {
            "learned": self.learned,
            "head": module_state(self.head),
            "optimizer": optimizer_state(self.optimizer),
            "obs": self.centring.state_dict(),
            "open": [
                {"slot": slot, "rows": np.array(seen), "pay": np.array(pay)}
                for slot, (seen, pay) in self._open.items()
            ],
            "played": [{"rows": e.rows, "total": e.total} for e in self._played],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is the state of another head.
        """
        if not state:
            return
        load_module(self.head, state["head"], self.who)
        load_optimizer(self.optimizer, state["optimizer"])
        self.centring.load_state_dict(state["obs"])
        self.learned = bool(state["learned"])
        self._open = {
            int(e["slot"]): (list(np.array(e["rows"])), np.array(e["pay"]).tolist())
            for e in state["open"]
        }
        self._played = [Played(np.array(e["rows"]), float(e["total"])) for e in state["played"]]
