"""Networks: how their memory is laid out changes nothing but speed."""

from __future__ import annotations

import torch
from torch import nn

from rewardsmith.rewards.intrinsic.nets import (
    Trunk,
    load_module,
    load_optimizer,
    module_state,
    optimizer_state,
)

IMAGE = (3, 24, 24)
SIZE = 3 * 24 * 24


def made(seed: int) -> tuple[Trunk, torch.optim.Adam]:
    torch.manual_seed(seed)
    trunk = Trunk(SIZE, IMAGE, (8,), 4)
    return trunk, torch.optim.Adam(trunk.parameters(), lr=1e-2, fused=True)


def learned(trunk: Trunk, optimizer: torch.optim.Adam, rows: torch.Tensor) -> None:
    optimizer.zero_grad()
    trunk(rows).square().mean().backward()
    optimizer.step()


def test_pictures_go_through_in_parts_as_they_would_at_once() -> None:
    trunk, _ = made(0)
    rows = torch.rand(150, SIZE)  # three parts
    layers = [x for x in (trunk.convolution or []) if not isinstance(x, nn.Flatten)]
    expected = rows.double().reshape(-1, *IMAGE)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            weight, bias = (x.detach().double().contiguous() for x in (layer.weight, layer.bias))
            expected = nn.functional.conv2d(expected, weight, bias, layer.stride)
        else:
            expected = expected.clamp(min=0)
    expected = expected.flatten(1)
    first, _, last = trunk.linear
    expected = (expected @ first.weight.double().T + first.bias.double()).clamp(min=0)
    expected = expected @ last.weight.double().T + last.bias.double()
    torch.testing.assert_close(trunk(rows).double(), expected, rtol=1e-4, atol=1e-5)


def test_a_convolution_learns_on_bit_by_bit_after_it_was_saved() -> None:
    rows = torch.rand(5, 20, SIZE)
    one, of_one = made(0)
    other, of_other = made(1)
    for part in rows[:3]:
        learned(one, of_one, part)
    load_module(other, module_state(one), "it")
    load_optimizer(of_other, optimizer_state(of_one))
    for part in rows[3:]:
        learned(one, of_one, part)
        learned(other, of_other, part)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
