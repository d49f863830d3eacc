"""reasoning-gym's data sets of verifiable puzzles as one environment."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from gymnasium import spaces

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text_space import at_least_one
from rewardsmith.errors import ConfigError, near_misses, require, unknown_name
from rewardsmith.features import Feature, FeatureSchema

from .charset import readable, wide_text
from .guard import harmless

#: where a data set without a model answer keeps a solution
_SOLUTIONS = ("example_answer", "example_correct_answer", "possible_answer")
#: mixes other data sets; make an env of each instead
_LEFT_OUT = frozenset({"composite"})


class ReasoningEnv(TextGame):
    """One question, one answer (or several attempts), scored by reasoning-gym from 0 to 1.

    The reward is the rise of the best score so far, so that an episode's rewards add up to the
    best answer's score. An answer may stand in `<answer>` tags; all else is then read over.
    Data sets: Stojanovski et al. 2025, "Reasoning Gym", arXiv:2505.24760.

    Args:
        dataset: a name of reasoning-gym, e.g. `chain_sum`, `countdown`, `mini_sudoku`.
        config: settings of that data set, e.g. `{"max_terms": 8}`; see its `Config` class.
        level: a level of the data set's curriculum (0 is the easiest), for every attribute that
            has one; None leaves the data set's defaults. `config` goes on top.
        attempts: answers that may be given; the episode ends at the first one that is right.

    Raises:
        MissingExtraError: if reasoning-gym is not installed.
        UnknownNameError: an unknown data set.
        ConfigError: settings that the data set refuses.
    """

    instructions: ClassVar[str] = (
        "Solve the puzzle. Answer with the solution alone, in the form that the puzzle asks for; "
        "if you think aloud, put the solution between <answer> and </answer>."
    )
    lists_commands = False
    max_line: ClassVar[int] = 4096
    max_text: ClassVar[int] = 16384
    feature_schema = FeatureSchema(
        [
            *COMMON,
            Feature("score", "score of the last answer", low=0, high=1),
            Feature("best_score", "best score of this episode", low=0, high=1),
            Feature("attempts_left", "answers that may still be given", low=0, dtype="int"),
            Feature("answer_length", "length of the last answer", low=0, unit="characters"),
            Feature("dataset", "name of the data set", dtype="text"),
            Feature("question", "the puzzle", dtype="text"),
            Feature("answer", "the last answer as it was scored", dtype="text"),
        ]
    )

    def __init__(
        self,
        *,
        dataset: str = "chain_sum",
        config: Mapping[str, Any] | None = None,
        level: int | None = None,
        attempts: int = 1,
        **common: Any,
    ) -> None:
        at_least_one(attempts=attempts)
        super().__init__(**common)
        self._name, self._attempts = dataset, attempts
        self._settings = _settings(dataset, config or {}, level)
        self._data = _dataset(dataset, {**self._settings, "seed": 0})
        self._item: dict[str, Any] = {"question": "", "answer": None, "metadata": {}}
        self._score = self._best = 0.0
        self._left, self._answer = attempts, ""

    def _begin(self, task_seed: int) -> str:
        self._item = self._made(task_seed)
        self._score = self._best = 0.0
        self._left, self._answer = self._attempts, ""
        return str(self._item["question"])

    def _made(self, task_seed: int) -> dict[str, Any]:
        """Puzzle i of seed 0, or, of a data set that keeps a list, puzzle 0 of seed i."""
        try:
            with _quiet():
                return dict(self._data[task_seed])
        except IndexError:
            self._data = _dataset(self._name, {**self._settings, "seed": task_seed})
            with _quiet():
                return dict(self._data[0])

    def _play(self, line: str) -> Reply:
        self._answer = _answer_in(line)
        self._score = self._scored(self._answer)
        rise = max(self._score - self._best, 0.0)
        self._best, self._left = self._best + rise, self._left - 1
        if self._success():
            return Reply("Correct.", rise, terminated=True)
        text = f"Not correct: this answer scores {self._score:.2f}."
        if self._left == 0:
            return Reply(text, rise, terminated=True)
        return Reply(f"{text} Attempts left: {self._left}.\n\n{self._item['question']}", rise)

    def _scored(self, answer: str) -> float:
        if not harmless(self._name, answer):
            return 0.0
        try:
            with _quiet():
                score = float(self._data.score_answer(answer, self._item))
        except Exception:  # a scorer that fails on an answer has not accepted it
            return 0.0
        return min(max(score, 0.0), 1.0)

    def _success(self) -> bool:
        return self._best >= 1.0

    def _features(self) -> dict[str, Any]:
        return {
            "score": self._score,
            "best_score": self._best,
            "attempts_left": self._left,
            "answer_length": float(len(self._answer)),
            "dataset": self._name,
            "question": self._shown(str(self._item["question"])),
            "answer": self._answer,
        }

    def _caption(self) -> str:
        if not self._answer:
            return str(self._item["question"])
        return f"{self._item['question']}\nAnswer: {self._answer} (scores {self._score:.2f})"

    def expert_line(self) -> str:
        """A solution that the data set itself keeps.

        Raises:
            ConfigError: `boxnet` and `rush_hour` keep none.
        """
        metadata = self._item["metadata"]
        kept = [self._item["answer"], *(metadata.get(key) for key in _SOLUTIONS)]
        found = [_written(solution) for solution in kept if solution is not None]
        if not found:
            raise ConfigError(
                f"expert_line needs a data set that keeps a solution. Received {self._name!r}, "
                "which only checks answers; choose another data set to learn from an expert."
            )
        return found[0]

    def _readable(self, text: str, longest: int) -> str:
        return readable(text, longest)

    def _action_space(self) -> spaces.Space[Any]:
        return wide_text(self.max_line, 1)

    def _observation_space(self) -> spaces.Space[Any]:
        if self._obs == "hash":
            return super()._observation_space()
        return wide_text(self.max_text, 0)


def make_env(render_mode: str | None = None, **kwargs: Any) -> ReasoningEnv:
    """Build the env; keywords as `ReasoningEnv`."""
    require("reasoning_gym", extra="reasoning")
    return ReasoningEnv(render_mode=render_mode, **kwargs)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Some data sets print, and some draw from the global `random`, which is given back."""
    state = random.getstate()
    random.seed(0)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        random.setstate(state)


