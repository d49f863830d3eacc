"""What a user may write under `trl`."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import trl

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.llm.settings import LanguageSettings, trl_config
from rewardsmith.agents.llm.trl_fields import RESERVED, SCHEDULES
from rewardsmith.errors import ConfigError


@pytest.fixture
def config(model_folder, tmp_path):
    """A function that gives TRL's configuration of a run with these fields."""

    def build(**fields):
        spec = make_spec(
            "rewardsmith/ToolCalling-v0",
            algo="grpo",
            n_envs=8,
            hyperparameters={"model": str(model_folder), "num_generations": 4, "trl": fields},
        )
        return trl_config(spec, LanguageSettings.of(spec), tmp_path)

    return build


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_what_the_run_decides_is_a_field_of_trl_and_refused(config, name):
    assert name in {*trl.GRPOConfig.__dataclass_fields__}
    with pytest.raises(ConfigError, match=f"Received '{name}'"):
        config(**{name: 1})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"save_only_model": True}, "Leave it out: --resume needs the optimiser too"),
        ({"eval_on_start": True}, "Leave it out: every run evaluates the model as it came"),
        ({"lr_scheduler_type": "linear"}, "a run ends at its env steps.* Received 'linear'"),
        ({"lr_scheduler_type": "cosine"}, "is one of constant, constant_with_warmup, inverse_sqrt"),
        ({"lr_scheduler_type": "constnat"}, "Did you mean 'constant'"),
        ({"lr_scheduler_type": ["constant"]}, r"Received \['constant'\]"),
        ({"warmup_steps": 10}, "Set lr_scheduler_type: constant_with_warmup"),
        (
            {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 0.1},
            r"a share of all optimiser steps is unknown\. Received 0\.1",
        ),
        ({"warmup_steps": "many"}, "warmup_steps of trl is a finite number >= 0"),
    ],
)
def test_what_a_run_cannot_heed_is_refused_before_trl_is_loaded(config, fields, words):
    with pytest.raises(ConfigError, match=words):
        config(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"metric_for_best_model": 5}, "metric_for_best_model is text; its default is None"),
        ({"accelerator_config": True}, "is a mapping or text; its default is None. Received True"),
        ({"accelerator_config": "nowhere.json"}, "No such file or directory: 'nowhere.json'"),
        ({"beta": "1e-3"}, r"beta is a number; its default is 0\.0\. .* write 1\.0e-3"),
        ({"num_iterations": True}, "num_iterations is a whole number; its default is 1"),
        ({"num_iterations": 1.5}, "num_iterations is a whole number"),
        ({"reward_weights": 0.5}, "reward_weights is a list; its default is None"),
        ({"shuffle_dataset": "no"}, "shuffle_dataset is true or false"),
        ({"parallelism_config": {}}, "an object that no file can hold"),
    ],
)
def test_values_of_other_types_are_refused(config, fields, words):
    with pytest.raises(ConfigError, match=words):
        config(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"beta": 0},
        {"top_k": 3},
        {"lr_scheduler_kwargs": {"timescale": 5}, "lr_scheduler_type": "inverse_sqrt"},
        {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 4},
        {"reward_weights": [1.0]},
        {"accelerator_config": {"even_batches": True}},
        {"importance_sampling_level": "sequence"},
        {"metric_for_best_model": None},
    ],
)
def test_values_that_trl_documents_are_taken(config, fields):
    made = config(**fields)
    assert made.max_steps > 10**9  # the run stops itself
    name, value = next(iter(fields.items()))
    found = getattr(made, name)
    assert found == value or found.even_batches


def test_the_schedules_need_no_end(config):
    """Far from any end they are what they are near it: the same for two lengths of a run."""
    import torch
    from transformers import get_scheduler

    for kind in SCHEDULES:
        rates = []
        for total in (10, 10**9):
            optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            schedule = get_scheduler(kind, optimiser, num_warmup_steps=4, num_training_steps=total)
            rates.append([])
            for _ in range(8):
                optimiser.step()
                schedule.step()
                rates[-1].append(schedule.get_last_lr()[0])
        assert rates[0] == rates[1]


@pytest.mark.parametrize(
    ("option", "package"), [("use_liger_kernel", "liger_kernel"), ("use_vllm", "vllm")]
)
def test_an_option_without_its_package_is_refused_at_once(config, option, package):
    if find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(ConfigError, match=f"{option} needs the package '{package}'"):
        config(**{option: True})


def test_a_missing_package_of_an_option_is_named(learn):
    if find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is installed")
    with pytest.raises(ConfigError, match=r"bitsandbytes.*Install the package, or leave"):
        learn(trl={"optim": "adamw_bnb_8bit"})


def test_a_folder_is_no_file_of_options(config):
    with pytest.raises(ConfigError, match="trl holds fields of TRL's GRPOConfig"):
        config(accelerator_config=str(Path(__file__).parent))


def test_a_missing_logger_is_named(learn):
    if find_spec("wandb"):
        pytest.skip("wandb is installed")
    with pytest.raises(ConfigError, match="wandb"):
        learn(report_to=["wandb"])
    with pytest.raises(ConfigError, match="nowhere"):
        learn(report_to=["nowhere"])
