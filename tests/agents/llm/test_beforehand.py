"""What is wrong with a run's settings is said before PyTorch and TRL are loaded."""

import subprocess
import sys

import pytest

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.llm.run import LanguageLearner
from rewardsmith.errors import ConfigError, UnknownNameError

CODE = """
import sys
from rewardsmith.cli.app import app
from rewardsmith.errors import RewardsmithError
for line in sys.stdin.read().splitlines():
    try:
        app(["train", "rewardsmith/Calculation-Easy-v0", *line.split()], standalone_mode=False)
    except RewardsmithError as error:
        loaded = [m for m in ("torch", "trl", "transformers", "stable_baselines3")
                  if m in sys.modules]
        print(type(error).__name__, loaded)
"""


@pytest.fixture
def spec(model_folder):
    def build(reward="env", n_envs=16, **hyperparameters):
        return make_spec(
            "rewardsmith/Calculation-Easy-v0",
            reward=reward,
            algo="grpo",
            n_envs=n_envs,
            hyperparameters={"model": str(model_folder), **hyperparameters},
        )

    return build


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"num_generations": 3},
            r"n_envs is a multiple of num_generations \(3\)\. Received n_envs=16",
        ),
        ({"num_generations": 2.5}, "num_generations is a whole number >= 2"),
        ({"num_generations": 1}, "num_generations is a whole number >= 2"),
        ({"n_envs": 24, "micro_batch": 5}, r"micro_batch divides n_envs \(24\)"),
        ({"learning_rate": "1e-3"}, r"learning_rate is a finite number > 0\. Received '1e-3'"),
        ({"temperature": 0}, "temperature is a finite number > 0"),
        ({"dtype": "bfloat"}, "dtype is one of .* Did you mean 'bfloat16'"),
        ({"loss_type": "drgrpo"}, "Did you mean 'dr_grpo'"),
        ({"max_tokens": 8}, "max_line_tokens <= max_tokens. Received 32 and 8"),
        ({"report_to": "wandb"}, r"report_to is a list of loggers"),
        ({"credit": 3}, "credit is a method's name"),
        ({"credit_options": {"baselin": "zero"}}, "Did you mean 'baseline'"),
        ({"credit_options": {1: 2}}, "1"),
        ({"n_envs": {}}, r"n_envs is a whole number, at least 1\. Received {}"),
        ({"learning_rat": 1}, "Did you mean 'learning_rate'"),
        (
            {"trl": {"learning_rate": 1e-3}},
            "'learning_rate', which the run takes from its own lear",
        ),
        ({"trl": {"max_completion_length": 9}}, "which the run takes from max_tokens; set that"),
        ({"trl": {"max_steps": 9}}, "which the run takes from --steps"),
        ({"trl": [1]}, "trl is a mapping"),
        ({"trl": {"seed": 3}}, "'seed', which the run takes from --seed"),
        ({"trl": {"steps_per_generation": 3}}, "which the run takes from n_envs and micro_batch"),
        ({"micro_batch": 0}, "micro_batch is a whole number >= 1"),
        ({"lora": -1}, "lora is a whole number >= 0"),
        ({"lora": 2, "lora_alpha": 0}, "lora_alpha is a whole number >= 1"),
        ({"credit_options": 3}, "credit_options is a mapping of options"),
        ({"model": ""}, "--model"),
    ],
)
def test_a_setting_that_cannot_be(spec, settings, words):
    with pytest.raises(ConfigError, match=words):
        spec(**settings)


def test_an_unknown_credit(spec):
    with pytest.raises(UnknownNameError, match="Did you mean 'trajectory'"):
        spec(credit="trajectry")


def test_istar_without_implicit_rewards_says_who_must_pay_them(spec):
    with pytest.raises(ConfigError, match=r"'istar' reads an implicit reward.* not\b.*'implicit'"):
        spec(credit="istar")
    with pytest.raises(ConfigError, match="the term 'steps'"):
        spec(credit="istar", credit_options={"component": "steps"})


def test_istar_learns_from_a_term_that_pays_them(spec):
    reward = "env + value(understood, name='implicit')"
    chosen = spec(reward, credit="istar")
    learner = LanguageLearner(chosen)
    learner.close()
    assert "implicit" in learner.stack.names


def test_a_whole_number_may_be_written_as_one_point_zero(spec):
    from rewardsmith.agents.llm.settings import LanguageSettings

    found = LanguageSettings.of(spec(num_generations=4.0))
    assert type(found.num_generations) is int


def test_nothing_heavy_is_loaded_to_say_so(tmp_path, model_folder):
    (tmp_path / "bad.yaml").write_text("hyperparameters: {temperature: 0}")
    lines = [
        f"--out {tmp_path}/run --model {tmp_path}/nothing",
        f"--out {tmp_path}/run --model {tmp_path}",
        f"--out {tmp_path}/run --model {model_folder} --credit turns",
        f"--out {tmp_path}/run --model {model_folder} --credit istar",
        f"--out {tmp_path}/run --model {model_folder} --config {tmp_path}/bad.yaml",
    ]
    told = subprocess.run(
        [sys.executable, "-c", CODE],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    names = ["ConfigError", "ConfigError", "UnknownNameError", "ConfigError", "ConfigError"]
    assert told.stdout.splitlines() == [f"{name} []" for name in names]
