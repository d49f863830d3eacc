"""check_term: good terms pass, and each way to be wrong is caught under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack, register_term
from rewardsmith.errors import ContractError
from rewardsmith.rewards.expression import as_number
from rewardsmith.term import Guarantee, RewardTerm, Scope
from rewardsmith.testing import Report, check_term
from rewardsmith.transition import Bools, Floats, Transition

SCHEMA = FeatureSchema(
    [
        Feature("distance", "to the goal", low=0.0, high=10.0, unit="m"),
        Feature("has_key", "carries the key", dtype="bool"),
        Feature("velocity", "of the base", shape=(3,), unit="m/s"),
        Feature("steps_left", "fuel", low=0, high=20, dtype="int"),
        Feature("mission", "what to do", dtype="text"),
    ]
)


def _check(subject: Any, **options: Any) -> Report:
    return check_term(subject, **{"schema": SCHEMA, "raise_on_failure": False, **options})


def _failures(subject: Any, **options: Any) -> dict[str, str]:
    return {f.name: f.sentence for f in _check(subject, **options).failed}


# --- good ones --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "env",
        "env + potential(0.5*has_key - 0.1*distance)",
        "env + 0.01*tolerance(distance, bounds=(0, 1), margin=4)",
        "normalize(progress(-distance)) + step_cost(0.01)",
        "linear(1, 0, steps=100)*norm(velocity)",
        "env + when(has_key, progress(-distance))",
        "env + outcome(has_key, progress(-distance))",
        "env + action[2]*next(distance) - obs[9]",
        "potential(steps_left, frame_skip=4)",
        "clip(potential(distance), -1, 1)",
        "env + 0.1*count(has_key)",
        "episodic_count(has_key) + pseudo_count(distance)",
        "env + grm(progress(distance), delay=2)",
    ],
)
def test_shipped_terms_keep_the_contract(formula: str) -> None:
    report = _check(RewardStack.parse(formula))
    assert report.failed == []
    assert {"shape", "purity", "state", "formula"} <= {f.name for f in report.passed}


@pytest.mark.parametrize("bootstraps", [True, False])
@pytest.mark.parametrize("gamma", [0.0, 0.9, 1.0])
def test_a_potential_telescopes_under_every_learner(gamma: float, bootstraps: bool) -> None:
    report = _check("potential(distance)", learner=Learner(gamma, bootstraps))
    assert report.failed == []
    assert "telescoping" in {f.name for f in report.passed}


def test_the_original_is_left_unbound() -> None:
    stack = RewardStack.parse("env + normalize(distance)")
    _check(stack)
    assert stack.binding is None
    assert stack.state_dict() == RewardStack.parse("env + normalize(distance)").state_dict()


# --- broken ones ------------------------------------------------------------------------


class Distance(RewardTerm):
    """The base of the broken terms below; this one is right."""

    guarantee = Guarantee.BIASED

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"distance"})

    def bind(self, binding: Binding) -> None:
        super().bind(binding)
        assert binding.schema["distance"].shape == ()

    def relabel(self, transition: Transition) -> Floats:
        return -np.asarray(transition.next_features["distance"], dtype=np.float64)


@register_term("test_distance")
class Right(Distance):
    pass


class WrongShape(Distance):
    def relabel(self, transition: Transition) -> Floats:
        return super().relabel(transition)[:, None]


class WrongDtype(Distance):
    def relabel(self, transition: Transition) -> Any:
        return super().relabel(transition).astype(np.float32)


class NotFinite(Distance):
    def relabel(self, transition: Transition) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.log(super().relabel(transition))


class Mutates(Distance):
    def relabel(self, transition: Transition) -> Floats:
        values = transition.next_features["distance"]
        values *= -1.0
        return values


class LearnsInStep(Distance):
    learns = True
    mean = 0.0

    def step(self, transition: Transition) -> Floats:
        self.mean += 0.1 * float(super().relabel(transition).mean() - self.mean)
        return super().relabel(transition) - self.mean

    def relabel(self, transition: Transition) -> Floats:
        return super().relabel(transition) - self.mean

    def state_dict(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.mean = state["mean"]


class LearnsInRelabel(Distance):
    learns = True
    calls = 0

    def relabel(self, transition: Transition) -> Floats:
        self.calls += 1
        return super().relabel(transition) / self.calls


class HidesLearning(Distance):
    mean = 0.0

    def update(self, transition: Transition) -> None:
        self.mean += 1.0

    def relabel(self, transition: Transition) -> Floats:
        return super().relabel(transition) - self.mean

    def state_dict(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.mean = state["mean"]


class DropsState(HidesLearning):
    learns = True

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


class ForgetsTimeouts(Distance):
    def step(self, transition: Transition) -> Floats:
        return np.where(transition.truncated, 0.0, super().step(transition))


class PaysTheBest(Distance):
    """Pays an episode's record so far; forgets to forget it."""

    clears = False

    def bind(self, binding: Binding) -> None:
        super().bind(binding)
        self.best = np.full(binding.num_envs, -np.inf)

    def step(self, transition: Transition) -> Floats:
        self.best = np.maximum(self.best, super().relabel(transition))
        return self.best.copy()

    def reset(self, mask: Bools) -> None:
        if self.clears:
            self.best[mask] = -np.inf

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best = np.array(state["best"])


