"""What terms share that ask a language model for its judgement."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.llm import Client, client
from rewardsmith.llm.spec import FORMS
from rewardsmith.rewards.groups import at_the_end
from rewardsmith.rewards.verifiable.base import TextTerm
from rewardsmith.term import Learner, Scope
from rewardsmith.transition import Floats, Transition

from .layout import Exhibit
from .panel import Panel, Question, Tally

PER = ("turn", "episode")


class JudgeTerm(TextTerm):
    """Base: asks a judge about texts; a subclass writes `question`.

    Rewards lie in [0, 1]. A judge errs and can be talked into things: watch it with an audit,
    and keep the environment's own success apart.

    Args:
        texts: the judged text, and perhaps its context, e.g. `action, obs`.
        client: who judges, as `rewardsmith.llm.client` reads it, e.g.
            `'openai:MODEL@http://127.0.0.1:8000/v1'`; in Python also a client itself.
        votes: samples per question, of which the mean counts; above 1 set a temperature.
        temperature, max_tokens, seed: of the replies.
        retries: attempts more where no verdict could be read.
        fallback: what is paid where there is none after that, in [0, 1]; counted in `tally`.
        limit: most characters shown of each text; the middle of a longer one is left out.
    """

    roles: ClassVar[tuple[str, ...]] = ("text", "context")
    lies = (0.0, 1.0)

    def __init__(  # each option is one that a user sets
        self,
        *texts: Any,
        client: str | Client = "",
        votes: int = 1,
        temperature: float = 0.0,
        max_tokens: int = 256,
        seed: int = 0,
        retries: int = 2,
        fallback: float = 0.0,
        limit: int = 20_000,
    ) -> None:
        if not 1 <= len(texts) <= len(self.roles):
            raise ConfigError(
                f"{self.term_name} takes a text to judge, and perhaps its context. Received "
                f"{len(texts)} texts; write {self.usage}."
            )
        super().__init__(*texts)
        if not client:
            raise ConfigError(f"{self.who} needs a judge: client=..., one of {', '.join(FORMS)}.")
        self.client = client
        self.options: dict[str, Any] = {
            "votes": checks.whole(f"votes of {self.who}", votes, least=1),
            "temperature": checks.number(f"temperature of {self.who}", temperature, least=0),
            "max_tokens": checks.whole(f"max_tokens of {self.who}", max_tokens, least=1),
            "seed": checks.whole(f"seed of {self.who}", seed, least=0),
            "retries": checks.whole(f"retries of {self.who}", retries, least=0),
            "fallback": share(f"fallback of {self.who}", fallback),
            "limit": checks.whole(f"limit of {self.who}", limit, least=1),
        }
        self._panel: Panel | None = None

    @property
    def panel(self) -> Panel:
        """Who is asked; made when first needed, so that a formula can be read without a key."""
        if self._panel is None:
            judge = client(self.client) if isinstance(self.client, str) else self.client
            self._panel = Panel(judge, **self.options)
        return self._panel

    @property
    def tally(self) -> Tally:
        """How judging has gone so far."""
        return self.panel.tally

    def exhibits(self, texts: tuple[str, ...]) -> tuple[Exhibit, ...]:
        """Context first, then the text: what is judged stands nearest to the instruction."""
        names = [role.upper() for role in self.roles]
        shown = [Exhibit(n, t) for n, t in zip(names, texts, strict=False)]
        return tuple(reversed(shown))

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1]."""
        return Interval(0.0, 1.0)


class OneTextTerm(JudgeTerm):
    """Base of terms that judge one text at a time.

    Args:
        texts: the judged text, and perhaps its context.
        per: `turn` judges each row; `episode` once, at the end, all turns' texts together.
        judging: as in `JudgeTerm`.
    """

    def __init__(self, *texts: Any, per: str = "turn", **judging: Any) -> None:
        super().__init__(*texts, **judging)
        if per not in PER:
            raise ConfigError(
                f"per of {self.who} is one of {', '.join(PER)}. Received {per!r}."
                f"{near_misses(str(per), PER)}"
            )
        self.per = per
        if per == "episode":
            self.scope = Scope.EPISODE

    def step(self, transition: Transition) -> Floats:
        """Each row's verdict, or nothing yet."""
        if self.per == "episode":
            return np.zeros(len(transition))
        return self.relabel(transition)

    def relabel(self, transition: Transition) -> Floats:
        """Each row's verdict, shape (N,)."""
        if self.per == "episode":
            raise ConfigError(
                f"{self.who} with per='episode' cannot relabel single transitions. Use "
                "finish(episode), or per='turn'."
            )
        return np.array(self.verdicts(self.rows(transition)), dtype=np.float64)

    def finish(self, transition: Transition) -> Floats:
        """Verdicts of one whole episode, shape (T,)."""
        if self.per == "turn" or not len(transition):
            return self.relabel(transition) if self.per == "turn" else np.zeros(0)
        rows = self.rows(transition)
        turns = "\n\n".join(f"Turn {i}:\n{row[0]}" for i, row in enumerate(rows, 1))
        return at_the_end(transition, self.verdicts([(turns, *rows[0][1:])])[0])

    def verdicts(self, rows: list[tuple[str, ...]]) -> list[float]:
        """A number in [0, 1] for each row of texts."""
        return self.panel.judge([self.question(row) for row in rows])

    def question(self, texts: tuple[str, ...]) -> Question:
        """What is asked of one row."""
        raise NotImplementedError(f"{type(self).__name__} must define question(texts)")


def share(what: str, value: Any) -> float:
    """A number in [0, 1]."""
    found = checks.number(what, value, least=0)
    if found > 1:
        raise ConfigError(f"{what} is at most 1. Received {value!r}.")
    return found
