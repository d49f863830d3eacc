import pytest

from rewardsmith.agents.classic.algorithms import ALGORITHMS, check_settings
from rewardsmith.agents.classic.settings import (
    _defaults,
    _split,
    make_spec,
    read_config,
)
from rewardsmith.errors import ConfigError, RewardsmithError, UnknownNameError

CARTPOLE = "rewardsmith/CartPole-v0"


def test_an_environments_own_block_overrides_the_general_one():
    # rl-baselines3-zoo, hyperparams/ppo.yml, CartPole-v1
    spec = make_spec(CARTPOLE)
    assert spec.gamma == 0.98
    assert spec.hyperparameters["n_steps"] == 32
    assert spec.hyperparameters["gae_lambda"] == 0.8
    assert spec.hyperparameters["learning_rate"] == "lin_0.001"


def test_a_starred_block_serves_every_id_that_begins_so():
    for name in ("LunarLander", "LunarLanderContinuous"):
        assert make_spec(f"rewardsmith/{name}-v0").gamma == 0.999


def test_a_strangers_environment_gets_the_general_defaults():
    spec = make_spec("BipedalWalker-v3")
    assert (spec.hyperparameters["n_steps"], spec.gamma) == (256, 0.99)


def test_the_command_line_overrides_the_file_and_the_file_the_defaults(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(
        "env_id: rewardsmith/CartPole-v0\nsteps: 7000\nseed: 3\nhyperparameters:\n  n_steps: 8\n"
    )
    spec = make_spec(config=path, seed=4)
    assert (spec.steps, spec.seed, spec.hyperparameters["n_steps"]) == (7000, 4, 8)


def test_evaluations_come_every_twentieth_of_the_run_in_whole_rollouts():
    # DoorKey: a rollout is 16 envs x 128 steps = 2048; a twentieth of 50000 is 2500
    assert make_spec("rewardsmith/DoorKey-5x5-v0", steps=50_000).eval_every == 4096
    # off-policy, one env: every step
    assert make_spec(CARTPOLE, algo="dqn", steps=50_000).eval_every == 2500


def test_a_named_reward_is_kept_as_its_formula():
    assert make_spec(CARTPOLE, reward="sparse").reward == "env"


def test_the_replay_buffer_holds_no_more_than_the_run_collects():
    assert make_spec(CARTPOLE, algo="dqn", steps=500).hyperparameters["buffer_size"] == 500


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"env_id": "rewardsmith/CartPol-v0"}, UnknownNameError, "Did you mean 'rewardsmith/Cart"),
        ({"algo": "pp"}, UnknownNameError, "Unknown algorithm 'pp'. Did you mean 'ppo'"),
        ({"stepz": 4}, ConfigError, "no setting 'stepz'. Did you mean 'steps'"),
        ({"hyperparameters": {"n_step": 4}}, ConfigError, "Did you mean 'n_steps'"),
        ({"algo": "sac", "hyperparameters": {"n_epochs": 4}}, ConfigError, "no setting 'n_epochs'"),
        ({"hyperparameters": {"gamma": 0.5}}, ConfigError, "no setting 'gamma'"),
        ({"reward": "spars"}, RewardsmithError, "Did you mean 'sparse'"),
        ({"reward": "env + pole_angel"}, RewardsmithError, "Did you mean 'pole_angle'"),
        ({"steps": "many"}, ConfigError, "steps is a whole number"),
    ],
)
def test_a_wrong_setting_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        make_spec(**{"env_id": CARTPOLE, **given})


def test_no_environment_is_refused():
    with pytest.raises(ConfigError, match="A run needs an environment"):
        make_spec()


@pytest.mark.parametrize("text", ["- a\n- b\n", "steps: [", "just text"])
def test_a_config_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        read_config(path)


def test_a_config_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must be readable UTF-8 text"):
        read_config(tmp_path / "none.yaml")


def test_an_empty_config_is_said_to_be_empty(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("# nothing yet\n")
    with pytest.raises(ConfigError, match="The file is empty"):
        read_config(path)


@pytest.mark.parametrize("wrong", [3, [1, 2], "x", None])
@pytest.mark.parametrize("name", ["hyperparameters", "env_kwargs"])
def test_what_the_command_line_sets_does_not_hide_a_wrong_file(name, wrong):
    config = {"env_id": CARTPOLE, name: wrong}
    with pytest.raises(ConfigError, match=f"{name} is a mapping of"):
        make_spec(config=config, **{name: {"model": "m"}})


@pytest.mark.parametrize(
    ("hyperparameters", "name"),
    [
        ("learning_rate: 1e-4", "learning_rate"),
        ("ent_coef: 1e-2", "ent_coef"),  # SB3 takes any, and multiplies with it later
        ("policy_kwargs: {optimizer_kwargs: {eps: 1e-5}}", "eps"),
        ("policy_kwargs: {net_arch: ['64']}", "net_arch"),
    ],
)
def test_a_number_that_yaml_reads_as_a_word(tmp_path, hyperparameters, name):
    path = tmp_path / "run.yaml"
    path.write_text(f"hyperparameters: {{{hyperparameters}}}")
    with pytest.raises(ConfigError, match=rf"{name} is a number\. .* write 1\.0e-4"):
        make_spec(CARTPOLE, config=path)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_default_is_a_setting_of_its_algorithm(name):
    for block in _defaults()[name].values():
        check_settings(ALGORITHMS[name], _split(block)[1])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"env_kwargs": 3}, "env_kwargs is a mapping of keywords. Received 3"),
        ({"hyperparameters": [1]}, "hyperparameters is a mapping of settings"),
        ({"algo": ["ppo"]}, "algo is text. Received"),
        ({"env_id": 7}, "env_id is text. Received 7"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(wrong, told):
    with pytest.raises(ConfigError, match=told):
        make_spec(config={"env_id": CARTPOLE, **wrong})
