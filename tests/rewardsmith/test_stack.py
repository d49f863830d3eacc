import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack, RewardTerm, Scope
from rewardsmith.errors import (
    BindingError,
    ConfigError,
    LanguageError,
    NonFiniteRewardError,
    RewardsmithError,
)
from rewardsmith.rewards import EnvReward, Potential, Progress
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("x", "a number"), Feature("key", "a flag", dtype="bool")])


def bound(reward, num_envs=1, on_nan="raise", gamma=0.99):
    binding = Binding(SCHEMA, Learner(gamma), num_envs, "Gymnasium wrapper")
    return RewardStack.parse(reward).bind(binding, on_nan=on_nan)


def step(x, after, reward=0.0, **fields):
    n = len(x)
    return Transition(
        None,
        None,
        None,
        np.full(n, float(reward)),
        np.zeros(n, bool),
        np.zeros(n, bool),
        {"x": np.asarray(x, float), "key": np.zeros(n, bool)},
        {"x": np.asarray(after, float), "key": np.zeros(n, bool)},
        **fields,
    )


def test_components_carry_their_weights_and_add_up():
    out = bound("2*env + 0.5*x - 3", 2).step(step([1, 2], [0, 0], reward=10))
    assert out.terms["env"].tolist() == [20, 20]
    assert out.terms["x"].tolist() == [0.5, 1.0]
    assert out.terms["value"].tolist() == [-3.0, -3.0]
    assert out.total.tolist() == [17.5, 18.0]
    np.testing.assert_array_equal(sum(out.terms.values()), out.total)


@pytest.mark.parametrize("name", ["env", "", " ", 3])
def test_only_the_env_reward_is_called_env_and_no_name_is_empty(name):
    with pytest.raises(ConfigError, match=r"belongs to the environment's own|name of a term"):
        RewardStack({name: Progress("x")})
    assert RewardStack({"env": EnvReward(), "p": Progress("x")}).names == ("env", "p")


def test_terms_of_one_kind_are_numbered_and_given_names_are_kept():
    stack = RewardStack.parse("env + potential(x) + potential(key) + value(x, name='far')")
    assert stack.names == ("env", "potential", "potential_2", "far")


def test_a_name_given_twice_is_refused():
    with pytest.raises(ConfigError, match="different names"):
        RewardStack.parse("value(x, name='a') + value(key, name='a')")


def test_schedules_read_the_training_clock_only():
    stack = bound("linear(1, 0, steps=4)*value(8)")
    paid = []
    for _ in range(6):
        tr = step([0], [0])
        paid.append(float(stack.step(tr).total[0]))
        stack.step(tr)  # evaluation steps do not move the clock
        stack.update(tr)
    assert paid == [8, 6, 4, 2, 0, 0]


def test_rows_that_are_no_transition_are_paid_nothing_and_leave_no_trace():
    stack = bound("env + potential(x)", 2, gamma=1.0)
    stack.step(step([1, 1], [4, 4]))
    stack.reset(np.array([True, False]))
    dummy = step([100, 4], [2, 6], reward=7, valid=np.array([False, True]))
    assert stack.step(dummy).total.tolist() == [0.0, 9.0]
    stack.update(dummy)
    assert stack.clock.steps == 1
    assert stack.step(step([2, 6], [5, 5])).total.tolist() == [3.0, -1.0]


def test_python_terms_and_text_give_one_tree():
    stack = RewardStack({"env": EnvReward(), "shape": Potential("0.5*x", frame_skip=2)})
    again = RewardStack.parse(stack.formula)
    assert again.tree == stack.tree
    assert again.hash == stack.hash
    assert again.names == ("env", "shape")
    assert RewardStack.parse("env").hash != stack.hash


@pytest.mark.parametrize("policy", ["zero", "last"])
def test_a_non_finite_term_is_replaced_by_the_chosen_policy(policy, caplog):
    stack = bound("env + value(1/x, name='inverse')", 2, on_nan=policy)
    assert stack.step(step([2, 4], [0, 0])).total.tolist() == [0.5, 0.25]
    out = stack.step(step([0, 1], [0, 0], reward=1))
    kept = 0.5 if policy == "last" else 0.0
    assert out.terms["inverse"].tolist() == [kept, 1.0]
    assert out.total.tolist() == [1 + kept, 2.0]
    stack.step(step([0, 1], [0, 0]))
    assert len(caplog.records) == 1
    assert "'inverse', `value(1/x, name=\"inverse\")`, gave inf" in caplog.text


def test_a_non_finite_term_names_itself_the_step_and_the_features():
    stack = bound("env + value(log(x), name='far')")
    stack.clock.steps = 41
    with pytest.raises(NonFiniteRewardError) as caught:
        stack.step(step([-1.0], [3.0], t=np.array([7])))
    for part in ("'far'", "nan", "env step 41", "step 7 of its episode", "x: -1.0", "--on-nan"):
        assert part in str(caught.value)


