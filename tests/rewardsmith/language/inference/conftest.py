from __future__ import annotations

import pytest

from rewardsmith.features import Feature, FeatureSchema

FEATURES = (
    Feature("x", "a length", low=-2, high=3),
    Feature("d", "steps left", low=0, high=5, dtype="int"),
    Feature("key", "whether it is held", dtype="bool"),
    Feature("speed", "not bounded"),
    Feature("p", "a place", (3,), low=-1, high=1),
)


@pytest.fixture
def schema() -> FeatureSchema:
    return FeatureSchema(FEATURES)
