"""Each term by hand: with a bigram model every probability below is set."""

import numpy as np
import pytest

from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.registry import find_term
from rewardsmith.rewards.likelihood import TERMS

THREE = "(question, reasoning, answer, cue='')"
#: after "yes" the answer is likelier than after "no", and likelier than after the bare question
ANSWERS = {
    ("yes", "red"): 0.5,
    ("no", "red"): 0.125,
    ("cat", "red"): 0.25,
    ("red", "blue"): 0.25,
}
GOOD = {"question": "the cat", "reasoning": "think yes", "answer": "red blue"}
BAD = {**GOOD, "reasoning": "think no"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("sum", np.log(0.5 * 0.25)),
        ("mean", np.log(0.5 * 0.25) / 2),
        ("probability", 0.125),
        ("token_probability", 0.375),
    ],
)
def test_reference_likelihood(bigram, stack, episode, form, expected):
    bigram(ANSWERS)
    term = stack(f"reference_likelihood(question, reasoning, answer, form='{form}', cue='')")
    paid = term.finish(episode(GOOD, BAD)).total
    assert paid[0] == pytest.approx(expected, abs=1e-9)
    assert paid[1] < paid[0]


def test_verifree_is_the_probability(bigram, stack, episode):
    bigram(ANSWERS)
    paid = stack(f"verifree{THREE}").finish(episode(GOOD, BAD)).total
    np.testing.assert_allclose(paid, [0.5 * 0.25, 0.125 * 0.25], atol=1e-9)


def test_jepo_is_the_bound_less_that_of_the_others(bigram, stack, episode):
    bigram(ANSWERS)
    group = [episode(GOOD), episode(BAD), episode(GOOD)]
    paid = stack(f"jepo{THREE}").finish_group(group)
    p = np.array([0.5, 0.125, 0.5]) * 0.25
    expected = [np.log(p.mean()) - np.log(np.delete(p, i).mean()) for i in range(3)]
    np.testing.assert_allclose([e.total[-1] for e in paid], expected, atol=1e-9)
    assert expected[0] > 0 > expected[1]


def test_rlpr_takes_away_what_the_answer_is_worth_alone(bigram, stack, episode):
    bigram(ANSWERS)
    paid = stack(f"rlpr{THREE}").finish(episode(GOOD, BAD)).total
    # mean of (0.5, 0.25) less mean of (0.25, 0.25); what is worse than nothing is cut at 0
    np.testing.assert_allclose(paid, [0.125, 0.0], atol=1e-9)


def test_rlpr_drops_groups_that_hardly_differ(bigram, stack, episode):
    bigram(ANSWERS)
    reward = stack("rlpr_filtered(question, reasoning, answer, factor=1.0, decay=0.5, cue='')")
    different, alike = [episode(GOOD), episode(BAD)], [episode(GOOD), episode(GOOD)]
    totals = lambda group: [e.total[-1] for e in reward.finish_group(group)]  # noqa: E731
    np.testing.assert_allclose(totals(alike), [0.125, 0.125], atol=1e-9)  # no average yet
    term = reward.entries[0].term
    term._seen.clear()
    totals(different)
    reward.update(different[0])
    assert term.average == pytest.approx(0.0625)  # deviation of (0.125, 0)
    assert totals(alike) == [0.0, 0.0]
    np.testing.assert_allclose(totals(different), [0.125, 0.0], atol=1e-9)
    assert term.average == pytest.approx(0.0625)  # paying alone moves nothing
    saved = reward.state_dict()
    term.average = None
    reward.load_state_dict(saved)
    assert term.average == pytest.approx(0.0625)


def test_sar(bigram, stack, episode):
    # alone the answer comes after the tokenizer's end token
    bigram({("<eos>", "red"): 0.05, ("cat", "red"): 0.2, ("red", "blue"): 0.25})
    paid = stack("sar(question, answer, cue='')").finish(episode(GOOD)).total
    alone, given = (0.05 * 0.25) ** -0.5, (0.2 * 0.25) ** -0.5
    assert paid[0] == pytest.approx((alone - given) / alone, abs=1e-9)


def test_sar_is_cut_at_minus_one(bigram, stack, episode):
    bigram({("<eos>", "red"): 0.5, ("cat", "red"): 0.01})
    paid = stack("sar(question, answer, cue='')").finish(episode({**GOOD, "answer": "red"})).total
    assert paid[0] == -1.0


