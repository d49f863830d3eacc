"""TextGame: what every environment of text shares.

A subclass writes six methods (`_begin`, `_play`, `_features`, `_success`, `expert_line` and, where
commands can be listed, `_admissible`); spaces, splits, hints, turns and rendering are written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.envs import text_space
from rewardsmith.envs.text_space import at_least_one, chosen, one_of, printable, shortened
from rewardsmith.errors import ConfigError
from rewardsmith.features import Feature

from .frame import frame
from .hashing import state_vector

SPLITS = ("train", "test")
#: tasks of one split that `reset` draws from if `n_tasks` does not say
MANY = 1_000_000

#: features that every environment of text has, to put before its own
COMMON = (
    Feature("understood", "the last line was one that the environment knows", dtype="bool"),
    Feature("turns", "lines received in this episode", low=0, unit="turns", dtype="int"),
    Feature("success", "the task is solved, exactly as it is scored", dtype="bool"),
    Feature("caption", "the state in words, for judges and designers", dtype="text"),
)


@dataclass(frozen=True)
class Reply:
    """What a line brings about.

    Args:
        text: what the agent reads next.
        reward: the task's own reward, nothing shaped.
        terminated: whether the episode is over.
        understood: False if the line was no move; the env adds a hint and subtracts its cost.
    """

    text: str
    reward: float = 0.0
    terminated: bool = False
    understood: bool = True


class TextGame(gym.Env[Any, Any]):
    """Base of the environments of text: text in, a line of text out.

    Task number k of a split is the same for ever: train tasks are made from even seeds, test
    tasks from odd ones, so that no test task is trained on. `reset(seed=s)` draws a task,
    `reset(options={"task": k})` chooses one.

    Args:
        split: `train` or `test`.
        n_tasks: `reset` draws from tasks 0 to n_tasks - 1 of the split.
        actions: `text` takes a line (a str); `index` takes a position in
            `info["admissible_commands"]`, where the env lists them.
        obs: `text` gives what the env says; `hash` a float32 vector of `hash_size` zeros and
            ones made of the caption and the admissible commands.
        max_commands: number of indices; admissible commands beyond it cannot be chosen.
        invalid_cost: subtracted from the reward of a line that is no move, at least 0.
        render_mode: `ansi` or `rgb_array`.

    `info` has `features`, `is_success`, `task`, and `admissible_commands` where there are some.
    A line that is no move gets a hint and its cost, takes a turn and changes nothing else.
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 2}  # noqa: RUF012
    #: what an LLM agent is told once, before the first observation: the rules, the form of a line
    instructions: ClassVar[str] = ""
    #: longest line that is read, in characters
    max_line: ClassVar[int] = text_space.MAX_COMMAND
    #: longest text that the agent reads, in characters
    max_text: ClassVar[int] = text_space.MAX_TEXT
    #: whether `_admissible` lists the lines that are moves
    lists_commands: bool = True
    #: the values of `split`
    splits: ClassVar[tuple[str, ...]] = SPLITS

    def __init__(
        self,
        *,
        split: str = "train",
        n_tasks: int = MANY,
        actions: str = "text",
        obs: str = "text",
        hash_size: int = 512,
        max_commands: int = 8,
        invalid_cost: float = 0.01,
        render_mode: str | None = None,
    ) -> None:
        one_of("split", split, self.splits)
        one_of("actions", actions, ("text", "index"))
        one_of("obs", obs, ("text", "hash"))
        one_of("render_mode", render_mode, (None, "ansi", "rgb_array"))
        at_least_one(n_tasks=n_tasks, hash_size=hash_size, max_commands=max_commands)
        self._check_cost(invalid_cost)
        self._refuse_index(actions)
        self._split, self._n_tasks = split, n_tasks
        self._actions, self._obs, self._hash_size = actions, obs, hash_size
        self._max_commands, self._invalid_cost = max_commands, invalid_cost
        self.render_mode = render_mode
        self.action_space = self._action_space()
        self.observation_space = self._observation_space()
        self._text, self._understood = "", True
        self._said: str | None = None
        self._turns, self._over, self._task = 0, True, 0

    # --- what a subclass writes ---------------------------------------------------------

    def _begin(self, task_seed: int) -> str:
        """Make the task of this seed and give its first text."""
        raise NotImplementedError

    def _play(self, line: str) -> Reply:
        """Carry out a line of at most `max_line` printable characters, never blank."""
        raise NotImplementedError

    def _features(self) -> dict[str, Any]:
        """The features beside `COMMON`'s."""
        raise NotImplementedError

    def _success(self) -> bool:
        """Whether the task is solved."""
        raise NotImplementedError

    def _caption(self) -> str:
        """The state in words; the last text if a subclass does not say better."""
        return self._text

    def _admissible(self) -> list[str]:
        """The lines that are moves now, in a fixed order."""
        return []

    def _hint(self, line: str) -> str:
        """The answer to a line that is no move, put after what `_play` said."""
        commands = self.admissible_commands[:20]
        known = f" Try one of: {', '.join(commands)}." if commands else ""
        return f"{shortened(line)} is not a command here.{known}"

    def expert_line(self) -> str:
        """The next line of an expert who solves the task."""
        raise NotImplementedError

    # --- Gymnasium ----------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start a task, drawn with `seed` or chosen by `options={"task": k}`.

        Raises:
            ConfigError: a task outside 0 to n_tasks - 1.
        """
        super().reset(seed=seed)
        self._task = self._choose((options or {}).get("task"))
        self._turns, self._over, self._understood = 0, False, True
        self._said = None
        self._text = self._shown(self._begin(self._task_seed()))
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Carry out a line, or the admissible command at an index."""
        if self._over:
            raise gym.error.ResetNeeded("The episode is over or was never begun: call reset().")
        self._said = line = self._line(action)
        self._turns += 1
        reply = self._reply(line)
        self._understood, self._over = reply.understood, reply.terminated
        self._text = self._shown(self._told(reply, line))
        cost = 0.0 if reply.understood else self._invalid_cost
        return self._observation(), reply.reward - cost, reply.terminated, False, self._info()

    @property
    def admissible_commands(self) -> list[str]:
        """The lines that are moves now; empty where the env does not list them or has ended."""
        return [] if self._over or not self.lists_commands else self._admissible()

    def action_masks(self) -> NDArray[np.bool_]:
        """Which indices stand for a command now (as sb3-contrib's MaskablePPO asks)."""
        return np.arange(self._max_commands) < len(self.admissible_commands)

    def expert_action(self) -> Any:
        """The expert's next line, as an action of this env.

        Raises:
            ConfigError: `actions='index'` and the line is beyond `max_commands`.
        """
        line = self.expert_line()
        if self._actions == "text":
            return line
        commands = self.admissible_commands
        if line in commands[: self._max_commands]:
            return commands.index(line)
        raise ConfigError(
            "The expert's line must be one of the admissible commands that have an index. "
            f"Received {shortened(line)}, with {self._max_commands} indices for {len(commands)} "
            "commands; make the env with a larger max_commands."
        )

    def features(self) -> dict[str, Any]:
        """The value of every feature in the current state."""
        common = {
            "understood": self._understood,
            "turns": self._turns,
            "success": self._success(),
            "caption": self._shown(self._caption()),
        }
        return {**common, **self._features()}

    def render(self) -> Any:
        """The last text: a str in mode `ansi`; in mode `rgb_array` a picture (320, 480, 3).

        The picture also has the line that the text answers.
        """
        if self.render_mode == "rgb_array":
            said = None if self._said is None else self._readable(self._said, self.max_line)
            return frame(self._text, said)
        return self._text if self.render_mode == "ansi" else None

    # --- inside -------------------------------------------------------------------------

    def _task_seed(self) -> int:
        return len(self.splits) * self._task + self.splits.index(self._split)

    def _readable(self, text: str, longest: int) -> str:
        """`text` cut and with `?` for every character that the spaces lack."""
        return printable(text, longest)

    def _shown(self, text: str) -> str:
        return self._readable(text, self.max_text)

    def _reply(self, line: str) -> Reply:
        if not line.strip():
            return Reply("You said nothing.", understood=False)
        if len(line) > self.max_line:
            said = f"A line has at most {self.max_line} characters. Yours has {len(line)}."
            return Reply(said, understood=False)
        return self._play(self._readable(line, self.max_line))

    def _told(self, reply: Reply, line: str) -> str:
        if reply.understood or reply.terminated:
            return reply.text
        return f"{reply.text}\n{self._hint(line)}".strip()

    def _line(self, action: Any) -> str:
        if self._actions == "text":
            return str(action)
        most = self._max_commands
        return chosen(action, self.admissible_commands[:most], most)

    def _choose(self, task: Any) -> int:
        if task is None:
            return int(self.np_random.integers(self._n_tasks))
        if isinstance(task, bool) or not isinstance(task, int | np.integer):
            raise ConfigError(f"options['task'] is a whole number. Received {task!r}.")
        if not 0 <= task < self._n_tasks:
            raise ConfigError(
                f"options['task'] is one of 0..{self._n_tasks - 1} (n_tasks={self._n_tasks}). "
                f"Received {task}."
            )
        return int(task)

    def _observation(self) -> Any:
        if self._obs == "text":
            return self._text
        commands = self.admissible_commands[: self._max_commands]
        return state_vector((self._caption(),), commands, self._hash_size)

    def _info(self) -> dict[str, Any]:
        features = self.features()
        info = {"features": features, "is_success": features["success"], "task": self._task}
        if self.lists_commands:
            info["admissible_commands"] = self.admissible_commands
        return info

    def _action_space(self) -> spaces.Space[Any]:
        if self._actions == "index":
            return spaces.Discrete(self._max_commands)
        return text_space.command_space(self.max_line)

    def _observation_space(self) -> spaces.Space[Any]:
        if self._obs == "hash":
            return spaces.Box(0.0, 1.0, (self._hash_size,), np.float32)
        return text_space.observation_space(self.max_text)

    @staticmethod
    def _check_cost(cost: float) -> None:
        if not (isinstance(cost, int | float) and 0 <= cost < np.inf):
            raise ConfigError(f"invalid_cost is a number of at least 0. Received {cost!r}.")

    def _refuse_index(self, actions: str) -> None:
        if actions == "index" and not self.lists_commands:
            raise ConfigError(
                f"actions='index' needs commands that can be listed, and {type(self).__name__} "
                "takes free text. Use actions='text' with an LLM agent."
            )
