import csv
import json
import sys

import pytest

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.classic.train import check_runs, train
from rewardsmith.errors import BindingError, ConfigError, MissingExtraError, NonFiniteRewardError

CARTPOLE = "rewardsmith/CartPole-v0"


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_ppo_learns_to_balance(tmp_path):
    # A random policy's mean return in CartPole is about 22.
    told = []
    spec = make_spec(CARTPOLE, reward="potential", steps=12_000, eval_every=4000)
    result = train(spec, tmp_path, progress=lambda step, known: told.append(step))
    assert result.final_return > 100
    assert result.env_steps == 12_032  # 47 rollouts of 8 x 32 steps
    assert told[-1] == 12_032
    assert told == sorted(told)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    spec = make_spec(CARTPOLE, reward="3*env + step_cost(1)", steps=1024, eval_every=256)
    return folder, spec, train(spec, folder)


def test_files_of_a_run(run):
    folder, spec, result = run
    assert RunSpec.read(folder / "spec.json") == spec
    assert json.loads((folder / "result.json").read_text()) == {
        "status": "finished",
        "final_success": result.final_success,
        "final_return": result.final_return,
        "env_steps": 1024,
        "seconds": result.seconds,
        "warned": [],
    }
    assert [r["env_steps"] for r in rows(folder / "eval.csv")] == ["0", "256", "512", "768", "1024"]
    assert list(rows(folder / "eval.csv")[0]) == [
        "env_steps",
        "success",
        "return",
        "length",
        "episodes",
    ]


def test_terms_are_means_of_episode_sums(run):
    # With 1 a step from the env, the terms 3*env and step_cost(1) add up to 3 and -1 a step.
    for row in rows(run[0] / "terms.csv"):
        length = float(row["env_return"])
        assert float(row["env"]) == pytest.approx(3 * length, rel=1e-4)
        assert float(row["step_cost"]) == pytest.approx(-length, rel=1e-4)


def test_every_term_is_logged_to_csv_and_tensorboard(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run[0] / "logs"))
    events.Reload()
    tags = {"reward/env", "reward/step_cost", "reward/env_return", "eval/success", "eval/return"}
    assert tags <= set(events.Tags()["scalars"])
    assert tags <= set(rows(run[0] / "logs" / "progress.csv")[0])


def test_a_finished_run_is_not_trained_again(run):
    folder, spec, result = run
    before = (folder / "eval.csv").read_bytes()
    assert train(spec, folder, resume=True) == result
    assert (folder / "eval.csv").read_bytes() == before


