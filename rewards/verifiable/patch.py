"""How alike two patches are."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rewardsmith.registry import register_term

from .answers import tagged
from .base import TextTerm
from .format_match import tag_names

#: longest patch that is compared, in characters
MOST = 100_000
#: pairs of equal parts that one comparison may look at; more, and coarser parts are compared
PAIRS = 400_000


@register_term("patch_similarity")
class PatchSimilarity(TextTerm):
    """Pays how alike a patch and the reference patch are, in [0, 1]; -1 for a wrong format.

    SWE-RL (arXiv 2502.18449, as released): R = -1 if the format is wrong, else difflib's
    SequenceMatcher ratio of the two patches. Differs from the released code in that it first
    applies search/replace blocks to the files and takes the mean over files: here the patch is
    compared as it stands. Characters are compared as long as that is cheap, else words, else
    lines (difflib is quadratic and worse); patches too long even so are a wrong format.

    Args:
        action: the text with the patch.
        reference: the right patch.
        tag: the tag that the patch stands in, once; '' takes the whole text.
    """

    lies = (-1.0, 1.0)

    def __init__(self, action: Any, reference: Any, *, tag: str = "solution") -> None:
        super().__init__(action, reference)
        self._tag = tag_names(tag, self.who)[0] if tag else ""

    def score(self, *texts: str) -> float:
        """The ratio, or -1."""
        text = texts[0]
        if self._tag:
            once = text.count(f"<{self._tag}>") == text.count(f"</{self._tag}>") == 1
            text = tagged(text, self._tag) if once else ""
        found = similarity(text.strip(), texts[1].strip()) if text.strip() else None
        return -1.0 if found is None else found


def similarity(a: str, b: str) -> float | None:
    """2 * matching / all parts, of the finest parts that are cheap enough; None if none are."""
    if max(len(a), len(b)) > MOST:
        return None
    for parts in (list, str.split, str.splitlines):
        left, right = parts(a), parts(b)
        if _pairs(left, right) <= PAIRS:
            return difflib.SequenceMatcher(None, left, right, autojunk=False).ratio()
    return None


def _pairs(a: Sequence[str], b: Sequence[str]) -> int:
    count = Counter(b)
    return sum(n * count[part] for part, n in Counter(a).items())