def test_a_stranger_without_features_shows_its_observation_and_the_formula():
    schema = FeatureSchema.from_space(spaces.Box(-np.inf, np.inf, (20,)))
    stack = RewardStack.parse("env + 2*log(obs[0])").bind(Binding(schema))
    obs = np.arange(-1.0, 19.0)[None]
    flags = np.zeros(1, bool)
    with pytest.raises(NonFiniteRewardError) as caught:
        stack.step(Transition(obs, np.zeros(1), obs + 1, np.zeros(1), flags, flags))
    told = str(caught.value)
    assert "Term 'value', `2*log(obs[0])`, gave nan" in told
    assert "observation [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, ...] -> [0.0, 1.0" in told


def test_a_total_that_overflows_is_no_reward_though_each_term_is_finite():
    with pytest.raises(NonFiniteRewardError, match=r"overflows \(env 1e\+308, env_2 1e\+308\)"):
        bound("1e308*env + 1e308*env", 2).step(step([0, 0], [0, 0], reward=1))


@pytest.mark.parametrize(("policy", "kept"), [("zero", 0.0), ("last", 7.0)])
def test_where_the_total_overflows_every_term_of_the_row_is_replaced(policy, kept, caplog):
    stack = bound("1e308*value(x, name='a') + 1e308*value(x, name='b') + 7", 2, on_nan=policy)
    assert stack.step(step([0, 0], [0, 0])).total.tolist() == [7, 7]
    for _ in range(2):
        out = stack.step(step([1, 0], [0, 0]))
        assert out.terms["a"].tolist() == [0, 0]
        assert out.terms["value"].tolist() == [kept, 7]
        np.testing.assert_array_equal(sum(out.terms.values()), out.total)
    assert [r.message.count("Every term of that row") for r in caplog.records] == [1]


def test_many_finite_totals_may_add_up_to_more_than_a_float_holds():
    out = bound("1e308*env", 9).step(step([0] * 9, [0] * 9, reward=1))
    assert out.total.tolist() == [1e308] * 9


def test_even_a_term_of_weight_zero_is_watched():
    with pytest.raises(NonFiniteRewardError):
        bound("env + 0*value(1/x)").step(step([0], [0]))


def test_an_unknown_policy_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'raise'"):
        bound("env", on_nan="rais")


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        ("env + potental(x)", "Did you mean 'potential'"),
        ("env + potential(x, frameskip=2)", "Did you mean 'frame_skip'"),
        ("env + potential()", "Received a call that does not fit"),
        ("linear(1, 0)*env", "called as linear"),
        ("steps(1, 2, at=(5, 6))*env", "one weight more"),
        ("step_cost(-1)", "write step_cost"),
    ],
)
def test_wrong_rewards_state_the_rule(reward, message):
    with pytest.raises(RewardsmithError, match=message):
        RewardStack.parse(reward)


def test_an_unknown_feature_is_named_with_the_near_miss_and_its_place():
    with pytest.raises(RewardsmithError, match="Did you mean 'key'") as caught:
        bound("env + potential(kye)")
    assert "\n    env + potential(kye)\n                    ^^^" in str(caught.value)


def test_a_syntax_error_points_at_its_place():
    with pytest.raises(LanguageError) as caught:
        RewardStack.parse("env + potential(0.5*)")
    assert "^" in str(caught.value)


def test_a_scope_that_the_place_cannot_serve_is_refused_with_the_remedy():
    with pytest.raises(BindingError, match="RewardRolloutBuffer"):
        bound("env + outcome(key, value(x))")


def test_state_fits_only_the_reward_that_saved_it(tmp_path):
    bound("env").save(tmp_path / "s.npz")
    with pytest.raises(ConfigError, match="fits only the reward that saved it"):
        bound("2*env").load(tmp_path / "s.npz")


def test_a_saved_run_goes_on_bit_identically(tmp_path):
    reward = "env + potential(tanh(x), anneal=50) + 0.1*normalize(value(x))"
    rng = np.random.default_rng(0)
    path = rng.normal(size=(20, 2))
    one, two = bound(reward, 2), bound(reward, 2)
    for i in range(10):
        one.step(tr := step(path[i], path[i + 1]))
        one.update(tr)
    one.save(tmp_path / "s.npz")
    two.load(tmp_path / "s.npz")
    for i in range(10, 19):
        tr = step(path[i], path[i + 1])
        np.testing.assert_array_equal(one.step(tr).total, two.step(tr).total)
        one.update(tr)
        two.update(tr)


def test_a_file_of_another_kind_is_no_state(tmp_path):
    (tmp_path / "s.npz").write_bytes(b"not a state")
    with pytest.raises(ConfigError, match="saved state was expected"):
        bound("env").load(tmp_path / "s.npz")