def test_the_same_spec_gives_the_same_run(run, tmp_path):
    folder, spec, _ = run
    train(spec, tmp_path)
    for name in ("eval.csv", "terms.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_another_seed_gives_another_run(run, tmp_path):
    folder, spec, _ = run
    train(RunSpec.from_dict({**spec.to_dict(), "seed": 1}), tmp_path)
    assert (tmp_path / "terms.csv").read_bytes() != (folder / "terms.csv").read_bytes()


@pytest.mark.parametrize(
    ("algo", "env"),
    [("a2c", "CartPole"), ("dqn", "CartPole"), ("sac", "Pendulum"), ("td3", "Pendulum")],
)
def test_every_algorithm_trains(tmp_path, algo, env):
    spec = make_spec(
        f"rewardsmith/{env}-v0",
        reward="potential",
        algo=algo,
        steps=400,
        eval_every=200,
        eval_episodes=2,
        hyperparameters={} if algo == "a2c" else {"learning_starts": 100, "batch_size": 32},
    )
    assert train(spec, tmp_path).env_steps >= 400
    assert len(rows(tmp_path / "eval.csv")) >= 2


def test_tqc_from_sb3_contrib_trains(tmp_path):
    spec = make_spec(
        "rewardsmith/Pendulum-v0",
        algo="tqc",
        steps=120,
        eval_every=120,
        eval_episodes=1,
        hyperparameters={"learning_starts": 100, "batch_size": 16},
    )
    assert train(spec, tmp_path).env_steps == 120


def test_normalisation_outside_the_reward(tmp_path):
    spec = make_spec("rewardsmith/MountainCar-v0", reward="potential", steps=3400, eval_episodes=2)
    assert spec.normalize == "obs+reward"
    train(spec, tmp_path)
    # -1 a step for 200 steps: the log shows the env's own return, not the normalised one
    assert float(rows(tmp_path / "terms.csv")[-1]["env_return"]) == -200


def test_terms_of_episode_scope_reach_an_on_policy_learner(tmp_path):
    # Episodes under 475 steps fail, so the outcome pays nothing; steps_alive >= 0 pays in all.
    base = {"steps": 512, "eval_every": 256, "eval_episodes": 1}
    for threshold, paid in ((475, False), (0, True)):
        reward = f"env + outcome(steps_alive, 1*env, threshold={threshold})"
        out = tmp_path / str(threshold)
        train(make_spec(CARTPOLE, reward=reward, **base), out)
        row = rows(out / "terms.csv")[-1]
        expected = float(row["env_return"]) if paid else 0.0
        assert float(row["outcome"]) == pytest.approx(expected, rel=1e-4)


def test_terms_of_episode_scope_are_refused_off_policy(tmp_path):
    spec = make_spec(CARTPOLE, reward="outcome", algo="dqn", steps=100)
    with pytest.raises(BindingError, match=r"scope 'episode'.*Use --algo ppo or a2c"):
        train(spec, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_action_space_that_the_algorithm_cannot_serve(tmp_path):
    with pytest.raises(ConfigError, match="Use --algo ppo or a2c or sac or td3 or tqc"):
        train(make_spec("rewardsmith/Pendulum-v0", algo="dqn"), tmp_path)


# What Gymnasium thinks of the old id is not what is tested.
@pytest.mark.filterwarnings("ignore:.*is out of date:DeprecationWarning")  # Gymnasium's own
def test_a_package_that_is_missing_is_named_and_nothing_written(tmp_path):
    with pytest.raises(MissingExtraError, match="Ant-v2 needs a package that could not"):
        train(make_spec("Ant-v2"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("package", ["transformers", "trl"])
def test_without_its_packages_a_language_model_names_the_extra(tmp_path, monkeypatch, package):
    (tmp_path / "config.json").write_text("{}")
    learner = {"algo": "grpo", "hyperparameters": {"model": str(tmp_path)}}
    spec = make_spec("rewardsmith/Calculation-Easy-v0", reward="sparse", **learner)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*rewardsmith\[llm\]"):
        train(spec, tmp_path / "run")
    with pytest.raises(MissingExtraError, match=rf"{package}.*rewardsmith\[llm\]"):
        check_runs(spec)
    assert not (tmp_path / "run").exists()


def test_a_decay_from_no_number_is_refused(tmp_path):
    spec = make_spec(CARTPOLE, hyperparameters={"learning_rate": "lin_abc"})
    with pytest.raises(ConfigError, match=r"lin_X with a number X\. Received 'lin_abc'"):
        train(spec, tmp_path / "run")


@pytest.mark.parametrize("wrong", [{"n_steps": "many"}, {"policy_kwargs": {"net_arch": [-3]}}])
def test_a_hyperparameter_that_the_learner_cannot_use(tmp_path, wrong):
    spec = make_spec(CARTPOLE, hyperparameters=wrong, eval_every=100)
    with pytest.raises(ConfigError, match="Mend them in the config"):
        train(spec, tmp_path / "run")


def test_a_mended_reward_takes_the_folder_of_one_that_failed_at_once(tmp_path, caplog):
    given = {"steps": 256, "eval_episodes": 1}
    with pytest.raises(NonFiniteRewardError):
        train(make_spec(CARTPOLE, reward="env + sqrt(cart_position)", **given), tmp_path)
    train(make_spec(CARTPOLE, reward="env", **given), tmp_path)
    assert "ended before its first checkpoint; it is replaced" in caplog.text
    assert RunSpec.read(tmp_path / "spec.json").reward == "env"


def test_a_stranger_without_the_feature_is_refused_before_training(tmp_path):
    with pytest.raises((BindingError, KeyError), match="has_key"):
        train(make_spec("CartPole-v1", reward="env + potential(has_key)"), tmp_path)


@pytest.mark.parametrize("on_nan", ["raise", "zero"])
def test_a_nan_names_its_term_or_is_zeroed(tmp_path, on_nan):
    # The cart leaves the centre to the left sooner or later: the root of a negative number.
    reward = "env + sqrt(cart_position)"
    spec = make_spec(CARTPOLE, reward=reward, steps=256, on_nan=on_nan, eval_episodes=1)
    if on_nan == "zero":
        assert train(spec, tmp_path).env_steps == 256
        return
    with pytest.raises(NonFiniteRewardError, match=r"cart_position.*--on-nan"):
        train(spec, tmp_path)
