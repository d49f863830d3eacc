"""Expressions on PyTorch tensors: the same trees, on the CPU or a GPU, with gradients.

This module imports torch, and nothing that `import rewardsmith` needs imports this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.backends.torch_backend import bind_torch
from rewardsmith.language.compile import NOT_A_NUMBER, lowered
from rewardsmith.language.nodes import Expr
from rewardsmith.transition import Transition


@dataclass(slots=True)
class TensorTransition:
    """N transitions as tensors, all on one device: what an expression may read.

    Args:
        features, next_features: name -> tensor of shape (N, ...), of any numeric type.
        env_reward: the environment's own reward, shape (N,).
        obs, next_obs, action: tensors of shape (N, ...).
        t: steps since the episode began, at s_t, shape (N,); None if unknown (0 is assumed).
    """

    features: Mapping[str, Tensor] = field(default_factory=dict)
    next_features: Mapping[str, Tensor] = field(default_factory=dict)
    env_reward: Tensor | None = None
    obs: Tensor | None = None
    next_obs: Tensor | None = None
    action: Tensor | None = None
    t: Tensor | None = None

    @classmethod
    def of(cls, tr: Transition, device: str | torch.device = "cpu") -> TensorTransition:
        """Copies of a transition's arrays on a device; its text features are left out.

        >>> none = np.zeros(2, bool)
        >>> tr = Transition(None, None, None, np.ones(2), none, none, {"x": np.arange(2)})
        >>> TensorTransition.of(tr).features["x"]
        tensor([0, 1])
        """

        def moved(value: Any) -> Any:
            return torch.tensor(value, device=device) if _numeric(value) else None

        def all_moved(values: Mapping[str, Any]) -> dict[str, Tensor]:
            return {key: moved(value) for key, value in values.items() if _numeric(value)}

        rest = (tr.env_reward, tr.obs, tr.next_obs, tr.action, tr.t)
        return cls(all_moved(tr.features), all_moved(tr.next_features), *map(moved, rest))


def _numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def compile_torch(
    tree: Expr,
    *,
    at: str = "now",
    schema: FeatureSchema | None = None,
    source: str = "",
    dtype: torch.dtype = torch.float64,
) -> Callable[[TensorTransition | Transition], Tensor]:
    """Compile an expression to a closure from N transitions of tensors to shape (N,).

    It computes what `compile_expression` does, where the tensors are: nothing is copied to the
    host, and no branch depends on a value. Gradients flow wherever the expression is smooth; as
    always in PyTorch, the derivative of the part that `where` does not take must be finite too.

    Args:
        tree, at, schema, source: as in `compile_expression`.
        dtype: of all computation and of the result; features of other types are converted.

    Returns:
        A closure of a `TensorTransition`, or of a `Transition` that holds tensors. The result
        may be a tensor of the transition itself: do not write into it.

    Raises:
        LanguageError: the schema says that the tree is no number per row, or does not fit.

    >>> from rewardsmith.language import parse_expression
    >>> run = compile_torch(parse_expression("where(x > 0, x**2, 0)"))
    >>> x = torch.tensor([-1.0, 3.0], requires_grad=True)
    >>> run(TensorTransition({"x": x})).sum().backward()
    >>> x.grad
    tensor([-0., 6.])
    """
    run = compile_torch_many([tree], at=at, schema=schema, source=source, dtype=dtype)
    return lambda tr: run(tr)[0]


def compile_torch_many(
    trees: Sequence[Expr],
    *,
    at: str = "now",
    schema: FeatureSchema | None = None,
    source: str = "",
    dtype: torch.dtype = torch.float64,
) -> Callable[[TensorTransition | Transition], tuple[Tensor, ...]]:
    """Compile several expressions to one closure, which computes what they share once."""
    if not dtype.is_floating_point:
        raise ValueError(f"`dtype` is a floating point type. Received {dtype}.")
    run = bind_torch(lowered(trees, at, schema, source), _read, dtype, source)

    def outputs(tr: TensorTransition | Transition) -> tuple[Tensor, ...]:
        some = _some(tr)
        found = run(tr, some.device)
        return tuple(
            _rows(x, len(some), tree, source) for x, tree in zip(found, trees, strict=True)
        )

    return outputs


def _rows(found: Tensor, rows: int, tree: Expr, source: str) -> Tensor:
    if found.ndim > 1:
        message = f"{NOT_A_NUMBER} Received {tuple(found.shape[1:])} numbers per row."
        raise LanguageError(message, source, *tree.span)
    return found if found.ndim == 1 else found.expand(rows)


def _some(tr: TensorTransition | Transition) -> Tensor:
    """Any tensor of the transition: it knows the device and the number of rows."""
    for value in _tensors(tr):
        if isinstance(value, Tensor):
            return value
    raise LanguageError(
        "An expression on tensors reads a transition that holds some. Received none; "
        "TensorTransition.of(transition) makes them from arrays."
    )


def _tensors(tr: TensorTransition | Transition) -> Iterator[Any]:
    yield from (tr.env_reward, *tr.features.values(), *tr.next_features.values())
    yield from (tr.action, tr.t, tr.obs, tr.next_obs)


def _read(tr: Any, name: str, ahead: bool) -> Tensor:
    features = tr.next_features if ahead else tr.features
    if name == "obs":
        return _observation(tr.next_obs if ahead else tr.obs, features)
    if name == "t":
        clock = tr.t
        if clock is None:
            some = _some(tr)
            clock = torch.zeros(len(some), dtype=torch.int64, device=some.device)
        return clock + 1 if ahead else clock  # type: ignore[no-any-return]
    if name in ("action", "reward"):
        return _given(tr.action if name == "action" else tr.env_reward, name)
    return _given(features[name], name)


def _observation(obs: Any, features: Mapping[str, Tensor]) -> Tensor:
    if isinstance(obs, Tensor):
        return obs
    if "obs" in features:
        return features["obs"]
    what = "a dictionary: write its keys as features" if isinstance(obs, dict) else "not known"
    raise LanguageError(f"`obs` needs observations in one tensor. Here they are {what}.")


def _given(value: Any, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return value
    kind = type(value).__name__
    raise LanguageError(
        f"`{name}` must be a tensor here. Received {kind}; TensorTransition.of(transition) makes "
        "tensors from arrays."
    )
