import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.answers import alike, extraction


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("whole", "I think\n<answer> b </answer>\nso \\boxed{7} it is 8"),
        ("last_line", "so \\boxed{7} it is 8"),
        ("boxed", "7"),
        ("number", "7"),
        ("<answer>", "b"),
        ("<other>", ""),
    ],
)
def test_where_an_answer_stands(how, found):
    text = "I think\n<answer> b </answer>\nso \\boxed{7} it is 8\n"
    assert extraction(how, "it")(text) == found


def test_the_last_tag_counts_and_stray_tags_do_not():
    find = extraction("<a>", "it")
    assert find("<a>1</a><a>2</a></b>") == "2"
    assert find("</a><a>") == find("<a>") == find("") == ""


@pytest.mark.parametrize("how", ["boxd", "<>", "<a b>", "a", 3])
def test_other_ways_are_refused_with_what_there_is(how):
    with pytest.raises(ConfigError, match="one of whole, last_line, boxed, number"):
        extraction(how, "it")


def test_blanks_and_capitals_do_not_count():
    assert alike("  New\n York ") == alike("new york")
