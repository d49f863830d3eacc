import numpy as np
import pytest

from rewardsmith.bounds import analyse, component_bounds
from rewardsmith.rewards.verifiable.base import TextTerm

FORMULAS = [
    "exact_match(action, answer)",
    "numeric_match(action, answer)",
    "format_match(action, tags=('a',))",
    "tool_match(action, question)",
    "sql_ngrams(action, answer)",
    "sql_schema(action, answer)",
    "patch_similarity(action, answer, tag='a')",
    "repetition_penalty(action, n=1, most=2)",
    "length_cosine(action, success, most=5)",
    "diversity(action)",
    "length_lambda(action, success)",
    "majority_vote(action)",
    "co_reward(action, view)",
]
PIECES = [
    "7",
    " ",
    "<a>",
    "</a>",
    "select",
    "x",
    "\n",
    "'",
    "\\boxed{",
    "}",
    "é",
    "<tool_call>",
    "-",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_pay_lies_within_the_bounds_whatever_is_said(read, turns, formula):
    rng = np.random.default_rng(0)
    stack = read(formula)
    (bounds,) = component_bounds(stack, stack.binding.schema).values()
    assert bounds is not None
    for i in range(60):
        said = ["".join(rng.choice(PIECES, rng.integers(9))) for _ in range(3)]
        group = [
            turns(s, answer="7 x", view=str(k), success=k != i % 3) for k, s in enumerate(said)
        ]
        for paid in stack.finish_group(group):
            assert all(bounds.contains(float(v)) for v in paid.total), (said, paid.total, bounds)


def test_a_term_reads_its_texts_row_by_row(read, turns):
    term = read("exact_match(action, next(answer))").entries[0].term
    assert isinstance(term, TextTerm)
    assert term.rows(turns("a", "b", answer="c")) == [("a", "c"), ("b", "c")]
    assert term.needs == {"answer"}


def test_a_term_of_ones_own_is_a_score(read, turns):
    from rewardsmith import RewardStack, register_term

    @register_term("vowels_of_test_base")
    class Vowels(TextTerm):
        """Pays for vowels."""

        def score(self, *texts):
            return float(sum(c in "aeiou" for c in texts[0]))

    stack = RewardStack.parse("vowels_of_test_base(action)").bind(read("x").binding)
    assert stack.step(turns("audio", "hm")).total.tolist() == [4, 0]


@pytest.mark.parametrize(
    "formula",
    [*FORMULAS, "code_speed(success, seconds, x)", "par(x, seconds)", "zones(x)",
     "centred(majority_vote(action))", "win_rate(exact_match(question, answer))"],
)  # fmt: skip
def test_a_text_that_is_read_is_not_called_unused(read, formula):
    stack = read(formula)
    found = analyse(stack, stack.binding.schema).findings
    assert [f for f in found if f.kind == "unused-feature"] == []
