"""A MiniWoB++ page as a Gymnasium environment."""

from __future__ import annotations

import math
import re
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.envs import text_space
from rewardsmith.envs.text_space import at_least_one, one_of, printable, shortened
from rewardsmith.errors import ContractError, require

from .browser import Browser
from .elements import DIAGONAL, HEIGHT, PER_ELEMENT, WIDTH, Element, clickable, matrix, target
from .schema import SCHEMA

_CLICK_REF = re.compile(r"click \[?(\d{1,7})\]?")
_CLICK_XY = re.compile(r"click \(?(\d{1,3})[ ,]+(\d{1,3})\)?")
HINT = "is not an action here. Use `click REF`, `click X Y` (pixels) or `wait`."


class MiniWoBEnv(gym.Env[Any, Any]):
    """A MiniWoB++ task (Shi et al. 2017; Liu et al. 2018) in a headless Chromium.

    The reward is the page's raw reward at the end, -1 to 1, and 0 before. The page's own time
    limit and its decay with time are lifted, so that results do not depend on the machine's
    speed; `max_episode_steps` bounds the episode instead.

    Args:
        task: name of a page, e.g. `click-test-2`.
        actions: `text` takes `click REF`, `click X Y` or `wait`; `index` takes a position among
            the clickable elements in reading order, and other positions do nothing.
        obs: `text` gives the instruction and the clickable elements; `elements` a float32
            vector of 8 numbers in 0..1 for each of `max_elements` (see `Element.vector`).
        max_elements: number of indices and of elements in the vector.

    `info` has `elements` (list of lines), `features`, `is_success`.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 2}  # noqa: RUF012
    feature_schema = SCHEMA
    uncopyable = "its page lives in a browser"

    def __init__(
        self,
        *,
        task: str = "click-test-2",
        actions: str = "text",
        obs: str = "text",
        max_elements: int = 8,
        render_mode: str | None = None,
    ) -> None:
        one_of("actions", actions, ("text", "index"))
        one_of("obs", obs, ("text", "elements"))
        one_of("render_mode", render_mode, (None, "rgb_array"))
        at_least_one(max_elements=max_elements)
        self._actions, self._obs, self._slots = actions, obs, max_elements
        self.render_mode = render_mode
        self.action_space = _action_space(actions, max_elements)
        self.observation_space = _observation_space(obs, max_elements)
        self._config = _click_config()
        self._browser = Browser(task)
        self._elements: list[Element] = []
        self._instruction, self._n_elements, self._answer = "", 0, ""
        self._raw, self._done, self._understood = 0.0, True, True
        self._clicks, self._pointer = 0, (0.0, 0.0)
        self._clicked: Element | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; the page is drawn from this env's random generator."""
        super().reset(seed=seed)
        observation = self._browser.reset(int(self.np_random.integers(2**31)))
        self._instruction = observation["utterance"]
        self._raw, self._done, self._answer = 0.0, False, ""
        self._clicks, self._pointer, self._clicked = 0, (0.0, 0.0), None
        self._understood = True
        self._look(observation)
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Click or wait; the reward is the page's raw reward once it ends the episode."""
        if self._done:
            raise gym.error.ResetNeeded("The episode is over or was never begun: call reset().")
        parsed = self._parse(action)
        self._understood = parsed is not None
        self._answer = "" if self._understood else f"{shortened(str(action))} {HINT}"
        observation, raw, self._done = self._browser.act(parsed, self._config)
        self._raw = raw if self._done else 0.0
        if not self._done:  # an ended page is empty: the last elements stay
            self._look(observation)
        return self._observation(), self._raw, self._done, False, self._info()

    @property
    def elements(self) -> list[Element]:
        """The clickable elements in reading order; index actions count in this list."""
        return list(self._elements)

    def action_masks(self) -> NDArray[np.bool_]:
        """Which indices stand for an element now (as sb3-contrib's MaskablePPO asks)."""
        return np.arange(self._slots) < len(self._elements)

    def expert_action(self) -> Any:
        """Click the element that matches the instruction best (right for the click-test pages)."""
        best = target(self._elements)
        if best is None:
            return self._slots - 1 if self._actions == "index" else "wait"
        return self._elements.index(best) if self._actions == "index" else f"click {best.ref}"

    def features(self) -> dict[str, Any]:
        """The value of every feature in the current state."""
        best = target(self._elements)
        away = math.dist(self._pointer, best.centre) if best else DIAGONAL
        return {
            "raw_reward": self._raw,
            "done": self._done,
            "clicks": self._clicks,
            "n_elements": self._n_elements,
            "n_clickable": len(self._elements),
            "target_visible": best is not None,
            "pointer_x": self._pointer[0],
            "pointer_y": self._pointer[1],
            "pointer_to_target": min(away, DIAGONAL),
            "clicked_match": self._clicked.match if self._clicked else 0.0,
            "understood": self._understood,
            "instruction": self._instruction,
            "clicked": self._clicked.text if self._clicked else "",
        }

    def render(self) -> Any:
        """The task's area, uint8 of shape (210, 160, 3), in mode `rgb_array`."""
        return self._browser.screenshot() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._done = True

    def __deepcopy__(self, memo: dict[int, Any]) -> MiniWoBEnv:
        raise ContractError(
            f"A copy of {type(self).__name__} must continue from the same state, but "
            f"{self.uncopyable}. Make a second env and replay the seed and actions instead."
        )

    def _look(self, observation: dict[str, Any]) -> None:
        dom = observation["dom_elements"]
        self._elements = clickable(dom, self._instruction)
        self._n_elements = len(dom)

    def _parse(self, action: Any) -> dict[str, Any] | None:
        """MiniWoB++'s action (indices of `_click_config`), or None if it cannot be done."""
        if self._actions == "index":
            index = int(action)
            return self._click(self._elements[index]) if index < len(self._elements) else None
        command = " ".join(str(action).lower().split())
        if command == "wait":
            return {"action_type": 0}
        if found := _CLICK_REF.fullmatch(command):
            wanted = [e for e in self._elements if e.ref == int(found[1])]
            return self._click(wanted[0]) if wanted else None
        found = _CLICK_XY.fullmatch(command)
        return self._click_at(int(found[1]), int(found[2])) if found else None

    def _click(self, element: Element) -> dict[str, Any]:
        x, y = element.centre
        self._clicked, self._clicks = element, self._clicks + 1
        self._pointer = (min(max(x, 0.0), WIDTH), min(max(y, 0.0), HEIGHT))
        return {"action_type": 2, "ref": element.ref}

    def _click_at(self, x: int, y: int) -> dict[str, Any] | None:
        if x > WIDTH or y > HEIGHT:
            return None
        inside = [e for e in self._elements if e.covers(x, y)]
        self._clicked = max(inside, key=lambda e: e.ref, default=None)
        self._clicks += 1
        self._pointer = (float(x), float(y))
        return {"action_type": 1, "coords": np.array([x, y], np.float32)}

    def _observation(self) -> Any:
        if self._obs == "elements":
            return matrix(self._elements, self._slots)
        lines = [self._instruction, *(e.line() for e in self._elements), self._answer]
        text = "\n".join(line for line in lines if line)
        return printable(text)

    def _info(self) -> dict[str, Any]:
        return {
            "features": self.features(),
            "is_success": self._done and self._raw > 0,
            "elements": [e.line() for e in self._elements],
        }


def make_env(render_mode: str | None = None, **kwargs: Any) -> MiniWoBEnv:
    """Build the env; keywords as `MiniWoBEnv`.

    Raises:
        MissingExtraError: if MiniWoB++ is not installed.
        ConfigError: if Chromium or its driver is absent, or for a setting out of range.
        UnknownNameError: for a task that MiniWoB++ lacks.
    """
    require("miniwob", extra="gui")
    return MiniWoBEnv(render_mode=render_mode, **kwargs)


def _click_config() -> Any:
    actions = require("miniwob.action", extra="gui")
    kinds = actions.ActionTypes
    return actions.ActionSpaceConfig([kinds.NONE, kinds.CLICK_COORDS, kinds.CLICK_ELEMENT])


def _action_space(actions: str, slots: int) -> spaces.Space[Any]:
    if actions == "index":
        return spaces.Discrete(slots)
    return text_space.command_space()


def _observation_space(obs: str, slots: int) -> spaces.Space[Any]:
    if obs == "elements":
        return spaces.Box(0.0, 1.0, (slots * PER_ELEMENT,), np.float32)
    return text_space.observation_space()
