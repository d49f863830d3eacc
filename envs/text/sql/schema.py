"""The features of TextToSQL."""

from __future__ import annotations

from rewardsmith.envs.text.base import COMMON
from rewardsmith.features import Feature, FeatureSchema

from .questions import LEVELS

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("answered", "an answer was given", dtype="bool"),
        Feature("queries", "lines of SQL so far, the answer among them", low=0, dtype="int"),
        Feature("syntax_valid", "the last SQL compiles and only reads", dtype="bool"),
        Feature("executes", "the last SQL gave a result, within the limits", dtype="bool"),
        Feature(
            "execution_match", "its rows are the right ones, on the database shown", dtype="bool"
        ),
        Feature(
            "schema_linking", "Jaccard of tables and columns read, with the gold's", low=0, high=1
        ),
        Feature("ngram_similarity", "Jaccard of token bigrams with the gold SQL", low=0, high=1),
        Feature(
            "result_overlap", "Jaccard of the values in its result with the right", low=0, high=1
        ),
        Feature("level", f"position in {LEVELS}", low=0, high=len(LEVELS) - 1, dtype="int"),
        Feature("domain", "what the database is about", dtype="text"),
        Feature("question", "what is asked", dtype="text"),
        Feature("sql", "the last SQL, empty before", dtype="text"),
        Feature("gold", "SQL that answers the question", dtype="text"),
        Feature("problem", "empty, or syntax, denied, limit: what is wrong with it", dtype="text"),
    ]
)