def test_follow_ups(bigram, stack, episode):
    bigram({("yes", "so"): 0.5, ("yes", "far"): 0.25, ("no", "so"): 0.125, ("no", "far"): 0.25})
    options = "pleased=('so', 'far'), displeased=('far',), cue=''"
    term = stack(f"follow_up_likelihood(question, reasoning, {options})")
    paid = term.finish(episode(GOOD, BAD)).total
    half = lambda a, b: (np.log(a) + np.log(b)) / 2  # noqa: E731
    expected = [half(0.5, 0.25) - np.log(0.25), half(0.125, 0.25) - np.log(0.25)]
    np.testing.assert_allclose(paid, expected, atol=1e-9)


def test_path_faithfulness(bigram, stack, episode):
    bigram(ANSWERS)
    term = stack("path_faithfulness(question, reasoning, rest, cue='')")
    turns = ({**GOOD, "rest": "red blue"}, {**BAD, "rest": "red"}, {**GOOD, "rest": ""})
    np.testing.assert_allclose(term.finish(episode(*turns)).total, [0.375, 0.125, 1.0], atol=1e-9)


TURNS = [
    {"obs": "the cat", "action": "think no", "next_obs": "dog no", "answer": "red"},
    {"obs": "dog no", "action": "think", "next_obs": "so yes", "answer": "red"},
    {"obs": "so yes", "action": "red", "next_obs": "far cat", "answer": "red"},
]


@pytest.mark.parametrize(
    ("last", "expected"), [(False, [-0.125, 0.375, 0.0]), (True, [-0.125, 0.375, -0.25])]
)
def test_igpo_pays_what_each_turn_adds(bigram, stack, episode, last, expected):
    # 0.25 after the first observation, then 0.125, 0.5 and 0.25 again
    bigram(ANSWERS)
    paid = stack(f"igpo(answer, last={last}, cue='')").finish(episode(*TURNS)).total
    np.testing.assert_allclose(paid, expected, atol=1e-9)


def test_igpo_of_one_turn_pays_nothing(bigram, stack, episode):
    bigram(ANSWERS)
    assert stack("igpo(answer)").finish(episode(TURNS[0])).total.tolist() == [0.0]


def test_r3_weighs_tokens_by_how_they_vary(bigram, stack, episode):
    bigram(ANSWERS)
    paid = stack(f"r3{THREE}").finish_group([episode(GOOD), episode(BAD)])
    # only the first token of "red blue" differs between the two, so it has all the weight
    expected = [np.log(0.5), np.log(0.125)]
    np.testing.assert_allclose([e.total[-1] for e in paid], expected, atol=1e-8)


def test_r3_of_equal_rollouts_is_the_mean(bigram, stack, episode):
    bigram(ANSWERS)
    paid = stack(f"r3{THREE}").finish_group([episode(GOOD), episode(GOOD)])
    assert paid[0].total[-1] == pytest.approx(np.log(0.5 * 0.25) / 2, abs=1e-9)


def test_r3_refuses_different_references(bigram, stack, episode):
    bigram(ANSWERS)
    group = [episode(GOOD), episode({**GOOD, "answer": "red"})]
    with pytest.raises(BindingError, match="one reference answer"):
        stack(f"r3{THREE}").finish_group(group)


def test_care_pays_right_answers_that_follow(bigram, stack, episode):
    bigram(ANSWERS)
    turns = [({**GOOD, "answer": "red"}, 1.0), ({**BAD, "answer": "red"}, 1.0), (GOOD, 0.0)]
    group = [episode(turn, reward=reward) for turn, reward in turns]
    reward = stack("care(question, reasoning, answer, coefficient=0.5, margin=0.0, cue='')")
    # of the two right ones, c = 0.5 and 0.125 with mean 0.3125
    assert [e.total[-1] for e in reward.finish_group(group)] == [0.5, 0.0, 0.0]
    wide = stack("care(question, reasoning, answer, coefficient=0.5, margin=0.2, cue='')")
    assert [e.total[-1] for e in wide.finish_group(group)] == [0.5, 0.5, 0.0]
    # cut at 0.1, both are equally certain
    cut = stack("care(question, reasoning, answer, margin=0.0, ceiling=0.1, cue='')")
    assert [e.total[-1] for e in cut.finish_group(group)] == [0.5, 0.5, 0.0]


def test_rlp_is_the_gain_over_not_thinking(bigram, stack, episode):
    bigram(ANSWERS)
    paid = stack(f"rlp{THREE}").finish(episode(GOOD, BAD)).total
    first = (np.log([0.5, 0.125]) - np.log(0.25)) / 2  # the second token is as likely either way
    np.testing.assert_allclose(paid, first, atol=1e-9)


