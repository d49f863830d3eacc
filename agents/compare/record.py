"""Record one episode: `python -m rewardsmith.agents.compare.record LABEL_DIR RUN_DIR`.

Plays the trained policy of RUN_DIR and saves the episode into LABEL_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rewardsmith.agents.classic.algorithms import is_language
from rewardsmith.agents.classic.checkpoints import read_newest
from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.classic.train import parts
from rewardsmith.agents.compare.episode import Episode, save_episode
from rewardsmith.agents.compare.playback import play
from rewardsmith.errors import ConfigError
from rewardsmith.registration import find_entry


def record(target: Path, run: Path) -> None:
    """Save one episode of the policy trained in `run` into `target`.

    Raises:
        ConfigError: `run` has no readable checkpoint.
    """
    folder = RunFolder(run)
    spec = RunSpec.read(folder.spec)
    played = read_newest(folder.checkpoints, lambda path, _: _play(spec, path))
    if played is None:
        raise ConfigError(f"A recording needs a readable checkpoint. Received {run} without one.")
    save_episode(played, target)


def _play(spec: RunSpec, checkpoint: Path) -> Episode:
    if is_language(spec):
        from rewardsmith.agents.llm.playback import play as play_language

        return play_language(spec, checkpoint)
    learner = parts(spec)[0](spec)
    try:
        learner.load(checkpoint)
        state = learner.stack.state_dict()
        return _player(spec)(spec, learner.model, learner.normalize, state=state)
    finally:
        learner.close()


def _player(spec: RunSpec) -> Callable[..., Episode]:
    """`play`, or its counterpart for games of several agents."""
    entry = find_entry(spec.env_id)
    if entry is None or entry.family != "multiagent":
        return play
    from rewardsmith.agents.multiagent.playback import play_game

    return play_game


if __name__ == "__main__":
    record(Path(sys.argv[1]), Path(sys.argv[2]))
