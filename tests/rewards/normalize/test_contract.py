import pytest

from rewardsmith import Feature, FeatureSchema
from rewardsmith.testing import check_term

SCHEMA = FeatureSchema([Feature("x", "one", low=0, high=1), Feature("y", "two", low=0, high=2)])


@pytest.mark.parametrize(
    "formula",
    [
        "centred(x)",
        "clip_process(x, 0.5)",
        "delta_process(x)",
        "ensemble(x, y, how='uwo')",
        "gdpo(x, y)",
        "hypervolume(x, y, every=7)",
        "par(x, y)",
        "renorm(x, y)",
        "trust(x, y)",
        "win_rate(x)",
        "zones(x)",
        "code_speed(x > 0.5, y, 1)",
    ],
)
def test_every_term_keeps_the_contract(formula):
    assert check_term(formula, schema=SCHEMA, episodes=4).ok
