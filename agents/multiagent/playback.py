"""Play one game with a trained shared policy, and say what each term pays at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from rewardsmith.agents.classic.evaluate import FIRST_SEED, make_bare
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.episode import Episode
from rewardsmith.agents.multiagent.evaluate import Game
from rewardsmith.wrappers.pettingzoo_parallel import RewardParallelWrapper


def play_game(
    spec: RunSpec,
    model: Any,
    normalize: Callable[[Any], Any] | None = None,
    *,
    state: Mapping[str, Any] | None = None,
    seed: int = FIRST_SEED,
) -> Episode:
    """Play `model` for one game in the env of `spec`; arguments as `compare.playback.play`.

    Terms and env rewards are means over the agents that acted.
    """
    place = RewardParallelWrapper(
        make_bare(spec, render_mode="rgb_array"),
        spec.reward,
        gamma=spec.gamma,
        on_nan="zero",
        training=False,
    )
    if state is not None:
        place.stack.load_state_dict(state)
    torch.manual_seed(seed)
    game, episode = Game(place, seed), Episode(seed=seed)
    episode.terms = {name: [] for name in place.stack.names}
    episode.frames.append(np.asarray(place.render(), dtype=np.uint8))
    while not game.over:
        obs = normalize(game.obs) if normalize else game.obs
        actions, _ = model.predict(obs, deterministic=spec.deterministic_eval)
        _note(episode, game.step(actions))
        episode.frames.append(np.asarray(place.render(), dtype=np.uint8))
    place.close()
    episode.success = game.score()[0]
    return episode


def _note(episode: Episode, infos: Mapping[str, dict[str, Any]]) -> None:
    paid = [info for info in infos.values() if "reward_terms" in info]
    episode.env_rewards.append(float(np.mean([info["reward_env"] for info in paid])))
    for name, values in episode.terms.items():
        values.append(float(np.mean([info["reward_terms"][name] for info in paid])))
