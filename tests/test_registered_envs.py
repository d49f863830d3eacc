"""Every id that we register, made as a user makes it, wrapped and bare."""

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from stable_baselines3.common.env_checker import check_env as check_sb3

import rewardsmith
from rewardsmith.contained import ContainmentError
from rewardsmith.errors import RewardsmithError, UnknownNameError
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import catalog
from rewardsmith.term import Scope

GYM = [e for e in catalog().values() if e.family != "multiagent"]
#: what SB3 needs in place of text spaces
NUMERIC = {
    # Two tasks, because some take seconds to make.
    "text": {"actions": "index", "obs": "hash", "n_tasks": 2},
    "gui": {"actions": "index", "obs": "elements"},
}
#: a free line of text is no action for SB3
FREE_TEXT = {"obs": "hash"}
GUARANTEES = {"sparse": "invariant", "potential": "invariant", "biased": "biased"}


@pytest.mark.parametrize("entry", GYM, ids=lambda e: e.id)
@pytest.mark.parametrize("reward", [None, "potential"], ids=["bare", "wrapped"])
# What the checkers say of any wrapped env, of infinite bounds and of Pendulum's torque.
@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
@pytest.mark.filterwarnings("ignore:.*observation space (minimum|maximum) value is -?inf")
@pytest.mark.filterwarnings("ignore:.*symmetric and normalized")
def test_both_checkers_pass(entry, reward):
    if entry.family == "robotic" and reward is not None:
        # SB3 asks of a goal env that reward equals compute_reward(goal), a function of one
        # state; shaping is one of two, and reaches HER through our buffer instead.
        reward = "sparse"
    try:
        numeric = _numeric(entry)
    except ContainmentError as error:
        pytest.skip(str(error))
    env = gym.make(f"rewardsmith:{entry.id}", reward=reward, **numeric)
    check_gymnasium(env, skip_render_check=True)
    if numeric is not FREE_TEXT:
        check_sb3(env)
    env.close()


def _numeric(entry):
    if entry.family == "text":
        bare = gym.make(f"rewardsmith:{entry.id}", reward=None, disable_env_checker=True).unwrapped
        if not getattr(bare, "lists_commands", True):
            return FREE_TEXT
    return NUMERIC.get(entry.family, {})


@pytest.mark.parametrize("entry", catalog().values(), ids=lambda e: e.id)
def test_every_env_ships_the_four_rewards_with_honest_claims(entry):
    rewards = named_rewards(entry)
    stacks = {name: reward.stack() for name, reward in rewards.items()}
    assert {"sparse", "potential", "gated", "biased"} <= set(stacks)
    assert {n: stacks[n].guarantee.value for n in GUARANTEES} == GUARANTEES
    assert all(reward.doc for reward in rewards.values())


@pytest.mark.parametrize("entry", [e for e in GYM if e.family in ("grid", "control")], ids=str)
def test_every_step_reward_pays_parts_that_add_up(entry):
    for name, named in named_rewards(entry).items():
        if named.stack().scope is not Scope.STEP:
            continue
        env = rewardsmith.make(entry.id, reward=name)
        env.reset(seed=0)
        env.action_space.seed(0)
        for _ in range(10):
            _, reward, terminated, truncated, info = env.step(env.action_space.sample())
            assert reward == pytest.approx(sum(info["reward_terms"].values()))
            assert info["reward_terms"].get("env") == pytest.approx(info["reward_env"])
            if terminated or truncated:
                break
        env.close()


@pytest.mark.parametrize(
    ("env_id", "reward", "error", "message"),
    [
        ("rewardsmith/DorKey-5x5-v0", "sparse", UnknownNameError, "DoorKey-5x5-v0"),
        ("CartPole-v1", "env + potential(ob[2])", RewardsmithError, "Did you mean 'obs'"),
        ("DoorKey-5x5-v0", "potental", RewardsmithError, "Did you mean 'potential'"),
        ("DoorKey-5x5-v0", "env + potential(has_kee)", RewardsmithError, "Did you mean 'has_key'"),
        ("DoorKey-5x5-v0", "outcome", RewardsmithError, "RewardRolloutBuffer"),
        ("DoorKey-5x5-v0", "no/such/file.yaml", RewardsmithError, "no/such/file.yaml"),
        ("DoorKey-5x5-v0", "env + potential(mission)", RewardsmithError, "mission"),
    ],
)
def test_bad_input_names_the_rule_and_the_near_miss(env_id, reward, error, message):
    with pytest.raises(error, match=message):
        rewardsmith.make(env_id, reward=reward)


def test_a_strangers_env_offers_its_observation():
    env = rewardsmith.make("CartPole-v1", reward="env - 0.5*potential(abs(obs[2]))", gamma=0.9)
    first, _ = env.reset(seed=0)
    second, reward, _, _, info = env.step(0)
    shaped = -0.5 * (0.9 * abs(second[2]) - abs(first[2]))
    assert reward == pytest.approx(1.0 + shaped, abs=1e-6)
    assert info["reward_env"] == 1.0


@pytest.mark.parametrize("text", ["just text: [", "- a list", "42"])
def test_a_reward_file_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "reward.yaml"
    path.write_text(text)
    with pytest.raises(RewardsmithError, match=r"(?i)mapping|yaml"):
        rewardsmith.make("CartPole-v1", reward=str(path))
