"""The rules of the reward contract, each a function that returns what holds or raises."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from rewardsmith.errors import RewardsmithError
from rewardsmith.features import FeatureSchema
from rewardsmith.guarantees import combine_parts
from rewardsmith.stack import RewardStack
from rewardsmith.term import Guarantee, RewardTerm, Scope
from rewardsmith.testing.play import Player
from rewardsmith.testing.report import Broken, Unchecked
from rewardsmith.testing.subject import Subject, close, paid, play, rows, same
from rewardsmith.transition import Floats, Transition, stack


def _needs_steps(subject: Subject, what: str) -> None:
    if subject.whole:
        raise Unchecked(
            f"{what} is a rule of step scope; this term has scope {subject.scope.value!r}."
        )


def _method(subject: Subject) -> str:
    return "finish" if subject.whole or subject.remembers else "relabel"


def binds(subject: Subject, player: Player) -> str:
    """Binding to the schema and learner raises nothing."""
    subject.fresh()
    return "It binds to the schema and the learner."


def needs(subject: Subject, player: Player) -> str:
    """`needs` names exactly what is read, and a schema without it is refused at binding."""
    names = subject.given.needs
    if undeclared := _undeclared(subject, player):
        raise Broken(
            f"It reads the feature {undeclared!r}, which its `needs` {sorted(names)} lacks. "
            "Add the name, so that an env without it is refused at construction."
        )
    for name in sorted(names):
        less = FeatureSchema(f for n, f in subject.schema.items() if n != name)
        if not _refuses(subject, less):
            raise Broken(
                f"bind() accepted a schema without the needed feature {name!r}. Give the term a "
                "name (register_term), so that a stack checks it, or look each name up in bind: "
                "`binding.schema[name]` raises with the near misses."
            )
    return f"It declares what it reads: {', '.join(sorted(names)) or 'no feature'}."


def _undeclared(subject: Subject, player: Player) -> str | None:
    batch = player.some_episode()
    known = subject.given.needs
    batch.features = {k: v for k, v in batch.features.items() if k in known}
    batch.next_features = {k: v for k, v in batch.next_features.items() if k in known}
    try:
        paid(subject.fresh(), _method(subject), batch)
    except KeyError as error:
        return str(error.args[0])
    return None


def _refuses(subject: Subject, schema: FeatureSchema) -> bool:
    try:
        subject.fresh(schema=schema)
        # The stack refuses for its terms, so a term with a name is safe in any place.
        subject.beside(subject.stack()).fresh(schema=schema)
    except RewardsmithError:
        return True
    except Unchecked:
        return False
    return False


def shape(subject: Subject, player: Player) -> str:
    """Every way to be paid gives float64 of shape (N,), finite."""
    episode = player.episode(6)
    for method in {_method(subject), "finish"}:
        _check_array(paid(subject.fresh(), method, episode), len(episode), method)
    for num_envs in (1, 3):
        batch = player.episode(num_envs, "none")
        _check_array(paid(subject.fresh(num_envs), "step", batch), num_envs, "step")
    named = "step and finish" if subject.remembers else "step, relabel and finish"
    return f"{named} pay finite float64 of shape (N,)."


def _check_array(values: Any, n: int, method: str) -> None:
    if not isinstance(values, np.ndarray) or values.shape != (n,) or values.dtype != np.float64:
        got = (
            f"{values.dtype} of shape {values.shape}" if hasattr(values, "dtype") else repr(values)
        )
        raise Broken(
            f"{method} must return float64 of shape (N,) = ({n},). Received {got}. "
            "Reduce vectors to one number per row, and convert with astype(np.float64)."
        )
    if not np.isfinite(values).all():
        raise Broken(
            f"{method} must return finite values. Received {values}. Mend the expression with "
            "clip or where, or tighten the feature's bounds in the schema."
        )


def mutation(subject: Subject, player: Player) -> str:
    """No method changes the transition that it is given."""
    methods = ["finish"] if subject.whole else ["step", _method(subject), "finish", "update"]
    for method in methods:
        episode = player.some_episode()
        before = copy.deepcopy(episode)
        getattr(subject.fresh(len(episode)), method)(episode)
        if not same(before, episode):
            raise Broken(
                f"{method} changed the transition that it was given; other terms and the learner "
                "read the same arrays. Compute on a copy (a + b, not a += b)."
            )
    return "No method changes the transition that it is given."


def purity(subject: Subject, player: Player) -> str:
    """Only `update` learns."""
    bound, batch, method = subject.fresh(), player.episode(8), _method(subject)
    state = copy.deepcopy(bound.state_dict())
    first = np.array(paid(bound, method, batch))
    if not same(first, paid(bound, method, batch)):
        raise Broken(f"{method} paid the same batch differently the second time. Learn in update.")
    if not same(state, bound.state_dict()):
        raise Broken(f"{method} changed state_dict(). It must read and write no state.")
    if not subject.whole:
        play(bound, player.some_episode())
        if not same(first, paid(bound, method, batch)):
            raise Broken("step changed what relabel pays, without update. Learn in update alone.")
    _check_learns(subject, bound, batch, first)
    return "Only update can change what a stored transition is paid."


def _check_learns(subject: Subject, bound: Any, batch: Transition, first: Floats) -> None:
    given = subject.given
    if not isinstance(given, RewardTerm) or given.learns or subject.whole:
        return
    play(bound, batch, learn=True)
    if not same(first, paid(bound, _method(subject), batch)):
        raise Broken(
            "update changed what relabel pays, but `learns` is False. Declare learns=True."
        )


def online(subject: Subject, player: Player) -> str:
    """Paid step by step or from storage: the same, at both kinds of episode end."""
    _needs_steps(subject, "online equals relabelled")
    bound = subject.fresh()
    for end in ("terminated", "truncated", "both"):
        episode = player.episode(7, end)
        lived, stored = play(bound, episode), paid(subject.fresh(), _method(subject), episode)
        if close(lived, stored, subject.tolerance):
            continue
        if not subject.remembers and _remembers(subject, player):
            raise Unchecked(
                "It keeps state within an episode and pays stored transitions differently; "
                "whether that is meant cannot be told from outside."
            )
        raise Broken(
            f"In an episode that ended {end}, step paid {lived} and {_method(subject)} {stored}. "
            "A term without state must pay both alike; compare their use of final rows."
        )
    return f"step and {_method(subject)} agree, at termination and at truncation."


def _remembers(subject: Subject, player: Player) -> bool:
    bound = subject.fresh()
    before = copy.deepcopy(bound.state_dict())
    play(bound, player.episode(4, "none"))
    return not same(before, bound.state_dict())


def resets(subject: Subject, player: Player) -> str:
    """After `reset` nothing is left of the last episode."""
    _needs_steps(subject, "reset")
    used, unused = subject.fresh(), subject.fresh()
    everything = np.ones(1, dtype=bool)
    for _ in range(3):
        play(used, player.episode(4, "none"))
        used.reset(everything)
        unused.reset(everything)
        episode = player.some_episode()
        if not same(play(used, episode), play(unused, episode)):
            raise Broken(
                "After reset() it paid an episode otherwise than a term that never saw the "
                "episode before. Clear all per-episode state of the masked slots in reset."
            )
    return "reset leaves nothing of the last episode."


def slots(subject: Subject, player: Player) -> str:
    """Slots do not see each other, and `reset(mask)` clears the masked ones only."""
    _needs_steps(subject, "independence of slots")
    for _ in range(5):
        left = stack([player.episode(3), player.episode(3)])
        right = player.episode(6)
        apart = np.stack([play(subject.fresh(), left), play(subject.fresh(), right)], axis=1)
        if not close(_side_by_side(subject.fresh(2), left, right), apart, subject.tolerance):
            raise Broken(
                "Two slots side by side were paid otherwise than each alone. Keep per-episode "
                "state in arrays of length num_envs, and clear only the slots where reset's mask "
                "is True."
            )
    return "Slots are independent."


def _side_by_side(bound: Any, left: Transition, right: Transition) -> Floats:
    values = []
    for row in (stack(list(pair)) for pair in zip(rows(left), rows(right), strict=True)):
        values.append(np.array(paid(bound, "step", row)))
        ended = np.logical_or(row.terminated, row.truncated)
        if ended.any():
            bound.reset(ended)
    return np.array(values)


def invalid_rows(subject: Subject, player: Player) -> str:
    """Rows that are no transition are paid 0 and leave the others as they were."""
    if not subject.is_stack:
        raise Unchecked("A stack, not a term, passes over rows that are no transition.")
    batch = player.episode(4, "none")
    batch.valid = np.array([True, False, True, False])
    values = paid(subject.fresh(4), "step", batch)
    batch.valid = None
    expected = np.where([True, False, True, False], paid(subject.fresh(4), "step", batch), 0.0)
    if not close(values, expected, subject.tolerance):
        raise Broken(f"Rows with valid=False must be paid 0. Received {values}, not {expected}.")
    return "Rows that are no transition are paid 0."


def given_rows(subject: Subject, player: Player) -> str:
    """The caller's own transitions can be paid."""
    if player.pool is None:
        raise Unchecked("No transitions were given; states were drawn from the schema's bounds.")
    method = _method(subject)
    _check_array(paid(subject.fresh(), method, player.pool), len(player.pool), method)
    return f"The {len(player.pool)} given transitions are paid finite values."


def telescopes(subject: Subject) -> bool:
    """Whether the telescoping rule concerns the subject: no potential of the whole history."""
    given = subject.given
    if subject.remembers:
        return False
    if isinstance(given, RewardStack):
        claim = combine_parts(given.entries)
    else:
        claim = Guarantee.UNKNOWN if given.carries_env else given.guarantee
    return claim is Guarantee.INVARIANT and subject.scope is Scope.STEP
