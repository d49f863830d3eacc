from __future__ import annotations

import pytest

from rewardsmith.envs.text.reasoning.guard import FORMULAS, LISTS, harmless

CALLS = ["__import__('os').system('ls')", "exit()", "().__class__", "open('x','w')", "print(1)"]
HUGE = ["9**9**9", "2**1000", "((2**60)**60)**60", "9" * 100, "+".join("1" * 400)]


@pytest.mark.parametrize("dataset", sorted(LISTS | FORMULAS))
@pytest.mark.parametrize("answer", CALLS)
def test_no_call_reaches_a_scorer_that_evals(dataset: str, answer: str) -> None:
    assert not harmless(dataset, answer)


@pytest.mark.parametrize("answer", [*HUGE, "x.y", "[1, 2]", "lambda: 1", "f'x'", "(" * 200, "1 2"])
def test_no_huge_or_other_formula_reaches_sympy(answer: str) -> None:
    assert not harmless("countdown", answer)


@pytest.mark.parametrize(
    "answer",
    ["(3 + 4)*2 - 6/3", "2*(2 - 8*x)**(3/2)/3 + C", "-sin(x)*exp(2*x)", "x**-2", "y^2"[:1]],
)
def test_ordinary_formulas_pass(answer: str) -> None:
    assert harmless("simple_integration", answer)


@pytest.mark.parametrize("answer", ["1 2 3\n4 5 6", "[[1, 2], [3, 4]]", "['A', 'B']", "_ Q _ _"])
def test_ordinary_lists_pass(answer: str) -> None:
    assert harmless("spiral_matrix", answer)


def test_other_data_sets_are_not_limited() -> None:
    assert harmless("chain_sum", "anything (at all)")
