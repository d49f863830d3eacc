"""The features of CodeRepair."""

from __future__ import annotations

from rewardsmith.envs.text.base import COMMON
from rewardsmith.features import Feature, FeatureSchema

#: tests that the agent sees, if it is not said otherwise
TESTS = 16


def schema(tests: int) -> FeatureSchema:
    """The features, with `tests` tests that the agent sees."""
    return FeatureSchema(
        [
            *COMMON,
            Feature("tests_total", "tests that the agent can run", low=1, dtype="int"),
            Feature(
                "tests_passed", "tests that passed when they were last run", low=0, dtype="int"
            ),
            Feature("test_results", "which did, 1 or 0", (tests,), low=0, high=1, dtype="int"),
            Feature(
                "tests_weighted", "share of weight of the tests that passed then", low=0, high=1
            ),
            Feature("tests_current", "no file was edited since the tests last ran", dtype="bool"),
            Feature("hidden_total", "tests that also count at the end", low=0, dtype="int"),
            Feature(
                "hidden_passed", "of them, how many passed at the end; 0 before", low=0, dtype="int"
            ),
            Feature("patched", "a file differs from how it was found", dtype="bool"),
            Feature(
                "files_touched", "files that differ from how they were found", low=0, dtype="int"
            ),
            Feature("lines_changed", "lines added and taken away in them", low=0, dtype="int"),
            Feature("edits", "edits made, whatever came of them", low=0, dtype="int"),
            Feature("parses", "every file is Python", dtype="bool"),
            Feature("bug_fixed", "the files are what they were before the bug", dtype="bool"),
            Feature("submitted", "the work was handed in", dtype="bool"),
            Feature("project", "which repository it is", dtype="text"),
            Feature("bug_kind", "which kind of bug it has", dtype="text"),
            Feature("diff", "the agent's changes as a unified diff", dtype="text"),
            Feature("reference_diff", "the changes that take the bug away", dtype="text"),
        ]
    )
