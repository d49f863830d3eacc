"""Trained: the options that every learned term takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.base import IntrinsicTerm
from rewardsmith.rewards.intrinsic.centring import PATIENCE
from rewardsmith.rewards.intrinsic.scaling import check_normalize


class Trained(IntrinsicTerm):
    """Base of `LearnedTerm`: how it is built, how often it learns, what its pay is divided by.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`.
        hidden: widths of the linear layers.
        latent: size of the vectors that its networks give.
        lr: step size of Adam.
        batch_size: rows in a gradient step.
        epochs: passes over the rows.
        update_every: rows (env steps over all slots) between two updates.
        proportion: share of the rows that each pass learns from, in (0, 1].
        warmup: rows that are paid 0; `update_every` if None.
        normalize: what the reward is divided by: `std`, the running deviation of single rewards;
            `return`, that of their discounted sums (Burda et al. 2018, section 2.4); or `none`.
        normalize_obs: whether rows are centred, divided by their deviation and cut at 5 of them.
        patience: rows that may all be equal before they are refused, with `normalize_obs`.
        device: `auto`, `cpu`, `cuda`, ...
        seed: of weights and batches.
    """

    def __init__(  # noqa: PLR0913  # one argument per option
        self,
        *on: Any,
        encoder: str = "auto",
        hidden: Sequence[int] = (256,),
        latent: int = 128,
        lr: float = 1e-3,
        batch_size: int = 256,
        epochs: int = 1,
        update_every: int = 1024,
        proportion: float = 1.0,
        warmup: int | None = None,
        normalize: str = "std",
        normalize_obs: bool = True,
        patience: int = PATIENCE,
        device: str = "auto",
        seed: int = 0,
    ) -> None:
        super().__init__(*on, encoder=encoder)
        name = self.term_name
        self.hidden = tuple(checks.whole(f"hidden of {name}", w, least=1) for w in _tuple(hidden))
        self.latent = checks.whole(f"latent of {name}", latent, least=1)
        self.lr = checks.number(f"lr of {name}", lr, above=0)
        self.batch_size = checks.whole(f"batch_size of {name}", batch_size, least=1)
        self.epochs = checks.whole(f"epochs of {name}", epochs, least=1)
        self.update_every = checks.whole(f"update_every of {name}", update_every, least=1)
        self.proportion = checks.number(f"proportion of {name}", proportion, above=0)
        if self.proportion > 1:
            raise ConfigError(f"proportion of {name} lies in (0, 1]. Received {proportion!r}.")
        given = self.update_every if warmup is None else warmup
        self.warmup = checks.whole(f"warmup of {name}", given, least=0)
        self.normalize = check_normalize(normalize)
        self.normalize_obs = checks.truth(f"normalize_obs of {name}", normalize_obs)
        self.patience = checks.whole(f"patience of {name}", patience, least=1)
        self.device_name = device
        self.seed = checks.whole(f"seed of {name}", seed, least=0)
        if self.seed >= 2**63:  # what PyTorch's generators take
            raise ConfigError(f"seed of {name} is below 2**63. Received {seed!r}.")


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
