"""What a user is told while a run loads, plays and learns."""

import logging

from typer.testing import CliRunner

from rewardsmith.agents.llm import stages
from rewardsmith.cli.app import app

CONFIG = """
n_envs: 4
eval_every: 8
eval_episodes: 2
env_kwargs: {max_episode_steps: 2}
hyperparameters: {num_generations: 2, max_line_tokens: 6}
"""


def test_a_run_says_what_it_is_doing_from_its_first_second(tmp_path, model_folder, monkeypatch):
    monkeypatch.setattr(stages, "_SILENCE", 0.0)
    (tmp_path / "settings.yaml").write_text(CONFIG)
    result = CliRunner().invoke(
        app,
        [
            *("train", "rewardsmith/Calculation-Easy-v0", "--model", str(model_folder)),
            *("--steps", "5", "--config", str(tmp_path / "settings.yaml")),
            *("--out", str(tmp_path / "run")),
        ],
    )
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stderr.splitlines() if line.endswith(" ...")]
    assert lines == [
        "loading PyTorch and TRL ...",
        f"loading the model {model_folder} ...",
        "evaluating the model as it came, on 2 tasks ...",
        "evaluating on 2 tasks ...",
        "playing: 0 of 2 rollouts over, turn 1 ...",
        "playing: 2 of 2 rollouts over, turn 2 ...",
        "evaluating: 2 of 2 tasks done ...",
        "playing: 0 of 4 rollouts over, turn 1 ...",
        "playing: 4 of 4 rollouts over, turn 2 ...",
        "learning from 4 rollouts ...",
        "evaluating on 2 tasks ...",
        "playing: 0 of 2 rollouts over, turn 1 ...",
        "playing: 2 of 2 rollouts over, turn 2 ...",
        "evaluating: 2 of 2 tasks done ...",
    ]
    assert "after 8 env steps (5 asked for; rollouts are not cut)" in result.stdout
    assert not logging.getLogger("rewardsmith.stages").handlers


def test_a_pulse_is_heard_after_silence_alone(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="rewardsmith.stages")
    monkeypatch.setattr(stages, "_SILENCE", 3600.0)
    stages.tell("loading")
    stages.pulse("playing")
    monkeypatch.setattr(stages, "_SILENCE", 0.0)
    stages.pulse("learning")
    assert caplog.messages == ["loading", "learning"]


def test_only_the_main_process_talks(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="rewardsmith.stages")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    stages.tell("loading")
    assert caplog.messages == []