class ClearsEverySlot(PaysTheBest):
    def reset(self, mask: Bools) -> None:
        self.best[:] = -np.inf


class ForgetsNeeds(Distance):
    @property
    def needs(self) -> frozenset[str]:
        return frozenset()


class BindsToAnything(Distance):
    def bind(self, binding: Binding) -> None:
        self.binding = binding


@register_term("test_forgetful_arguments")
class Rounds(Distance):
    """Its formula does not give it back: the call is changed on the way."""

    def __init__(self, factor: Any) -> None:
        self.factor = as_number(factor, "factor")
        self._args = (round(self.factor),)

    def relabel(self, transition: Transition) -> Floats:
        return super().relabel(transition) * self.factor


@pytest.mark.parametrize(
    ("term", "rule", "words"),
    [
        (WrongShape(), "shape", "one number per row"),
        (WrongDtype(), "shape", "astype(np.float64)"),
        (NotFinite(), "shape", "finite"),
        (Mutates(), "no mutation", "Compute on a copy"),
        (LearnsInStep(), "purity", "step changed what relabel pays"),
        (LearnsInRelabel(), "purity", "Learn in update"),
        (HidesLearning(), "purity", "learns=True"),
        (DropsState(), "state", "load_state_dict"),
        (ForgetsTimeouts(), "online equals relabelled", "truncated"),
        (PaysTheBest(), "reset", "Clear all per-episode state"),
        (ClearsEverySlot(), "slots", "reset's mask"),
        (ForgetsNeeds(), "needs", "'distance'"),
        (BindsToAnything(), "needs", "binding.schema[name]"),
        (Rounds(0.4), "formula", "pays otherwise"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, RewardTerm) else "",
)
def test_a_broken_term_is_caught_by_name(term: RewardTerm, rule: str, words: str) -> None:
    failures = _failures(term)
    assert rule in failures
    assert words in failures[rule]
    with pytest.raises(ContractError, match=rule):
        check_term(term, schema=SCHEMA)


def test_the_base_of_the_broken_terms_is_right() -> None:
    assert _check(Right()).failed == []
    right = PaysTheBest()
    right.clears = True
    assert _failures(right) == {}


# --- claims -----------------------------------------------------------------------------


class Claims(Distance):
    """gamma*Phi(s') - Phi(s) with Phi = distance, claimed to be invariant."""

    guarantee = Guarantee.INVARIANT

    def relabel(self, transition: Transition) -> Floats:
        after = np.where(transition.terminated, 0.0, transition.next_features["distance"])
        return self.binding.learner.gamma * after - transition.features["distance"]


class KeepsPhiAtTheEnd(Claims):
    def relabel(self, transition: Transition) -> Floats:
        after = transition.next_features["distance"]
        return self.binding.learner.gamma * after - transition.features["distance"]


class IgnoresGamma(Claims):
    def relabel(self, transition: Transition) -> Floats:
        after = np.where(transition.terminated, 0.0, transition.next_features["distance"])
        return after - transition.features["distance"]


class OneSided(Claims):
    def relabel(self, transition: Transition) -> Floats:
        return np.maximum(super().relabel(transition), 0.0)


def test_a_correct_potential_of_ones_own_telescopes() -> None:
    assert "telescoping" in {f.name for f in _check(Claims()).passed}


def test_a_potential_that_ignores_final_truncation_fails_where_it_must() -> None:
    # Claims keeps Phi at truncation, which a learner that treats the end as final must not see.
    failures = _failures(Claims(), learner=Learner(0.9, bootstraps_on_truncation=False))
    assert "final_rows" in failures["telescoping"]


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (KeepsPhiAtTheEnd(), "Count Phi as 0"),
        (IgnoresGamma(), "the learner's own gamma"),
        (OneSided(), "a detour pays"),
    ],
)
def test_a_false_claim_of_invariance_is_caught(term: RewardTerm, words: str) -> None:
    assert words in _failures(term)["telescoping"]


