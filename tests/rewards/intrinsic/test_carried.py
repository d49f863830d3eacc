"""What is kept instead of worked out again gives the same rewards, bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rewardsmith.rewards.intrinsic.carried import Carried

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"


def lived(term: Any, steps: Any, before: Any = None, ends: Any = (13, 14, 30)) -> Any:
    """Pay and learn, as a place does; an env is reset after some steps."""
    paid = []
    for i, step in enumerate(steps):
        if before:
            before(term)
        paid.append(term.step(step).tolist())
        term.update(step)
        if i in ends:
            term.reset(np.array([True, False]))
    return paid


@pytest.mark.parametrize("name", ["icm", "ride", "disagreement"])
def test_features_of_the_last_step_are_those_worked_out_anew(
    place: Any, walk: Any, name: str
) -> None:
    steps = [*walk(20), *walk(25, seed=1)]  # after 20 steps both begin elsewhere
    kept, anew = place(f"{name}({SMALL})"), place(f"{name}({SMALL})")
    assert lived(kept, steps) == lived(anew, steps, lambda term: term.carried.clear())


def test_one_row_that_begins_elsewhere_has_all_worked_out() -> None:
    net = torch.nn.Linear(2, 1, bias=False)
    carried, asked = Carried(net), []
    net.register_forward_hook(lambda _module, args, _out: asked.append(args[0].tolist()))
    arrived = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    carried.next(torch.from_numpy(arrived), {"next": arrived})
    carried.now(torch.from_numpy(arrived), {"now": arrived.copy()})
    assert len(asked) == 1
    other = np.array([[1.0, 2.0], [0.0, 0.0]], dtype=np.float32)
    carried.now(torch.from_numpy(other), {"now": other})
    assert asked[1] == other.tolist()
    arrived[:] = 0.0  # an env writes into its own array
    carried.now(torch.from_numpy(arrived), {"now": arrived})
    assert len(asked) == 3


@pytest.mark.parametrize("name", ["rnd", "disagreement", "noveld", "ngu"])
def test_what_frozen_networks_gave_is_what_they_give(
    place: Any, walk: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, kept, anew = walk(45), place(f"{name}({SMALL})"), place(f"{name}({SMALL})")
    fit = type(anew)._fit

    def without(term: Any, columns: Any) -> None:
        fit(term, {k: v for k, v in columns.items() if k not in term.frozen})

    paid = lived(kept, steps)
    assert set(kept.frozen) <= set(kept.pending.state_dict())
    monkeypatch.setattr(type(anew), "_fit", without)
    # Batches of other sizes are summed in another order.
    np.testing.assert_allclose(lived(anew, steps), paid, rtol=1e-4, atol=1e-6)
