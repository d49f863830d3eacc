"""ScienceWorld's experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rewardsmith.envs.text.base import COMMON, MANY, Reply, TextGame
from rewardsmith.envs.text.uncopyable import Uncopyable
from rewardsmith.errors import ConfigError, require, unknown_name
from rewardsmith.features import Feature, FeatureSchema

from .jvm import close_game, open_game, strings
from .progress import place, read_progress

SIMPLIFICATIONS = (
    *("easy", "teleportAction", "selfWateringFlowerPots", "openContainers", "openDoors"),
    "noElectricalAction",
)
_UNKNOWN = ("No known action matches", "Unknown action")
_AMBIGUOUS = "Ambiguous request"
FORMS = (
    "look around, look at X, look in X, inventory, task, go LOCATION, open X, close X, pick up X, "
    "put down X, move X to Y, pour X in Y, dunk X in Y, mix X, activate X, deactivate X, use X on "
    "Y, connect X to Y, disconnect X, read X, eat X, flush X, focus on X, wait, wait1"
)


class ScienceWorldEnv(Uncopyable, TextGame):
    """A task of ScienceWorld (Wang et al. 2022, arXiv:2203.07540), in any of its variations.

    The reward is the change of the score, in hundredths of its 100 points. A wrong `focus` makes
    the score -100 and ends the episode. Tasks k are the variations of the split, in the
    package's own division into train, dev and test, task name after task name.

    Args:
        task_name: one of the 30 names (`boil`, `find-plant`, ...), several, or `all`.
        simplifications: any of `SIMPLIFICATIONS`, e.g. `("easy",)`.
        list_commands: whether to list the admissible commands: some hundreds, which take about
            0.25 s a step to find.

    Java starts at the first reset (seconds) and is shared by all envs of the process.

    Raises:
        MissingExtraError: if scienceworld or Java is not installed.
        UnknownNameError: an unknown task or simplification.
    """

    instructions: ClassVar[str] = (
        "You are in a school with a laboratory and work on a task of elementary science. Answer "
        f"with one command. The forms of commands are: {FORMS}. Only focus on what the task says "
        "to focus on: a wrong focus ends the episode. Answer a request to choose with its number."
    )
    splits: ClassVar[tuple[str, ...]] = ("train", "dev", "test")
    uncopyable: ClassVar[str] = "its simulator runs in Java"
    feature_schema = FeatureSchema(
        [
            *COMMON,
            Feature("score", "points, negative if failed", low=-100, high=100, dtype="int"),
            Feature("subgoals_done", "sub-goals met, in their order", low=0, dtype="int"),
            Feature("subgoals", "sub-goals that must be met in order", low=1, dtype="int"),
            Feature("optional_done", "optional sub-goals met", low=0, dtype="int"),
            Feature("optional", "optional sub-goals", low=0, dtype="int"),
            Feature("moves", "commands that took time", low=0, unit="steps", dtype="int"),
            Feature("failed", "the episode ended without the goal", dtype="bool"),
            Feature("location", "name of the room", dtype="text"),
            Feature("inventory", "what `inventory` says", dtype="text"),
            Feature("objective", "the task in words", dtype="text"),
            Feature("next_subgoal", "the next sub-goal in order", dtype="text"),
        ]
    )

    def __init__(
        self,
        *,
        task_name: str | Sequence[str] = "find-living-thing",
        simplifications: Sequence[str] = (),
        list_commands: bool = False,
        n_tasks: int = MANY,
        **common: Any,
    ) -> None:
        self.lists_commands = list_commands
        super().__init__(n_tasks=n_tasks, **common)
        self._names = _known_names(task_name)
        self._simplified = _known_simplifications(simplifications, self._names)
        self._tasks: list[tuple[str, int]] = []
        self._game: Any = None
        self._gold: dict[tuple[str, int], list[str]] = {}
        self._played: list[str] = []
        self._score, self._ended, self._choosing = 0, False, False
        self._valid: list[str] | None = None

    def _choose(self, task: Any) -> int:
        """The package's splits are known only once Java runs."""
        if self._game is None:
            self._game = open_game()
            self._tasks = self._variations()
            self._n_tasks = min(self._n_tasks, len(self._tasks))
        return super()._choose(task)

    def _variations(self) -> list[tuple[str, int]]:
        found = []
        for name in self._names:
            self._game.load(name, 0, self._simplified, False)
            lists = {
                "train": self._game.getVariationsTrain,
                "dev": self._game.getVariationsDev,
                "test": self._game.getVariationsTest,
            }
            found += [(name, int(v)) for v in strings(lists[self._split]())]
        return found

    def _task_seed(self) -> int:
        return self._task

    def _begin(self, task_seed: int) -> str:
        name, variation = self._tasks[task_seed]
        self._game.load(name, variation, self._simplified, False)
        look = self._game.step("look around")
        self._played, self._valid = [], None
        self._score, self._ended, self._choosing = 0, False, False
        return f"{self._objective()}\n\n{look}\n{self._game.freeActionInventory()}".strip()

    def _play(self, line: str) -> Reply:
        if self._choosing and not line.strip().isdigit():
            self._game.step("")  # cancels the request to choose
        text = str(self._game.step(line))
        self._valid, self._choosing = None, text.startswith(_AMBIGUOUS)
        if text.startswith(_UNKNOWN):
            return Reply(text, understood=False)
        self._played.append(line)
        score = max(round(100 * float(self._game.getScore())), -100)
        change, self._score = score - self._score, score
        self._ended = bool(self._game.getCompleted()) or score < 0
        return Reply(text, change / 100, terminated=self._ended)

    def _success(self) -> bool:
        return self._score >= 100

    def _features(self) -> dict[str, Any]:
        progress = read_progress(str(self._game.getGoalProgressStr()))
        return {
            "score": self._score,
            "subgoals_done": progress.done,
            "subgoals": max(progress.total, 1),
            "optional_done": progress.optional_done,
            "optional": progress.optional_total,
            "moves": int(self._game.getNumMoves()),
            "failed": self._ended and not self._success(),
            "location": place(str(self._game.freeActionLook())),
            "inventory": self._shown(str(self._game.freeActionInventory()).strip()),
            "objective": self._shown(self._objective()),
            "next_subgoal": progress.next_goal,
        }

    def _objective(self) -> str:
        return str(self._game.freeActionTaskDesc()).removeprefix("Task Description:").strip()

    def _caption(self) -> str:
        return f"{self._game.freeActionLook()}{self._game.freeActionInventory()}".strip()

    def _readable(self, text: str, longest: int) -> str:
        return super()._readable(text.replace("\t", "  "), longest)

    def _admissible(self) -> list[str]:
        if self._valid is None:
            self._valid = sorted(strings(self._game.getValidActionObjectCombinations()))
        return list(self._valid)

    def _hint(self, line: str) -> str:
        if self.lists_commands:
            return super()._hint(line)
        return f"The forms of commands are: {FORMS}."

    def expert_line(self) -> str:
        """The next line of the package's gold path.

        Raises:
            ConfigError: the lines played so far are not the gold path's.
        """
        gold, played = self._gold_path(), len(self._played)
        if played < len(gold) and self._played == gold[:played]:
            return gold[played]
        raise ConfigError(
            f"ScienceWorld's gold path leads from the start of an episode. Received {played} "
            "lines of another path; reset the env and follow expert_line from its first line on."
        )

    def _gold_path(self) -> list[str]:
        task = self._tasks[self._task]
        if task not in self._gold:
            guide = open_game()  # a second game: making the path begins the game anew
            guide.load(*task, self._simplified, True)
            self._gold[task] = strings(guide.getGoldActionSequence())
            close_game(guide)
        return self._gold[task]

    def close(self) -> None:
        """End the game, and Java with the last one."""
        if self._game is not None:
            close_game(self._game)
        self._game = None

    def __del__(self) -> None:
        if getattr(self, "_game", None) is not None:
            self.close()


