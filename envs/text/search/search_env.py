"""Questions answered by searching documents, one hop after the other."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text_space import shortened
from rewardsmith.errors import ConfigError
from rewardsmith.features import Feature, FeatureSchema

from .documents import MAX_DOCUMENTS, MAX_HOPS, World, draw
from .index import Index

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("hops", "documents that must be read", low=1, high=MAX_HOPS, dtype="int"),
        Feature("hops_found", "of them, those that were seen", low=0, high=MAX_HOPS, dtype="int"),
        Feature(
            "chain_found", "of them, those seen without a gap", low=0, high=MAX_HOPS, dtype="int"
        ),
        Feature("gold_seen", "the document that names the answer was seen", dtype="bool"),
        Feature("documents", "documents in the index", low=5, high=MAX_DOCUMENTS, dtype="int"),
        Feature("documents_seen", "documents seen so far", low=0, high=MAX_DOCUMENTS, dtype="int"),
        Feature("new_documents", "documents first seen in the last search", low=0, dtype="int"),
        Feature("results", "documents that the last search gave", low=0, dtype="int"),
        Feature("searches", "searches made", low=0, dtype="int"),
        Feature("answered", "an answer was given", dtype="bool"),
        Feature("answer_f1", "overlap of the answer's words with the truth's", low=0, high=1),
        Feature("question", "the question", dtype="text"),
        Feature("truth", "the true answer", dtype="text"),
        Feature("answer", "the answer given, empty before", dtype="text"),
        Feature("found", "what the last search gave, empty before", dtype="text"),
    ]
)


class SearchEnv(TextGame):
    """`search: words` shows the documents that fit best; `answer: name` ends the episode.

    The question follows a chain of relations through `hops` generated documents. The reward is 1
    for the true answer, read without regard to case and punctuation.

    Args:
        n_documents, min_hops, max_hops: see `World`.
        results: documents that a search shows, 1 to 10.
        **common: as `TextGame`; `actions='index'` is refused, for lines are free text.
    """

    feature_schema = SCHEMA
    lists_commands = False
    max_line = 256
    instructions = (
        "Answer the question. Each turn, write one line: words to search for in the documents, "
        "such as `search: Rola Damin`, or the answer, such as `answer: Kavaville`. Documents name "
        "one another, so that several searches may be needed. You can answer once."
    )

    def __init__(
        self,
        *,
        n_documents: int = 40,
        min_hops: int = 1,
        max_hops: int = 3,
        results: int = 3,
        **common: Any,
    ) -> None:
        if not 1 <= results <= 10:
            raise ConfigError(f"results is one of 1..10. Received {results}.")
        self._world, self._results = World(n_documents, min_hops, max_hops), results
        self._index: Index | None = None
        super().__init__(**common)

    def _begin(self, task_seed: int) -> str:
        self.close()
        self._goal = draw(self._world, np.random.default_rng(task_seed))
        self._index = Index(self._goal.documents)
        self._seen: dict[str, None] = {}
        self._log: list[str] = []
        self._counts = (0, 0)
        self._found, self._answer = "", ""
        return self._goal.question

    def _play(self, line: str) -> Reply:
        kind, colon, rest = line.strip().partition(":")
        kind, rest = kind.strip().lower(), rest.strip()
        if not colon or kind not in ("search", "answer") or not words_of(rest):
            return Reply("", understood=False)
        return self._search(rest) if kind == "search" else self._answered(rest)

    def _search(self, words: str) -> Reply:
        if self._index is None:
            raise ConfigError("A search needs a task. Received none; call reset().")
        found = self._index.search(words, self._results)
        fresh = [d.title for d in found if d.title not in self._seen]
        self._seen.update(dict.fromkeys(fresh))
        self._log.append(words)
        self._counts = (len(fresh), len(found))
        self._found = "\n".join(f"[{d.title}] {d.text}" for d in found)
        return Reply(self._found or "Nothing found.")

    def _answered(self, answer: str) -> Reply:
        self._answer = answer
        won = self._success()
        said = "Right" if won else "Wrong"
        return Reply(f"{said}: {self._goal.answer}.", float(won), terminated=True)

    def _hint(self, line: str) -> str:
        return f"{shortened(line)} is not a line of the form `search: words` or `answer: name`."

    def _success(self) -> bool:
        return words_of(self._answer) == words_of(self._goal.answer)

    def _chain_found(self) -> int:
        missing = (i for i, title in enumerate(self._goal.gold) if title not in self._seen)
        return next(missing, len(self._goal.gold))

    def _caption(self) -> str:
        end = f" Answered: {self._answer}." if self._answer else ""
        searched = "; ".join(self._log[-8:]) or "nothing"
        return (
            f"Question: {self._goal.question} Searched: {searched}. Hops found: "
            f"{self._chain_found()} of {len(self._goal.gold)}.{end} Last results:\n{self._found}"
        )

    def _features(self) -> dict[str, Any]:
        gold = self._goal.gold
        return {
            "hops": len(gold),
            "hops_found": sum(title in self._seen for title in gold),
            "chain_found": self._chain_found(),
            "gold_seen": gold[-1] in self._seen,
            "documents": len(self._goal.documents),
            "documents_seen": len(self._seen),
            "new_documents": self._counts[0],
            "results": self._counts[1],
            "searches": len(self._log),
            "answered": bool(self._answer),
            "answer_f1": f1(self._answer, self._goal.answer),
            "question": self._goal.question,
            "truth": self._goal.answer,
            "answer": self._answer,
            "found": self._shown(self._found),
        }

    def expert_line(self) -> str:
        """Search for the first document of the chain that was not seen, then answer."""
        at = self._chain_found()
        if at < len(self._goal.gold):
            return f"search: {self._goal.gold[at]}"
        return f"answer: {self._goal.answer}"

    def close(self) -> None:
        """Free the index."""
        if self._index is not None:
            self._index.close()


def words_of(text: str) -> list[str]:
    """Words in lower case without punctuation and leading articles.

    >>> words_of("The Kavaville.")
    ['kavaville']
    """
    words = re.findall(r"\w+", text.lower())
    return words[1:] if len(words) > 1 and words[0] in ("a", "an", "the") else words


def f1(answer: str, truth: str) -> float:
    """Harmonic mean of precision and recall of the answer's words (Rajpurkar et al. 2016)."""
    given, true = Counter(words_of(answer)), Counter(words_of(truth))
    both = (given & true).total()
    return 2 * both / (given.total() + true.total()) if both else 0.0


def make_env(render_mode: str | None = None, **kwargs: Any) -> SearchEnv:
    """Build the env; keywords as `SearchEnv`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return SearchEnv(render_mode=render_mode, **kwargs)
