"""The features of a registered environment, found without building it where possible."""

from __future__ import annotations

import importlib
from functools import cache

from rewardsmith.catalog import EnvEntry
from rewardsmith.features import FeatureSchema
from rewardsmith.named_rewards import misspelt
from rewardsmith.registration import build_bare, catalog
from rewardsmith.stack import RewardStack


def schema_of(entry: EnvEntry) -> FeatureSchema:
    """The features of an environment; it is built only if neither class nor module tells.

    Raises:
        MissingExtraError: its package is not installed.
    """
    return _schema(entry.id)


@cache
def _schema(env_id: str) -> FeatureSchema:
    entry = catalog()[env_id]
    module_name, _, name = entry.factory.partition(":")
    module = importlib.import_module(module_name)
    for holder, attribute in ((getattr(module, name), "feature_schema"), (module, "SCHEMA")):
        schema = getattr(holder, attribute, None)
        if isinstance(schema, FeatureSchema):
            return schema
    env = build_bare(entry)
    try:
        get = getattr(env, "get_wrapper_attr", lambda n: getattr(env, n))
        return get("feature_schema")  # type: ignore[no-any-return]
    finally:
        env.close()


def check_features(stack: RewardStack, entry: EnvEntry, text: str = "") -> None:
    """Raise `RewardsmithError` with the near misses for a feature that the env lacks.

    Args:
        stack: a reward meant for `entry`.
        entry: the environment.
        text: what the user wrote; a lone word may be a ready-made reward's name misspelt.
    """
    schema = schema_of(entry)
    for name in sorted(stack.needs):
        if name == text and name not in schema and (error := misspelt(text, entry.id)):
            raise error
        schema[name]
