"""Token sequences laid into rows so that what they share is computed once.

A row is a trie written out: every token has a parent, and attends to its ancestors alone. A
sequence in a trie gives exactly what it gives by itself, for neither its positions nor what it
attends to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rewardsmith.transition import Bools, Ints

#: context ids and continuation ids
Pair = tuple[tuple[int, ...], tuple[int, ...]]

#: `even` of a model whose size is not known
EVEN = 4096.0
#: tokens of padding that are cheaper than one more forward pass
_WORTH_A_PASS = 256


@dataclass
class Row:
    """One row of a batch.

    Args:
        tokens: its ids, length L.
        parents: index of each token's predecessor, -1 for none.
        depths: position of each token in its own sequence.
        reads: pair index -> rows of the logits that predict its continuation.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    reads: dict[int, Ints] = field(default_factory=dict)
    _children: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_chain(self) -> bool:
        """Whether it is one plain sequence."""
        return all(parent == i - 1 for i, parent in enumerate(self.parents))

    def shared(self, ids: Sequence[int]) -> int:
        """How many tokens of `ids` it holds already."""
        node = -1
        for count, token in enumerate(ids):
            following = self._children.get((node, token))
            if following is None:
                return count
            node = following
        return len(ids)

    def add(self, index: int, pair: Pair) -> None:
        """Lay in a pair; the last token of its continuation predicts nothing and is left out."""
        context, continuation = pair
        path, node = [], -1
        for token in (*context, *continuation[:-1]):
            node = self._follow(node, token)
            path.append(node)
        self.reads[index] = np.asarray(path[len(context) - 1 :], dtype=np.int64)

    def _follow(self, node: int, token: int) -> int:
        key = (node, token)
        if key not in self._children:
            self._children[key] = len(self.tokens)
            self.tokens.append(token)
            self.parents.append(node)
            self.depths.append(self.depths[node] + 1 if node >= 0 else 0)
        return self._children[key]

    def visible(self) -> Bools:
        """Which tokens each token attends to, bool of shape (L, L)."""
        seen: NDArray[np.bool_] = np.zeros((len(self), len(self)), dtype=bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] = seen[parent]
            seen[i, i] = True
        return seen


def pack(
    pairs: Sequence[Pair], *, row_tokens: int, share: bool = True, even: float = EVEN
) -> list[Row]:
    """Rows that hold all pairs.

    Args:
        pairs: contexts of at least one token, continuations of at least one.
        row_tokens: longest row that sharing may make.
        share: whether to share at all.
        even: the length of a row at which attention costs as much as all the rest.

    A row of L tokens costs L + L^2 / even: attention over a row grows with its length squared.
    A sequence joins a row if that is cheaper than a row of its own.
    """
    rows: list[Row] = []
    for index in sorted(range(len(pairs)), key=lambda i: pairs[i][0] + pairs[i][1]):
        context, continuation = pairs[index]
        ids = (*context, *continuation[:-1])
        if not rows or not (share and _joins(rows[-1], ids, row_tokens, even)):
            rows.append(Row())
        rows[-1].add(index, pairs[index])
    return rows


def _joins(row: Row, ids: Sequence[int], row_tokens: int, even: float) -> bool:
    def cost(length: int) -> float:
        return length + length**2 / even

    together = len(row) + len(ids) - row.shared(ids)
    return together <= row_tokens and cost(together) <= cost(len(row)) + cost(len(ids))


def batches(rows: Sequence[Row], batch_tokens: int) -> list[list[Row]]:
    """Rows of similar length together, each batch of at most `batch_tokens` with its padding.

    Padding is at most a tenth of a batch, or what a forward pass costs however little it does.
    """
    found: list[list[Row]] = []
    padding = 0
    for row in sorted(rows, key=len, reverse=True):
        if found:
            width, tokens = len(found[-1][0]), len(found[-1][0]) * (len(found[-1]) + 1)
            padding += width - len(row)
            if tokens <= batch_tokens and padding <= max(_WORTH_A_PASS, tokens // 10):
                found[-1].append(row)
                continue
        found.append([row])
        padding = 0
    return found
