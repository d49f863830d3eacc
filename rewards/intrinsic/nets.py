"""Small networks, and their state as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardsmith.errors import ConfigError
from rewardsmith.term import State


def device_of(name: str) -> torch.device:
    """A device by name; `auto` is the GPU if there is one.

    Raises:
        ConfigError: no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()  # `meta` allocates, and holds no numbers
    except (RuntimeError, AssertionError, ValueError, TypeError) as error:
        raise ConfigError(
            f"device is 'auto', 'cpu' or a GPU that is there. Received {name!r}: "
            f"{str(error).splitlines()[0]}. Write device='auto'."
        ) from None
    return device


#: pictures that a convolution takes at a time, so that what it makes of them stays in the cache
_PICTURES = 64


class Layers(nn.Sequential):
    """Linear layers and ReLU; of few rows, calling modules takes as long as their arithmetic."""

    def forward(self, rows: Tensor) -> Tensor:
        """What the last layer gives."""
        for layer in self:
            if isinstance(layer, nn.Linear):
                rows = functional.linear(rows, layer.weight, layer.bias)
            else:
                rows = rows.relu_()
        return rows


def mlp(size: int, hidden: Sequence[int], out: int) -> Layers:
    """Linear layers with ReLU between them, orthogonal weights (gain sqrt 2)."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [_orthogonal(nn.Linear(size, width)), nn.ReLU()]
        size = width
    return Layers(*layers, _orthogonal(nn.Linear(size, out)))


class Trunk(nn.Module):
    """Rows to vectors: a convolution over the picture, if rows hold one, and linear layers.

    The convolution is that of Mnih et al. 2015 (8/4, 4/2, 3/1) from 36 pixels on a side, and
    three of 3/2 below.

    Args:
        size: numbers in a row; the picture's come first.
        image: (channels, height, width) of the picture, or None.
        hidden: widths of the linear layers.
        out: size of the vectors.
    """

    def __init__(
        self, size: int, image: tuple[int, int, int] | None, hidden: Sequence[int], out: int
    ) -> None:
        super().__init__()
        self.image = image
        self.pixels = 0 if image is None else int(np.prod(image))
        self.convolution = None if image is None else _convolution(image)
        width = size - self.pixels
        if image is not None and self.convolution is not None:
            with torch.no_grad():
                width += int(self.convolution(torch.zeros(1, *image)).shape[1])
        self.linear = mlp(width, hidden, out)

    def forward(self, rows: Tensor) -> Tensor:
        """Vectors of shape (N, out)."""
        if self.convolution is None or self.image is None:
            flat: Tensor = self.linear(rows)
            return flat
        pictures = rows[:, : self.pixels].reshape(-1, *self.image)
        parts = [
            self.convolution(part.contiguous(memory_format=torch.channels_last))
            for part in torch.split(pictures, _PICTURES)
        ]
        seen = parts[0] if len(parts) == 1 else torch.cat(parts)
        if self.pixels < rows.shape[1]:
            seen = torch.cat([seen, rows[:, self.pixels :]], dim=1)
        found: Tensor = self.linear(seen)
        return found


def _convolution(image: tuple[int, int, int]) -> nn.Sequential:
    channels, side = image[0], min(image[1:])
    plan = [(32, 8, 4), (64, 4, 2), (64, 3, 1)] if side >= 36 else [(32, 3, 2)] * 3
    layers: list[nn.Module] = []
    for out, kernel, stride in plan:
        layers += [_orthogonal(nn.Conv2d(channels, out, kernel, stride)), nn.ReLU(inplace=True)]
        channels = out
    made: Any = nn.Sequential(*layers, nn.Flatten())
    # On the CPU, channels last in memory take two thirds of the time.
    found: nn.Sequential = made.to(memory_format=torch.channels_last)
    return found


def _orthogonal(layer: Any) -> Any:
    nn.init.orthogonal_(layer.weight, 2**0.5)
    nn.init.zeros_(layer.bias)
    return layer


# --- state as arrays --------------------------------------------------------------------


def module_state(module: nn.Module) -> State:
    """Every parameter and buffer by name."""
    return {name: _array(value) for name, value in module.state_dict().items()}


def load_module(module: nn.Module, state: Mapping[str, Any], who: str) -> None:
    """Take over what `module_state` gave.

    Raises:
        ConfigError: the names or shapes are another network's.
    """
    own = module.state_dict()
    wrong = [k for k in own if k not in state or np.shape(state[k]) != tuple(own[k].shape)]
    if wrong or len(own) != len(state):
        name = wrong[0] if wrong else next(k for k in state if k not in own)
        saved = np.shape(state[name]) if name in state else "nothing"
        here = tuple(own[name].shape) if name in own else "nothing"
        raise ConfigError(
            f"{who} takes the state of a term with the same options and observations. Received "
            f"{saved} for {name!r}, which is {here} here. Build it with the options and the env "
            "that it was saved with."
        )
    module.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in state.items()})


def optimizer_state(optimizer: torch.optim.Optimizer) -> list[State]:
    """What Adam keeps of each parameter, in order; empty before its first step."""
    kept = optimizer.state_dict()["state"]
    return [{k: _array(v) for k, v in kept[i].items()} for i in sorted(kept)]


def load_optimizer(optimizer: torch.optim.Optimizer, state: Sequence[Mapping[str, Any]]) -> None:
    """Take over what `optimizer_state` gave."""
    kept = {
        i: {k: torch.from_numpy(np.array(v)) for k, v in row.items()} for i, row in enumerate(state)
    }
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": kept, "param_groups": groups})
    for weight, own in optimizer.state.items():
        for name, value in own.items():
            if value.shape == weight.shape:
                # In the weight's order of memory, as Adam makes them: fused steps expect it.
                own[name] = torch.empty_like(weight).copy_(value)


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy().copy() if isinstance(value, Tensor) else np.array(value)
