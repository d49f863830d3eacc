"""A generated world: documents about people, towns, companies, books and rivers, and a question.

Every document states relations to other ones, and the question follows a chain of relations, so
that its answer is known exactly and stands in no single document together with the question.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rewardsmith.envs.text_space import at_least_one
from rewardsmith.errors import ConfigError

#: of each kind: name of a relation, the kind it leads to, its sentence
RELATIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "person": (
        ("birthplace", "town", "{a} was born in {b}."),
        ("employer", "company", "{a} works for {b}."),
        ("teacher", "person", "{a} was taught by {b}."),
    ),
    "town": (
        ("mayor", "person", "The mayor of {a} is {b}."),
        ("river", "river", "{a} lies on the {b}."),
    ),
    "company": (
        ("founder", "person", "{a} was founded by {b}."),
        ("seat", "town", "{a} has its seat in {b}."),
    ),
    "book": (
        ("author", "person", "{a} was written by {b}."),
        ("publisher", "company", "{a} was published by {b}."),
    ),
    "river": (
        ("discoverer", "person", "The {a} was first mapped by {b}."),
        ("source", "town", "The {a} rises near {b}."),
    ),
}
KINDS = tuple(RELATIONS)
_SYLLABLES = (
    "ba be da do fa fe ga ka ko la le lo ma mi mo na ne no pa ra re ro sa se ta to va vi zu"
)
_ENDINGS = {"person": "n", "town": "ville", "company": "co", "book": "rium", "river": "sk"}
MAX_DOCUMENTS, MAX_HOPS = 1000, 8


@dataclass(frozen=True)
class Document:
    """Title and text."""

    title: str
    text: str


@dataclass(frozen=True)
class Task:
    """Documents with a question about them.

    Args:
        documents: in random order.
        question: in words.
        gold: titles of the documents to read, in the order of the hops.
        answer: a title, which the last gold document names.
    """

    documents: tuple[Document, ...]
    question: str
    gold: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class World:
    """Settings of the generator.

    Args:
        n_documents: 5 to 1000, more than 3 for each hop; those that the question does not
            need distract.
        min_hops, max_hops: how many documents must be read, 1 to 8.
    """

    n_documents: int = 40
    min_hops: int = 1
    max_hops: int = 3

    def __post_init__(self) -> None:
        at_least_one(min_hops=self.min_hops)
        if not self.min_hops <= self.max_hops <= MAX_HOPS:
            raise ConfigError(
                f"Hops are min_hops <= max_hops <= {MAX_HOPS}. "
                f"Received {self.min_hops}..{self.max_hops}."
            )
        least = max(5, 3 * self.max_hops + 1)
        if not least <= self.n_documents <= MAX_DOCUMENTS:
            raise ConfigError(
                f"{self.max_hops} hops need {least}..{MAX_DOCUMENTS} documents. "
                f"Received n_documents={self.n_documents}."
            )


def draw(world: World, rng: np.random.Generator) -> Task:
    """Documents and a question, as `world` says."""
    hops = int(rng.integers(world.min_hops, world.max_hops + 1))
    while True:  # one draw in a few has no chain without a repeated document
        kinds = _named(world.n_documents, rng)
        links = _linked(kinds, rng)
        chain = _chain(links, hops, rng)
        if chain is not None:
            return _task(kinds, links, chain, rng)


Links = dict[str, dict[str, str]]


def _named(count: int, rng: np.random.Generator) -> dict[str, str]:
    """Kinds by name: every kind is there, names are unique."""
    kinds: dict[str, str] = {}
    while len(kinds) < count:
        kind = KINDS[len(kinds) % len(KINDS)]
        name = _word(rng, 2) + _ENDINGS[kind]
        full = f"{_word(rng, 2)} {name}" if kind == "person" else name
        kinds.setdefault(full.title(), kind)
    return kinds


def _word(rng: np.random.Generator, length: int) -> str:
    syllables = _SYLLABLES.split()
    return "".join(syllables[int(i)] for i in rng.integers(len(syllables), size=length))


def _linked(kinds: dict[str, str], rng: np.random.Generator) -> Links:
    """For every name the name at the end of each of its relations, never its own."""
    of = {kind: [n for n, k in kinds.items() if k == kind] for kind in KINDS}
    links: Links = {}
    for name, kind in kinds.items():
        links[name] = {}
        for relation, target, _ in RELATIONS[kind]:
            others = [other for other in of[target] if other != name]
            if others:
                links[name][relation] = others[int(rng.integers(len(others)))]
    return links


def _chain(links: Links, hops: int, rng: np.random.Generator) -> list[tuple[str, str]] | None:
    """Pairs of a name and the relation that is followed from it; no name comes twice."""
    names = list(links)
    at = names[int(rng.integers(len(names)))]
    chain, seen = [], {at}
    for _ in range(hops):
        ways = [(r, to) for r, to in links[at].items() if to not in seen]
        if not ways:
            return None
        relation, to = ways[int(rng.integers(len(ways)))]
        chain.append((at, relation))
        seen.add(to)
        at = to
    return chain


def _task(
    kinds: dict[str, str], links: Links, chain: list[tuple[str, str]], rng: np.random.Generator
) -> Task:
    names = list(kinds)
    order = [names[int(i)] for i in rng.permutation(len(names))]
    asked = " of ".join(f"the {relation}" for _, relation in reversed(chain))
    last, relation = chain[-1]
    return Task(
        documents=tuple(_document(name, kinds[name], links[name]) for name in order),
        question=f"What is the name of {asked} of {chain[0][0]}?",
        gold=tuple(name for name, _ in chain),
        answer=links[last][relation],
    )


def _document(name: str, kind: str, links: dict[str, str]) -> Document:
    sentences = [
        sentence.format(a=name, b=links[relation])
        for relation, _, sentence in RELATIONS[kind]
        if relation in links
    ]
    return Document(name, " ".join([f"{name} is a {kind}.", *sentences]))