@pytest.mark.parametrize(
    ("reward", "guarantee"),
    [
        ("env", "invariant"),
        ("env + cosine(1, 0, steps=10)*potential(x)", "asymptotic"),
        ("env + cosine(1, 0.5, steps=10)*potential(x)", "asymptotic"),
        ("env + anneal(10)*x", "asymptotic"),
        ("env + linear(0, 1, steps=10)*x", "biased"),
        ("anneal(10)*env + potential(x)", "biased"),
        ("0*env + potential(x)", "biased"),
        ("env + 0*x", "invariant"),
    ],
)
def test_the_claim_of_a_whole_follows_from_its_parts(reward, guarantee):
    assert RewardStack.parse(reward).guarantee == guarantee


def test_a_reward_needs_a_bound_stack():
    with pytest.raises(BindingError, match="bind"):
        RewardStack.parse("env").reset()


def test_slots_must_be_told_when_rows_are_not_all_of_them():
    with pytest.raises(BindingError, match="env_index"):
        bound("potential(x)", 3).step(step([1, 2], [3, 4]))


def test_a_term_of_ones_own(tmp_path):
    from rewardsmith import register_term

    @register_term("twice_env_for_test")
    class TwiceEnv(RewardTerm):
        def relabel(self, transition):
            return 2 * transition.env_reward

    assert bound("twice_env_for_test()").step(step([0], [0], reward=3)).total.tolist() == [6.0]
    assert RewardStack.parse("env + twice_env_for_test()").guarantee == "unknown"
    assert Progress("x").needs == {"x"}


@pytest.mark.parametrize("begin", ["\ufeff", "\f", "\ufeff\f"])
def test_what_editors_put_first_is_no_part_of_a_reward(begin):
    assert RewardStack.parse(begin + "env + 2*x").formula == "env + 2*x"
    program = "def reward(env_reward):\n    return 2*env_reward\n"
    assert RewardStack.parse(begin + program).formula == "2*env"
    with pytest.raises(LanguageError) as caught:
        RewardStack.parse("\ufeffenv + 2x")
    assert caught.value.column == 6


def group(formula):
    place = Binding(SCHEMA, serves=frozenset(Scope))
    return RewardStack.parse(formula).bind(place)


def test_a_group_is_paid_with_components_and_weights():
    stack = group("2*env + 3*win_rate(x)")
    low, high = step([1, 1], [1, 1], reward=1), step([5], [5], reward=1)
    first, second = stack.finish_group([low, high])
    assert first.terms["env"].tolist() == [2, 2]
    assert first.terms["win_rate"].tolist() == [0, 0]
    assert second.terms["win_rate"].tolist() == [3]
    assert (first.total.tolist(), second.total.tolist()) == ([2, 2], [5])


def test_terms_that_need_no_group_are_paid_as_alone():
    stack = group("env + outcome(key, x) + 0.1*x + potential(x)")
    episodes = [step([1, 2], [2, 3], reward=1), step([4], [5])]
    for together, episode in zip(stack.finish_group(episodes), episodes, strict=True):
        alone = stack.finish(episode)
        np.testing.assert_array_equal(together.total, alone.total)
        assert together.terms.keys() == alone.terms.keys()
    assert stack.finish_group([]) == []


def test_a_group_term_that_is_no_number_names_itself():
    with pytest.raises(NonFiniteRewardError, match="win_rate"):
        group("env + win_rate(x)").finish_group([step([np.nan], [0]), step([1], [0])])


def test_a_group_term_waits_for_its_group():
    stack = group("env + win_rate(x)")
    assert (stack.scope, stack.guarantee) == ("group", "biased")
    out = stack.step(step([3], [4], reward=1))
    assert out.total.tolist() == [1]
    assert out.terms["win_rate"].tolist() == [0]
    with pytest.raises(BindingError, match=r"(?s)'group'.*--agent llm"):
        bound("env + win_rate(x)")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "Received for the reward one that does not fit: KeyError: 'hash'"),
        (None, "Received for the reward one that does not fit: TypeError"),
    ],
)
def test_a_state_without_its_parts_is_refused(state, said):
    with pytest.raises(ConfigError, match=said):
        RewardStack.parse("env").load_state_dict(state)


def test_a_state_that_lacks_parts_of_a_term_names_it():
    stack = bound("env + count(on=x)")
    state = stack.state_dict()
    del state["terms"]["count"]["table"]
    with pytest.raises(ConfigError, match=r"the term 'count' .*KeyError: 'table'. Load another"):
        stack.load_state_dict(state)


def test_keys_that_are_no_names_are_no_features():
    space = spaces.Dict({1: spaces.Discrete(3), "a b": spaces.Discrete(2), "x": spaces.Discrete(2)})
    assert list(FeatureSchema.from_space(space)) == ["x"]


def test_a_file_that_is_no_npz_is_not_advised_to_be_unpickled(tmp_path):
    path = tmp_path / "state.npz"
    path.write_bytes(b"hello")
    with pytest.raises(ConfigError, match=r"its 5 bytes are no \.npz file"):
        RewardStack.parse("env").load(path)
