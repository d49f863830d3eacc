"""How likely the reference answer is after the policy's reasoning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.term import Learner
from rewardsmith.transition import Floats, Transition

from .base import GroupLikelihoodTerm, LikelihoodTerm, mean, token_probability
from .scorer import Query

ROLES = ("context", "reasoning", "answer")

#: form -> a number from the log-probabilities of the answer's tokens
FORMS: dict[str, Callable[[Floats], float]] = {
    "sum": lambda logps: float(logps.sum()),
    "mean": mean,
    "probability": lambda logps: float(np.exp(logps.sum())),
    "token_probability": token_probability,
}


class ReferenceTerm(LikelihoodTerm):
    """Base of terms that ask about the answer after context, reasoning and cue."""

    roles = ROLES

    def asked(self, transition: Transition) -> list[Query]:
        """The answer after the reasoning, row by row."""
        return [
            self.query((context, reasoning, self.cue), answer)
            for context, reasoning, answer in self.rows(transition)
        ]


@says_roles
@register_term("reference_likelihood")
class ReferenceLikelihood(ReferenceTerm):
    """Pays the likelihood of the reference answer a* after context x and reasoning z.

    With p_j = pi(a*_j | x, z, a*_<j) the forms are `sum`: sum_j log p_j (log-probability
    rewards, arXiv 2602.03979, whose abstract finds them the only ones that work in all its
    settings); `mean`: its mean over tokens; `probability`: prod_j p_j; `token_probability`:
    mean_j p_j. A longer answer is less likely: `sum` and `probability` compare rollouts of one
    task only.

    Args:
        texts: context, reasoning, answer, e.g. `obs, action, answer`.
        form: one of the above. `sum` and `mean` are at most 0, the others in [0, 1].
        scoring: as in `LikelihoodTerm`.
    """

    def __init__(self, *texts: Any, form: str = "mean", **scoring: Any) -> None:
        super().__init__(*texts, **scoring)
        if form not in FORMS:
            raise ConfigError(
                f"form of {self.who} is one of {', '.join(FORMS)}. Received {form!r}."
                f"{near_misses(str(form), FORMS)}"
            )
        self.form = form

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """The form's number, row by row."""
        return np.array([FORMS[self.form](logps) for logps in found], dtype=np.float64)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """At most 0, or in [0, 1]."""
        logs = self.form in ("sum", "mean")
        return Interval(-np.inf, 0.0) if logs else Interval(0.0, 1.0)


@says_roles
@register_term("verifree")
class VeriFree(ReferenceTerm):
    """Pays pi(a* | x, z), the reward of the reasoning under VeriFree.

    Zhou et al. 2025 (arXiv 2505.21493): J = E_z pi(a* | x, z), whose gradient is
    E_z pi(a* | x, z) [grad log pi(z | x) + grad log pi(a* | x, z)]. This is the factor of the
    first part; the second is a weighted supervised loss on a*, which no reward can express. The
    paper ends z before the last character of its answer tag, so that tokens do not merge over
    the border; here pieces are split into tokens apart.

    Args:
        texts: context, reasoning, answer.
        scoring: as in `LikelihoodTerm`.
    """

    lies = (0.0, 1.0)

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """The probability, row by row."""
        return np.array([FORMS["probability"](logps) for logps in found], dtype=np.float64)


@says_roles
@register_term("jepo")
class Jepo(GroupLikelihoodTerm, ReferenceTerm):
    """Pays what an episode's reasoning adds to the group's bound on log pi(a* | x).

    Tang et al. 2025 (arXiv 2503.19618) maximise the multi-sample Jensen bound
    L = log(1/n sum_i pi(a* | x, z_i)). Its reward for z_i, with the leave-one-out baseline
    (second-hand: VIMCO, arXiv 1602.06725), is
    L - log(1/(n-1) sum_{j != i} pi(a* | x, z_j)). A group of one is paid log pi(a* | x, z). Use it
    without another baseline. The paper's supervised part is left out, as in `verifree`.

    Args:
        texts: context, reasoning, answer; those of an episode's last turn count.
        scoring: as in `LikelihoodTerm`.
    """

    def compare(self, episodes: Sequence[Transition], found: list[list[Floats]]) -> list[float]:
        """Each episode's share."""
        totals = np.array([logps[0].sum() if logps else -np.inf for logps in found])
        if len(totals) < 2:
            return [float(v) for v in totals]
        rest = [_log_mean(np.delete(totals, i)) for i in range(len(totals))]
        return [_log_mean(totals) - other for other in rest]


def _log_mean(logs: Floats) -> float:
    top = float(logs.max())
    return top + float(np.log(np.exp(logs - top).mean()))