def _settings(name: str, config: Mapping[str, Any], level: int | None) -> dict[str, Any]:
    factory = require("reasoning_gym.factory", extra="reasoning")
    known = [n for n in factory.DATASETS if n not in _LEFT_OUT]
    if name not in known:
        raise unknown_name("data set", name, known)
    # size is a virtual number: item i is made from seed + i when it is asked for
    return {"size": 1, **_of_level(factory, name, level), **config}


def _dataset(name: str, settings: Mapping[str, Any]) -> Any:
    factory = require("reasoning_gym.factory", extra="reasoning")
    try:
        with _quiet():
            return factory.create_dataset(name, **settings)
    except (TypeError, ValueError, AssertionError) as error:
        fields = [f for f in factory.DATASETS[name][1].__dataclass_fields__ if f != "seed"]
        unknown = next((key for key in settings if key not in (*fields, "seed")), "")
        raise ConfigError(
            f"config and level give settings that {name!r} takes. Received "
            f"{dict(settings)!r}: {error}.{near_misses(unknown, fields)} "
            f"It takes: {', '.join(fields)}."
        ) from error


def _of_level(factory: Any, name: str, level: int | None) -> dict[str, Any]:
    if level is None:
        return {}
    if level < 0:
        raise ConfigError(f"level is at least 0. Received {level}.")
    if not factory.has_curriculum(name):
        raise ConfigError(f"{name!r} has no curriculum: leave level out and use config.")
    curriculum = factory.create_curriculum(name)
    for attribute, definition in curriculum.attributes.items():
        curriculum.set_attr_level(attribute, min(level, len(definition.levels) - 1))
    made = curriculum.generate_configuration()
    fields = made.__dataclass_fields__
    return {f: getattr(made, f) for f in fields if f not in ("seed", "size")}


def _answer_in(line: str) -> str:
    """What stands in the last pair of answer tags, else the whole line."""
    _before, opened, rest = line.rpartition("<answer>")
    if not opened:
        return line.strip()
    return rest.partition("</answer>")[0].strip()


def _written(solution: Any) -> str:
    if isinstance(solution, Mapping):
        import json

        return json.dumps({str(k): v for k, v in solution.items()})
    return str(solution)
