"""The terms in environments of text that are really played."""

import pytest

import rewardsmith


def play(env_id, formula, line=None):
    """Play the expert, or say `line`; what each term pays, turn by turn."""
    env = rewardsmith.make(env_id, formula)
    env.reset(seed=0)
    paid, over = [], False
    while not over and len(paid) < 10:
        *_, terminated, truncated, info = env.step(line or env.unwrapped.expert_action())
        paid.append(info["reward_terms"])
        over = terminated or truncated
    env.close()
    return paid


def test_the_right_answer_of_a_calculation_is_paid_and_a_wrong_one_is_not():
    formula = "env + numeric_match(next(answer), truth)"
    expert = play("rewardsmith/Calculation-Easy-v0", formula)
    assert expert[-1]["numeric_match"] == expert[-1]["env"] == 1
    assert expert[0]["numeric_match"] == 0
    wrong = play("rewardsmith/Calculation-Easy-v0", formula, "answer: 123456")
    assert wrong[-1] == {"env": pytest.approx(wrong[-1]["env"]), "numeric_match": 0}


def test_the_right_query_is_wholly_like_the_gold_one():
    formula = "env + sql_ngrams(next(sql), gold) + sql_schema(next(sql), gold)"
    expert = play("rewardsmith/TextToSQL-Easy-v0", formula)
    assert expert[-1]["sql_ngrams"] == expert[-1]["sql_schema"] == 1
    wrong = play("rewardsmith/TextToSQL-Easy-v0", formula, "SELECT 1")
    assert wrong[0]["sql_schema"] == 0