def test_a_clipped_potential_that_claims_nothing_is_left_alone() -> None:
    assert "telescoping" not in {f.name for f in _check("clip(potential(distance), 0, 1)").passed}


# --- what it says it did not check --------------------------------------------------------


def _unchecked(report: Report) -> dict[str, str]:
    return {f.name: f.sentence for f in report.unchecked}


def test_it_says_that_optimality_needs_a_model() -> None:
    assert "tabular model" in _unchecked(_check("env + potential(distance)"))["optimality"]


def test_it_says_that_an_episode_gate_cannot_be_relabelled() -> None:
    term = RewardStack.parse("outcome(has_key, progress(distance))").entries[0].term
    assert term.scope is Scope.EPISODE
    unchecked = _unchecked(_check(term))
    assert "step scope" in unchecked["online equals relabelled"]


def test_it_says_that_the_features_were_assumed() -> None:
    report = check_term("potential(door_open)")
    assert "door_open" in _unchecked(report)["schema"]


def test_it_says_that_a_term_without_a_name_has_no_formula() -> None:
    assert "register_term" in _unchecked(_check(Claims()))["formula"]


def test_nothing_else_is_tried_after_a_wrong_shape() -> None:
    report = _check(WrongShape())
    assert [f.name for f in report.failed] == ["shape"]
    assert "'shape'" in _unchecked(report)["all other rules"]


def test_given_transitions_are_paid_and_give_the_schema() -> None:
    n = 5
    batch = Transition(
        obs=np.zeros((n, 2)),
        action=np.zeros(n, dtype=np.int64),
        next_obs=np.zeros((n, 2)),
        env_reward=np.zeros(n),
        terminated=np.zeros(n, dtype=bool),
        truncated=np.zeros(n, dtype=bool),
        features={"height": np.array([1.0, 2.0, 3.0, 4.0, 5.0])},
        next_features={"height": np.array([2.0, 3.0, 4.0, 5.0, 0.0])},
    )
    report = check_term("log(height)", transitions=batch, raise_on_failure=False)
    assert report.ok, str(report)
    report = check_term("log(next(height))", transitions=batch, raise_on_failure=False)
    assert [f.name for f in report.failed] == ["given transitions"]


class Record(RewardTerm):
    """Pays 1 for the farthest distance of the episode so far."""

    remembers = True

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"distance"})

    def bind(self, binding: Binding) -> None:
        super().bind(binding)
        binding.schema["distance"]
        self.far = np.full(binding.num_envs, -np.inf)

    def step(self, transition: Transition) -> Floats:
        there = transition.next_features["distance"]
        paid = (there > self.far).astype(np.float64)
        self.far = np.maximum(self.far, there)
        return paid

    def relabel(self, transition: Transition) -> Floats:
        raise AssertionError("a term that remembers is never asked to pay single stored steps")

    def finish(self, transition: Transition) -> Floats:
        there = transition.next_features["distance"]
        before = np.concatenate([[-np.inf], np.maximum.accumulate(there)[:-1]])
        return (there > before).astype(np.float64)

    def reset(self, mask: Bools) -> None:
        self.far[mask] = -np.inf

    def state_dict(self) -> dict[str, Any]:
        return {"far": self.far.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.far = np.array(state["far"])


class Forgetful(Record):
    """Pays a whole episode otherwise than step by step."""

    def finish(self, transition: Transition) -> Floats:
        return super().finish(transition) / 2


def test_a_term_that_remembers_pays_whole_episodes_as_it_pays_steps() -> None:
    assert _failures(Record()) == {}
    assert list(_failures(Forgetful())) == ["online equals relabelled"]
    assert "and finish [" in _failures(Forgetful())["online equals relabelled"]
