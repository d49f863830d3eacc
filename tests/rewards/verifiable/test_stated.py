import time

import pytest

from rewardsmith.rewards.verifiable.stated import formula


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (r"$1$ and \boxed{\sqrt{2}}", r"\sqrt{2}"),
        ("no formula here", "no formula here"),
        ("", ""),
        ("It is $x + 1$, that is, $2x$.", "2x"),
        (r"First \(x = 2\), then \[ \frac{3}{6} \]", r"\frac{3}{6}"),
        (r"\[ 3 \] is $4$", "4"),
        ("so\n$$\nx + 1\n$$", "x + 1"),
        ("$$a$$ and $$b$$ cut off: $$c", "b"),
        ("We get $ x+1 $", "x+1"),
    ],
)
def test_a_formula_is_what_a_text_ends_with(text, stated):
    assert formula(text) == stated


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("It costs $5. Therefore the answer is $x+1$.", "x+1"),
        ("It costs $5($x+1$)", "x+1"),
        ("$x$, then $y$ costs $5", "y"),
        ("He spent $5 and then $7, so the total is 12.", "12"),
        ("It is $5-$7 a head.\n12", "12"),
        ("Costs $3 each.\nTotal: $12", "12"),
        ("It costs $3 and $4.\n12", "12"),
        ("cost $5\nand $7\n\\boxed{12}", "12"),
        ("I add $5 and $7.\n#### $12", "12"),
        (r"\boxed{\$12}", "12"),
        (r"Answer: \$12", "12"),
        ("**Answer:** $12.", "12"),
        ("The answer is **12**.", "12"),
        ("The answer is $12", "12"),
        ("5 $ and 7 $ are 12 $", "12"),
        (r"So $c = \$5$.", r"c = \$5"),
    ],
)
def test_a_dollar_may_be_money(text, stated):
    assert formula(text) == stated


@pytest.mark.parametrize(
    "line",
    [
        "2 or 3",
        "The answer is 2 or 3",
        "Tom pays $5. Ann pays $7",
        "3 : 4",
        "12:30",
        r"\text{The speed is } 5",
        "The answer is not 5",
        "$x$ or $y or z",
    ],
)
def test_a_line_that_says_more_than_one_formula_stays_whole(line):
    assert formula(f"$5 here.\n{line}") == ("x" if line.startswith("$x") else line)


@pytest.mark.parametrize(
    "text",
    ["$" * 10**6, "$ " * 10**6, "$x" * 10**6, "\\$" * 10**6, "is " * 10**6, ": $" * 10**6],
)
def test_any_text_is_read_in_short_time(text):
    begun = time.monotonic()
    formula(text)
    assert time.monotonic() - begun < 1
