import numpy as np
import pytest

from rewardsmith.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "lines", "answer", "paid"),
    [
        ("", ["so #### 72", "\\boxed{72.0}", "71.99", "none", ""], "72", [1, 1, 0, 0, 0]),
        (", tolerance=0.01", ["71.99", "72.02"], "72", [1, 0]),
        (", relative=0.1", ["108", "111"], "100", [1, 0]),
        ("", ["\\frac{1}{3}", "0.333333"], "1/3", [1, 1]),
        ("", ["0.3333"], "1/3", [0]),
        (", units=True", ["5 km", "5 m", "5"], "5 km", [1, 0, 0]),
        ("", ["5 m"], "5 km", [1]),
    ],
)
def test_numbers_that_are_the_references(read, turns, options, lines, answer, paid):
    stack = read(f"numeric_match(action, answer{options})")
    np.testing.assert_array_equal(stack.step(turns(*lines, answer=answer)).total, paid)


def test_a_reference_without_a_number_is_an_error_with_a_remedy(read, turns):
    with pytest.raises(ConfigError, match=r"(?s)numeric_match.*Received 'seven'.*exact_match"):
        read("numeric_match(action, answer)").step(turns("7", answer="seven"))


@pytest.mark.parametrize("options", ["tolerance=-1", "relative='a'", "units=1"])
def test_wrong_options_name_the_term(read, options):
    with pytest.raises(ConfigError, match="numeric_match"):
        read(f"numeric_match(action, answer, {options})")
