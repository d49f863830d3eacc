"""A training run is watched: PPO that farms is told of, across an interruption too."""

import csv
import logging

import pytest

from rewardsmith.agents.classic.checkpoints import list_checkpoints
from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.train import train
from rewardsmith.agents.classic.watch import RewardWatch
from rewardsmith.storage import load_state, save_state


def spec_of(reward):
    return make_spec(
        "rewardsmith/Bicycle-v0",
        reward=reward,
        steps=7168,
        n_envs=8,
        eval_every=7168,
        eval_episodes=1,
        hyperparameters={"n_steps": 64, "batch_size": 128},
    )


class Stopped(Exception):
    pass


def test_a_farming_run_is_told_of_and_resumes_with_its_window(tmp_path, caplog):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    with caplog.at_level(logging.WARNING, "rewardsmith"):
        result = train(spec_of("approach"), whole)
    assert result.warned
    told = [r.message for r in caplog.records]
    assert len(told) == 1
    assert f"env step {result.warned[0]:,}" in told[0]
    assert "of it comes from 'progress'" in told[0]
    assert RunFolder(whole).finished().warned == result.warned
    with (whole / "logs" / "progress.csv").open() as file:
        last = [row for row in csv.DictReader(file) if row["watch/proxy"]][-1]
    # Bicycle pays 1 at the goal and approach a little on every step towards it.
    assert float(last["watch/proxy"]) > float(last["watch/true"]) >= 0
    assert float(last["watch/share_progress"]) > 0.5

    def stop(step, known):
        if step >= 4096 and list_checkpoints(cut / "checkpoints"):
            raise Stopped

    with pytest.raises(Stopped):
        train(spec_of("approach"), cut, progress=stop, checkpoint_every=1024)
    assert train(spec_of("approach"), cut, resume=True).warned == result.warned


def test_a_sound_run_is_not_told_of(tmp_path, caplog):
    assert train(spec_of("potential"), tmp_path).warned == []
    assert "hacked" not in caplog.text


def info(i):
    return {"reward_episode": {"sum": {"env": -float(i), "bonus": 3.0 * i}, "env": -float(i)}}


def test_a_watch_goes_on_from_its_state(tmp_path):
    # The window of 20 is filled by 12 episodes before the break and 8 after it.
    looks = []
    before = RewardWatch(20, every=50)
    for i in range(12):
        before.note(info(i))
    save_state(tmp_path / "watch.npz", before.state_dict())
    after = RewardWatch(20, every=50, on_warning=looks.append)
    after.load_state_dict(load_state(tmp_path / "watch.npz"))
    for i in range(12, 20):
        after.note(info(i))
    look = after.window.look()
    assert (look.episodes, look.true, look.proxy) == (20, -9.5, 19.0)
    assert look.hacking
