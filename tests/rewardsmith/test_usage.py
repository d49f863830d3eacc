from rewardsmith import RewardTerm
from rewardsmith.registry import find_term, term_names
from rewardsmith.usage import check_call, parameters_of, usage_of


class Strangers(RewardTerm):
    """A term that does not say its usage."""

    term_name = "strangers"

    def __init__(self, child, *others, k=2.0):
        pass


def test_a_term_that_does_not_say_its_usage_is_described_by_its_constructor():
    assert usage_of(Strangers) == "strangers(child, others, ..., k=2.0)"


def test_every_option_of_every_term_stands_in_its_usage():
    for name in term_names():
        cls = find_term(name)
        for parameter in parameters_of(cls).values():
            if parameter.kind is parameter.KEYWORD_ONLY:
                option = f"{parameter.name}={parameter.default!r}".replace("e-08", "e-8")
                assert option in usage_of(cls)


def test_a_term_without_a_constructor_takes_nothing():
    check_call(find_term("env"), (), {})
    assert not parameters_of(find_term("env"))
