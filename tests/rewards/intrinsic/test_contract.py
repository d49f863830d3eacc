"""Every intrinsic term keeps the reward contract (`rewardsmith.testing.check_term`)."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import ContractError
from rewardsmith.rewards.intrinsic import TERMS
from rewardsmith.testing import check_term

LEARNED = "hidden=8, latent=4, update_every=8, batch_size=4, warmup=0"
AROUND = {
    "adops": None,  # asks a learner's critics: tests/rewards/intrinsic/test_adops.py
    "annealed": "annealed(count(), steps=100)",
    "grm": "grm(count(), delay=2)",
    "pbim": "pbim(count())",
    "pies": "pies(count(), steps=100)",
}
PLAIN = {name: f"{name}()" for name in ("count", "simhash", "episodic_count", "pseudo_count")}
FORMULAS = {
    name: {**AROUND, **PLAIN, "novelty": "novelty()"}.get(name, f"{name}({LEARNED})")
    for name in TERMS
}
BOX = spaces.Box(-2, 2, (5,), np.float32)


@pytest.mark.parametrize("name", sorted(n for n, f in FORMULAS.items() if f))
def test_a_term_keeps_the_contract(name: str) -> None:
    report = check_term(
        FORMULAS[name], observation_space=BOX, action_space=spaces.Discrete(4), episodes=3
    )
    assert {f.name for f in report.unchecked} <= {
        "online equals relabelled", "given transitions", "optimality", "slots",
    }  # fmt: skip


def test_terms_that_look_at_observations_and_actions_need_their_spaces() -> None:
    with pytest.raises(ContractError, match="does not tell its observation space"):
        check_term("rnd()", action_space=spaces.Discrete(4))
    with pytest.raises(ContractError, match="learns from actions"):
        check_term("icm()", observation_space=BOX)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Dict({"image": spaces.Box(0, 255, (3, 12, 12), np.uint8), "n": spaces.Discrete(3)}),
        spaces.Text(20),
        spaces.Box(-np.inf, np.inf, (2, 3)),
    ],
)
def test_observations_are_drawn_from_their_space(space: spaces.Space[object]) -> None:
    assert check_term(f"rnd({LEARNED})", observation_space=space, episodes=2).ok


def test_actions_are_drawn_from_their_space() -> None:
    box = spaces.Box(-1, 1, (2,), np.float32)
    term = f"empowerment({LEARNED}, reference='uniform')"
    assert check_term(term, observation_space=BOX, action_space=box, episodes=2).ok