def test_rlps_baseline_follows_slowly_and_resumes(bigram, stack, episode):
    import torch

    scorer = bigram(ANSWERS)
    reward = stack("rlp(question, reasoning, answer, decay=0.75, cue='')")
    rows = episode({**GOOD, "answer": "red"})
    red = scorer.tokenizer.convert_tokens_to_ids("red")
    cat = scorer.tokenizer.convert_tokens_to_ids("cat")
    before = reward.step(rows).total[0]
    with torch.no_grad():
        scorer.model.logits[cat, red] += 1.0
    assert reward.step(rows).total[0] == pytest.approx(before)  # the baseline has not moved
    reward.update(rows)
    reward.update(rows)  # nothing was learned in between, so it moves once
    # a quarter of the way: the logit of p = 0.25 rises by 0.25, and all are normalised again
    p = 0.25 * np.exp(0.25) / (0.75 + 0.25 * np.exp(0.25))
    after = reward.step(rows).total[0]
    assert after == pytest.approx(np.log(0.5) - np.log(p), abs=1e-9)
    saved = reward.state_dict()
    fresh = stack("rlp(question, reasoning, answer, decay=0.75, cue='')")
    fresh.load_state_dict(saved)
    assert fresh.step(rows).total[0] == after


def test_terms_of_one_stack_cost_one_forward_pass(tiny_policy, stack, episode):
    reward = stack(
        "reference_likelihood(question, reasoning, answer) + verifree(question, reasoning, answer)"
        " + rlpr(question, reasoning, answer) + igpo(answer)"
        " + path_faithfulness(question, reasoning, rest)"
    )
    tiny_policy.work.forwards = tiny_policy.work.tokens = 0
    turns = [{**GOOD, **turn, "rest": "far red"} for turn in TURNS]
    paid = reward.finish(episode(*turns)).terms
    assert tiny_policy.work.forwards == 1
    alone = stack("rlpr(question, reasoning, answer)").finish(episode(*turns)).total
    np.testing.assert_allclose(paid["rlpr"], alone, atol=1e-9)


def test_the_published_formulas_beside_ours(tiny_policy, stack, episode):
    """RLPR and IGPO in NumPy, from plain forward passes of the random model."""
    import torch

    model, tokenizer = tiny_policy.model, tiny_policy.tokenizer

    def logp(context, text):
        ids = [tokenizer(part)["input_ids"] for part in (context, text)]
        with torch.no_grad():
            logits = model(torch.tensor([ids[0] + ids[1]])).logits[0].numpy()
        z = logits[len(ids[0]) - 1 : -1]
        log_softmax = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return log_softmax[range(len(ids[1])), ids[1]]

    paid = stack("rlpr(question, reasoning, answer)").finish(episode(GOOD)).total[0]
    with_, without = logp("the cat think yes", "red blue"), logp("the cat", "red blue")
    expected = min(max(np.exp(with_).mean() - np.exp(without).mean(), 0.0), 1.0)
    assert paid == pytest.approx(expected, abs=1e-9)
    histories = ["the cat", "the cat think no dog no", "the cat think no dog no think so yes"]
    p = [np.exp(logp(h, "red").mean()) for h in histories]
    gains = stack("igpo(answer)").finish(episode(*TURNS)).total
    np.testing.assert_allclose(gains, [p[1] - p[0], p[2] - p[1], 0.0], atol=1e-9)


@pytest.mark.parametrize("name", sorted(TERMS))
def test_every_term_says_its_roles_and_its_source(name):
    term = find_term(name)
    assert term.usage.startswith(f"{name}({', '.join(term.roles)}")
    text = " ".join(c.__doc__ or "" for c in term.__mro__[:2])
    assert "arXiv" in text or name == "rlpr_filtered"


@pytest.mark.parametrize(
    ("reward", "rule"),
    [
        ("rlpr(question, answer)", "rlpr takes 3 texts: context, reasoning, answer"),
        ("reference_likelihood(question, reasoning, answer, form='men')", "Did you mean 'mean'"),
        ("rlp(question, reasoning, answer, decay=1.0)", "decay of rlp.* is below 1"),
        ("igpo(answer, model=3)", "model of igpo.* is a text"),
        ("follow_up_likelihood(question, reasoning, pleased=())", "at least one sentence"),
    ],
)
def test_wrong_calls_say_what_to_write(stack, reward, rule):
    with pytest.raises(ConfigError, match=rule):
        stack(reward)


def test_without_a_policy_the_error_names_the_remedies(stack, episode):
    with pytest.raises(ConfigError, match="bind_policy"):
        stack(f"verifree{THREE}").finish(episode(GOOD))
