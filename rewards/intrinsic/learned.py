"""LearnedTerm: an intrinsic reward whose networks learn from what the learner sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.actions import Actions
from rewardsmith.rewards.intrinsic.centring import Centring
from rewardsmith.rewards.intrinsic.moments import Moments
from rewardsmith.rewards.intrinsic.nets import (
    Trunk,
    device_of,
    load_module,
    load_optimizer,
    module_state,
    optimizer_state,
)
from rewardsmith.rewards.intrinsic.pending import Columns, Pending
from rewardsmith.rewards.intrinsic.scaling import Scaling
from rewardsmith.rewards.intrinsic.training import Trained
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools, Floats, Transition


@dataclass
class Batch:
    """Rows as tensors on the term's device; what its class does not look at is None.

    Args:
        now, next: what it looks at in s_t and s_{t+1}, normalised, shape (N, size).
        action: one-hot classes or numbers, shape (N, actions).
        columns: the same rows as they came, with `slot`, `t`, `done` and what `columns` added.
        online: whether `step` pays them, so that what follows is likely to go on from them.
    """

    now: Tensor | None
    next: Tensor | None
    action: Tensor | None
    columns: Columns
    online: bool = False

    def __len__(self) -> int:
        return len(self.columns["slot"])


class LearnedTerm(Trained):
    """Base: subclasses write `build`, `novelty` and `loss`.

    It pays 0 for its first `warmup` rows: its statistics come from the learner's own steps, and
    from none besides. It then learns from each `update_every` rows, once they are full.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
    """

    #: of `now`, `next` and `action`, what it reads
    looks: ClassVar[tuple[str, ...]] = ("next",)
    #: columns that `novelty` adds to its batch: what networks gave that nothing trains
    frozen: ClassVar[tuple[str, ...]] = ()

    # --- what a subclass writes ---------------------------------------------------------

    def build(self) -> Mapping[str, nn.Module]:
        """Its networks by name, with weights drawn from torch's seeded generator."""
        raise NotImplementedError

    def novelty(self, batch: Batch) -> Tensor:
        """Raw rewards, shape (N,); called without gradients."""
        raise NotImplementedError

    def loss(self, batch: Batch) -> Tensor:
        """What an update makes smaller."""
        raise NotImplementedError

    def changed(self) -> None:
        """Forget what hangs on networks or statistics that are about to change."""

    # --- what it is made of ---------------------------------------------------------------

    def trunk(self, *, hidden: Sequence[int] | None = None, out: int | None = None) -> Trunk:
        """A network from what it looks at to vectors."""
        return Trunk(
            self.view.size,
            self.view.image,
            self.hidden if hidden is None else hidden,
            self.latent if out is None else out,
        )

    @property
    def action_size(self) -> int:
        """Numbers that tell one action."""
        assert self._actions is not None
        return self._actions.size

    @property
    def obs_moments(self) -> Moments:
        """Mean and deviation of what it looks at."""
        return self.centring.moments

    @property
    def discrete(self) -> bool:
        """Whether actions are classes."""
        return isinstance(self.binding.action_space, spaces.Discrete)

    def bind(self, binding: Binding) -> None:
        """Build the networks; takes no env step."""
        super().bind(binding)
        self.device = device_of(self.device_name)
        self._actions = Actions(binding, self.who) if "action" in self.looks else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self.nets = nn.ModuleDict(dict(self.build())).to(self.device)
        learned = [p for p in self.nets.parameters() if p.requires_grad]
        fused = self.device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.Adam(learned, lr=self.lr, fused=fused) if learned else None
        self.generator = torch.Generator().manual_seed(self.seed)
        self.centring = Centring(
            self.view.size,
            on=self.normalize_obs,
            device=self.device,
            patience=self.patience,
            parts=self.view.named_parts(),
        )
        self.scaling = Scaling(self.normalize, binding.num_envs)
        self.pending = Pending(self.update_every)
        self.rows = 0
        self._seen: tuple[Columns, Floats] | None = None

    # --- paying ---------------------------------------------------------------------------

    def step(self, transition: Transition) -> Floats:
        """Rewards now; keeps what it read for `update`."""
        columns = self._columns(transition)
        raw = self._raw(columns, online=True)
        self._seen = columns, raw
        return self._paid(raw)

    def relabel(self, transition: Transition) -> Floats:
        """Rewards by the networks of now."""
        return self._paid(self._raw(self._columns(transition)))

    def _paid(self, raw: Floats) -> Floats:
        return np.zeros_like(raw) if self.rows < self.warmup else self.scaling(raw)

    def _raw(self, columns: Columns, *, online: bool = False) -> Floats:
        with torch.inference_mode():
            batch = self._tensors(columns, online=online)
            raw: Floats = self.novelty(batch).double().cpu().numpy()
        return raw

    # --- learning -------------------------------------------------------------------------

    def update(self, transition: Transition) -> None:
        """Keep the rows; learn once `update_every` of them are there."""
        seen, self._seen = self._seen, None
        if seen is None or len(seen[1]) != len(transition):
            columns = self._columns(transition)
            seen = columns, self._raw(columns)
        columns, raw = seen
        if self.rows >= self.warmup:
            self.scaling.add(raw, columns["slot"])
        self.rows += len(raw)
        self.pending.add(columns)
        if self.pending.full:
            self._learn(self.pending.take())

    def _learn(self, columns: Columns) -> None:
        self.changed()
        if self.centring.started:
            self._fit(columns)
            self._look(columns)
            return
        self._look(columns)
        # Rewards change their scale with the first statistics, so theirs begin anew, and what
        # frozen networks gave of rows not yet centred is no more.
        columns = {k: v for k, v in columns.items() if k not in self.frozen}
        self.scaling.clear()
        self._fit(columns)

    def _fit(self, columns: Columns) -> None:
        """Learn from rows, in the scale in which they were paid."""
        if not self.scaling.started:
            self.scaling.add(self._raw(columns), columns["slot"])
        if self.optimizer is None:
            return
        for rows in self._chunks(len(columns["slot"])):
            # Rows become numbers batch by batch: pictures would take four times their bytes.
            chosen = rows.numpy()
            loss = self.loss(self._tensors({k: v[chosen] for k, v in columns.items()}))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()

    def _chunks(self, count: int) -> Iterator[Tensor]:
        chosen = max(1, round(self.proportion * count))
        for _ in range(self.epochs):
            order = torch.randperm(count, generator=self.generator)[:chosen]
            yield from torch.split(order, self.batch_size)

    def _look(self, columns: Columns) -> None:
        if self.normalize_obs:
            self.centring.look(columns["next" if "next" in self.looks else "now"], self.who)

    # --- rows and tensors -----------------------------------------------------------------

    def columns(self, transition: Transition) -> Columns:
        """More columns of a subclass's own, one row per transition."""
        return {}

    def _columns(self, transition: Transition) -> Columns:
        count = len(transition)
        slot = np.arange(count) if transition.env_index is None else transition.env_index
        found: Columns = {
            "slot": slot,
            "done": transition.terminated | transition.truncated,
            "t": np.zeros(count, dtype=np.int64) if transition.t is None else transition.t,
        }
        if "now" in self.looks:
            found["now"] = self.view.now(transition)
        if "next" in self.looks:
            found["next"] = self.view.next(transition)
        if self._actions is not None:
            found["action"] = self._actions(transition.action)
        return {**found, **self.columns(transition)}

    def _tensors(self, columns: Columns, *, online: bool = False) -> Batch:
        action = columns.get("action")
        return Batch(
            self._centred(columns, "now"),
            self._centred(columns, "next"),
            None if action is None else torch.from_numpy(action).to(self.device),
            columns,
            online,
        )

    def _centred(self, columns: Columns, name: str) -> Tensor | None:
        return self.centring(columns[name]) if name in columns else None

    # --- state ----------------------------------------------------------------------------

    def reset(self, mask: Bools) -> None:
        """Nothing of its own belongs to an episode."""

    def state_dict(self) -> State:
        """Networks, optimiser, statistics, generator and the rows not learned from yet."""
        return {
            "slots": self.binding.num_envs,
            "rows": self.rows,
            "nets": module_state(self.nets),
            "optimizer": [] if self.optimizer is None else optimizer_state(self.optimizer),
            "generator": self.generator.get_state().numpy(),
            "obs": self.centring.state_dict(),
            "scaling": self.scaling.state_dict(),
            "pending": self.pending.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is the state of other networks, or of another number of slots.
        """
        if not state:
            return
        if int(state["slots"]) != self.binding.num_envs:
            raise ConfigError(
                f"{self.who} takes the state of as many envs as it runs in. Received that of "
                f"{int(state['slots'])}, here are {self.binding.num_envs}; build as many."
            )
        load_module(self.nets, state["nets"], self.who)
        if self.optimizer is not None:
            load_optimizer(self.optimizer, state["optimizer"])
        self.generator.set_state(torch.from_numpy(np.array(state["generator"], dtype=np.uint8)))
        self.centring.load_state_dict(state["obs"])
        self.scaling.load_state_dict(state["scaling"])
        self.pending.load_state_dict(state["pending"])
        self.rows, self._seen = int(state["rows"]), None
        self.changed()
