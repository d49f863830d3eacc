"""What terms share that score texts with a language model's own probabilities."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.groups import GroupTerm, at_the_end
from rewardsmith.rewards.verifiable.base import TextTerm
from rewardsmith.term import Binding, Scope
from rewardsmith.transition import Floats, Transition

from .models import scorer_of
from .scorer import Query, Scorer


class LikelihoodTerm(TextTerm):
    """Base: asks a scorer about the texts of each row, and pays by what it finds.

    A subclass writes `asked` (the queries of a transition) and `pay` (rewards from their
    log-probabilities). Terms of one stack that use one model are scored together, so that what
    their texts share is computed once.

    Args:
        texts: what a formula names, one per role.
        model: `policy`, which the trainer binds, or a folder with a frozen model.
        device, dtype: of a frozen model; `auto` takes a GPU if there is one, and the dtype that
            the model was saved in.
        chat: put the first text into the model's chat template, as a user's message.
        cue: what stands between reasoning and answer, e.g. `' Answer: '`.
    """

    #: what the texts are, in order; the last `optional` of them may be left out
    roles: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[int] = 0

    def __init__(
        self,
        *texts: Any,
        model: str = "policy",
        device: str = "auto",
        dtype: str = "auto",
        chat: bool = False,
        cue: str = "\n",
    ) -> None:
        least = len(self.roles) - self.optional
        if not least <= len(texts) <= len(self.roles):
            raise ConfigError(
                f"{self.term_name} takes {len(self.roles)} texts: {', '.join(self.roles)}"
                + (f", of which {self.optional} may be left out" if self.optional else "")
                + f". Received {len(texts)}; write {self.usage}."
            )
        super().__init__(*texts)
        for name, value in (("model", model), ("device", device), ("dtype", dtype), ("cue", cue)):
            if not isinstance(value, str):
                raise ConfigError(f"{name} of {self.who} is a text. Received {value!r}.")
        self.model, self.device, self.dtype, self.cue = model, device, dtype, cue
        self.chat = checks.truth(f"chat of {self.who}", chat, write="chat=True")

    def bind(self, binding: Binding) -> None:
        """Find texts and scorer, and the terms that are scored together with this one."""
        super().bind(binding)
        self._scorer = scorer_of(self.model, self.device, self.dtype)
        if id(binding) not in _company:
            _company[id(binding)] = weakref.WeakSet()
            weakref.finalize(binding, _company.pop, id(binding), None)
        _company[id(binding)].add(self)

    @property
    def scorer(self) -> Scorer:
        """Who answers what is asked."""
        return self._scorer

    def asked(self, transition: Transition) -> list[Query]:
        """What it wants to know of a transition's rows."""
        raise NotImplementedError(f"{type(self).__name__} must define asked(transition)")

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """Rewards of shape (N,) from the log-probabilities of what was asked."""
        raise NotImplementedError(f"{type(self).__name__} must define pay(transition, found)")

    def relabel(self, transition: Transition) -> Floats:
        """Each row's reward, shape (N,)."""
        return self._paid(transition, {Scope.STEP})

    def finish(self, transition: Transition) -> Floats:
        """Rewards of one whole episode, shape (T,)."""
        return self._paid(transition, {Scope.STEP, Scope.EPISODE})

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Rewards of several episodes, scored together."""
        together(self, episodes, set(Scope))
        return [self._answered(e) for e in episodes]

    def query(self, context: Sequence[str], continuation: str) -> Query:
        """A question in this term's form."""
        return Query(tuple(context), continuation, self.chat)

    def _paid(self, transition: Transition, scopes: set[Scope]) -> Floats:
        together(self, [transition], scopes)
        return self._answered(transition)

    def _answered(self, transition: Transition) -> Floats:
        return self.pay(transition, self.scorer.logprobs(self.asked(transition)))


class EpisodeLikelihoodTerm(LikelihoodTerm):
    """Base of terms that need the whole episode."""

    scope = Scope.EPISODE

    def step(self, transition: Transition) -> Floats:
        """Nothing yet."""
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell their episode."""
        raise ConfigError(
            f"{self.term_name} needs whole episodes and cannot relabel single transitions. "
            "Use finish(episode), or a place that serves scope 'episode'."
        )


class GroupLikelihoodTerm(GroupTerm, LikelihoodTerm):
    """Base of terms that compare episodes of one task: a subclass writes `asked` and `compare`.

    `asked` is called with the last row of each episode; what an episode earns is paid there.
    """

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What each episode earns, on its last row."""
        together(self, episodes, set(Scope))
        ends = [e.select(slice(-1, None)) for e in episodes]
        found = [self.scorer.logprobs(self.asked(end)) for end in ends]
        earned = self.compare(episodes, found)
        return [at_the_end(e, float(v)) for e, v in zip(episodes, earned, strict=True)]

    def compare(self, episodes: Sequence[Transition], found: list[list[Floats]]) -> Sequence[float]:
        """What each episode earns, by the log-probabilities of what was asked of its last row."""
        raise NotImplementedError(f"{type(self).__name__} must define compare(episodes, found)")


#: id of a place -> the terms bound to it, which keep it alive
_company: dict[int, weakref.WeakSet[LikelihoodTerm]] = {}


def together(term: LikelihoodTerm, transitions: Sequence[Transition], scopes: set[Scope]) -> None:
    """Score what all terms beside this one will ask of these transitions, in one go."""
    company = [t for t in _company[id(term.binding)] if t.binding is term.binding]
    beside = [t for t in company if t.scorer is term.scorer and t.scope in scopes]
    queries = [q for t in beside for tr in transitions for q in _asks(t, tr)]
    if len(beside) > 1 or len(transitions) > 1:
        term.scorer.logprobs(queries)


def _asks(term: LikelihoodTerm, transition: Transition) -> Iterator[Query]:
    if len(transition):
        group = term.scope is Scope.GROUP
        yield from term.asked(transition.select(slice(-1, None)) if group else transition)


def mean(logps: Floats) -> float:
    """Mean log-probability of a text's tokens; 0 of an empty text."""
    return float(logps.mean()) if len(logps) else 0.0


def token_probability(logps: Floats) -> float:
    """Mean probability of a text's tokens; 1 of an empty text."""
    return float(np.exp(logps).mean()) if len(logps) else 1.0


def fraction(what: str, value: float) -> float:
    """A number in [0, 1)."""
    found = checks.number(what, value, least=0)
    if found >= 1:
        raise ConfigError(f"{what} is below 1. Received {value!r}; write 0.99.")
    return found