def make_env(render_mode: str | None = None, **kwargs: Any) -> ScienceWorldEnv:
    """Build the env; keywords as `ScienceWorldEnv`."""
    require("scienceworld", extra="science")
    return ScienceWorldEnv(render_mode=render_mode, **kwargs)


def task_names() -> list[str]:
    """The 30 names of tasks, in the package's order."""
    constants = require("scienceworld.constants", extra="science")
    infer = require("scienceworld.utils", extra="science").infer_task
    return [infer(name) for name in constants.ID2TASK.values()]


def _known_names(given: str | Sequence[str]) -> tuple[str, ...]:
    known = task_names()
    if given == "all":
        return tuple(known)
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names:
        raise ConfigError("task_name names at least one task. Received none.")
    for name in names:
        if name not in known:
            raise unknown_name("task of ScienceWorld", name, known)
    return names


def _known_simplifications(given: Sequence[str], names: Sequence[str]) -> str:
    for simplification in given:
        if simplification not in SIMPLIFICATIONS:
            raise unknown_name("simplification", simplification, SIMPLIFICATIONS)
    electrical = [n for n in names if "power-component" in n or "conductivity" in n]
    if "noElectricalAction" in given and electrical:
        raise ConfigError(
            "noElectricalAction takes away what electrical tasks are solved with. Received it for "
            f"{electrical[0]!r}; leave it out."
        )
    return ",".join(given)
