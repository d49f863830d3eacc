"""Turns' advantages onto the tokens that the agent wrote in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardsmith.agents.llm.record import Episode
from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats

from .rollouts import Ints


def token_advantages(
    per_turn: Sequence[Floats], episodes: Sequence[Episode], length: int
) -> Floats:
    """Each turn's advantage at its tokens, 0 between the spans and after them.

    Args:
        per_turn: what `credit` gave, one array of shape (T_i,) per episode.
        episodes: the same episodes; spans are [start, stop) of their completions.
        length: number of columns, at least the end of the longest completion.

    Returns:
        Shape (B, length).

    Raises:
        ConfigError: numbers of episodes or turns differ; a span is negative, overlaps the turn
            before, or ends after `length`.

    >>> from rewardsmith.agents.llm.record import Episode, Turn
    >>> episode = Episode((Turn(0, "look", 0, 2, 0.0), Turn(1, "go", 4, 5, 1.0)))
    >>> token_advantages([np.array([0.5, 2.0])], [episode], 6)
    array([[0.5, 0.5, 0. , 0. , 2. , 0. ]])
    """
    turns = [len(e.turns) for e in episodes]
    if [len(a) for a in per_turn] != turns:
        raise ConfigError(
            "token_advantages takes one advantage per turn of each episode. Received "
            f"{[len(a) for a in per_turn][:8]} for episodes of {turns[:8]} turns."
        )
    if not turns:
        return np.zeros((0, length))
    rows = np.repeat(np.arange(len(episodes)), turns)
    spans = np.array([(t.start, t.stop) for e in episodes for t in e.turns])
    _check_spans(rows, spans, length)
    # Between two bounds lies one run of a constant, gaps included: one repeat writes them all.
    bounds = (rows[:, None] * length + spans).ravel()
    counts = np.diff(bounds, prepend=0, append=len(episodes) * length)
    values = np.zeros(len(counts))
    values[1::2] = np.concatenate(list(per_turn))
    return np.repeat(values, counts).reshape(len(episodes), length)


def _check_spans(rows: Ints, spans: Ints, length: int) -> None:
    starts, stops = spans[:, 0], spans[:, 1]
    before = np.where(np.diff(rows, prepend=-1) == 0, np.roll(stops, 1), 0)
    wrong = (starts < before) | (stops < starts) | (stops > length)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise ConfigError(
            "Spans of an episode's turns are [start, stop) in order, without overlap, within "
            f"{length} tokens. Received [{starts[i]}, {stops[i]}) in episode {rows[i]}, after a "
            f"turn that ends at {before[i]}; cut the turn, or pass a larger length."
        )
