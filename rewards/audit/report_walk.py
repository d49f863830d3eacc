"""Where the audited reward's best policy goes, step by step, as pictures and pay."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.farming import likeliest
from rewardsmith.rewards.audit.tabularise import Tabled
from rewardsmith.transition import Ints

#: longest walk that is shown, in steps; rounds of a loop; longest side of a picture, in pixels
STEPS, ROUNDS, PIXELS = 240, 3, 260
#: seeds tried to meet the table's start state
_SEEDS = 30


class NoFrames(Exception):
    """There are no pictures; the message says why, as a sentence."""


@dataclass(frozen=True)
class Walk:
    """A path through a table.

    Args:
        states: shape (T+1,).
        edges: shape (T,), the table's edges taken.
        loop: index of the first step of the loop that the walk ends in; None if it ends.
        period: steps of one round; 0 without a loop.
        random: whether a step of it may lead elsewhere.
    """

    states: list[int]
    edges: list[int]
    loop: int | None
    period: int
    random: bool = False


def walk(exact: Exact) -> Walk:
    """The audited reward's best policy from the likeliest start by likeliest outcomes.

    A loop is gone round `ROUNDS` times.
    """
    table = exact.table
    heads = likeliest(table, exact.policy)
    state = int(np.argmax(table.start))
    seen: dict[int, int] = {}
    states: list[int] = [state]
    edges: list[int] = []
    while state not in seen and heads[state] >= 0 and not table.terminal[state]:
        seen[state] = len(edges)
        edges.append(int(heads[state]))
        state = int(table.after[heads[state]])
        states.append(state)
    if state not in seen:
        return Walk(states[: STEPS + 1], edges[:STEPS], None, 0, _random(exact, edges))
    first = seen[state]
    round_ = edges[first:]
    edges += round_ * (ROUNDS - 1)
    states += [int(table.after[e]) for e in round_] * (ROUNDS - 1)
    drawn = _random(exact, edges)
    return Walk(states[: STEPS + 1], edges[:STEPS], first, len(round_), drawn)


def _random(exact: Exact, edges: list[int]) -> bool:
    return bool((exact.table.p[edges] < 1.0 - 1e-9).any())


def film(subject: Any, exact: Exact, tabled: Tabled, way: Walk) -> list[str]:
    """A picture of each state of the walk, as data URIs, shape (T+1,).

    Raises:
        NoFrames: says why.
    """
    if way.random:
        raise NoFrames("The env's transitions are random, so no one path can be played.")
    env = _rendering(subject)
    try:
        return _played(env, exact, tabled, way)
    except NoFrames:
        raise
    except Exception as error:  # whatever a stranger's env raises when it draws
        raise NoFrames(f"Drawing the env failed ({type(error).__name__}: {error}).") from error
    finally:
        env.close()


def _rendering(subject: Any) -> Any:
    if subject is None:
        raise NoFrames("The report was made without the env.")
    env_id = getattr(subject, "env_id", "")
    try:
        env = _drawn(env_id) if env_id else subject.build()
    except Exception as error:  # an env that takes no render_mode, or whose drawing is missing
        raise NoFrames(f"{env_id} cannot draw itself as rgb_array ({error}).") from error
    if env.render_mode != "rgb_array":
        env.close()
        raise NoFrames(
            "Pictures take an env id, or a function that builds the env with "
            'render_mode="rgb_array".'
        )
    return env


def _drawn(env_id: str) -> Any:
    from rewardsmith.wrappers.make import make

    return make(env_id, render_mode="rgb_array")


def _played(env: Any, exact: Exact, tabled: Tabled, way: Walk) -> list[str]:
    table, space = exact.table, env.action_space
    _begin(env, tabled, table.seed, way.states[0])
    frames = [_picture(env)]
    for edge, after in zip(way.edges, way.states[1:], strict=True):
        obs, reward, *_ = env.step(int(table.a[edge]) + int(space.start))
        same = equal(obs, tabled.graph.states[after].obs)
        if not same or not np.isclose(float(reward), float(table.reward[edge])):
            raise NoFrames("The walk could not be played again: the env's transitions are random.")
        frames.append(_picture(env))
    return frames


def _begin(env: Any, tabled: Tabled, seeds: Ints | None, state: int) -> None:
    first = 0 if seeds is None else int(seeds[state])
    for seed in range(first, first + _SEEDS):
        obs, _ = env.reset(seed=seed)
        if equal(obs, tabled.graph.states[state].obs):
            return
    raise NoFrames("No seed that was tried gives the start state of the table.")


def equal(one: Any, other: Any) -> bool:
    """Whether two observations are the same."""
    if isinstance(one, dict):
        return isinstance(other, dict) and all(equal(one[k], other.get(k)) for k in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(np.array_equal(one, other))


def _picture(env: Any) -> str:
    pixels = env.render()
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 3:
        raise NoFrames(f"The env's render gave {type(pixels).__name__}, not an (H, W, 3) array.")
    image = Image.fromarray(np.asarray(pixels, dtype=np.uint8))
    image.thumbnail((PIXELS, PIXELS), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "webp", quality=80, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
