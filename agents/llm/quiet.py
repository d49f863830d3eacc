"""What TRL and transformers warn of whatever one does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_KNOWN = (
    # TRL's own default trips over transformers' new name of the same setting
    "`(is_)?gradient_checkpointing.*` is deprecated",
    # TRL says of rollout_func and environment_factory that they may change: versions are pinned
    "You are using '(rollout_func|environment_factory)', which is an experimental feature",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave these warnings out meanwhile; all others pass."""
    with warnings.catch_warnings():
        for message in _KNOWN:
            warnings.filterwarnings("ignore", message=message)
        yield


def hush() -> None:
    """No bars and no notes of progress: the run has its own."""
    import transformers
    from datasets.utils import disable_progress_bars

    disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
