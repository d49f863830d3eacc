"""Verifiable rewards: texts compared with references by rules, one file per signal.

Their modules are imported when a formula first calls them.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {
    "code_speed": "unit_tests",
    "difficulty_weighted": "unit_tests",
    "diversity": "diversity",
    "exact_match": "exact_match",
    "format_match": "format_match",
    "length_cosine": "length",
    "length_drpo": "length_group",
    "length_lambda": "length_group",
    "numeric_match": "numeric_match",
    "patch_similarity": "patch",
    "repetition_penalty": "repetition",
    "sql_ngrams": "sql",
    "sql_schema": "sql",
    "tool_match": "tool_match",
    "zones": "zones",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.verifiable.{_module}")
