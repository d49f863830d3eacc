"""The features of a registered environment, found without building it where possible."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import replace
from functools import cache

import gymnasium

from rewardsmith.catalog import EnvEntry
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.features import FeatureSchema
from rewardsmith.language import builtins_used
from rewardsmith.language.inference import Givens
from rewardsmith.named_rewards import misspelt
from rewardsmith.registration import build_bare, catalog, find_entry
from rewardsmith.stack import RewardStack
from rewardsmith.term import Binding, Scope


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


def stranger_schema(env_id: str) -> FeatureSchema:
    """The features of an environment that is not ours: its own, or its observation's components.

    Raises:
        ConfigError: Gymnasium cannot build it.
    """
    return stranger_givens(env_id).schema


def stranger_givens(env_id: str) -> Givens:
    """Features, spaces and time limit of an environment that is not ours.

    Raises:
        ConfigError: Gymnasium cannot build it.
    """
    try:
        env = gymnasium.make(env_id)
    except (gymnasium.error.Error, ImportError) as error:
        reason = str(error).rstrip(".")
        raise ConfigError(f"{env_id} cannot be built to learn its features: {reason}.") from error
    try:
        schema = env.get_wrapper_attr("feature_schema")
    except AttributeError:
        schema = None
    finally:
        env.close()
    if not isinstance(schema, FeatureSchema):
        schema = FeatureSchema.from_space(env.observation_space)
    limit = None if env.spec is None else env.spec.max_episode_steps
    return Givens(schema, env.observation_space, env.action_space, max_steps=limit)


def givens_of(env_id: str, stack: RewardStack) -> Givens:
    """What is known of an environment before it runs, as far as a reward reads it.

    One of ours is built only for its spaces, and only if the reward reads `obs` or `action`.

    Raises:
        MissingExtraError: its package is not installed.
        ConfigError: Gymnasium cannot build it.
    """
    entry = find_entry(env_id)
    if entry is None:
        return stranger_givens(env_id)
    known = Givens(schema_of(entry), max_steps=entry.max_episode_steps)
    if entry.family == "multiagent" or not builtins_used(stack.tree) & {"obs", "action"}:
        return known
    env = build_bare(entry)
    env.close()
    return replace(known, observation=env.observation_space, action=env.action_space)


def check_features(stack: RewardStack, entry: EnvEntry, text: str = "") -> None:
    """Raise `RewardsmithError` for what a reward cannot read of an env, near misses included.

    Unknown features, features of text, shapes and indices that do not fit.

    Args:
        stack: a reward meant for `entry`; it is left as it is.
        entry: the environment.
        text: what the user wrote; a lone word may be a ready-made reward's name misspelt.
    """
    schema = schema_of(entry)
    for name in stack.needs:
        if name == text and name not in schema and (error := misspelt(text, entry.id)):
            raise error
    check_schema(stack, schema)


def check_schema(stack: RewardStack, schema: FeatureSchema) -> None:
    """Raise `LanguageError` or `UnknownNameError` unless a reward can read these features."""
    # A place and a learner are not known here, so their objections do not count.
    with contextlib.suppress(BindingError):
        RewardStack.parse(stack).bind(Binding(schema, serves=frozenset(Scope)))
    for name in sorted(stack.needs):
        schema[name]
