"""Household tasks in words, as in ALFWorld."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rewardsmith.envs.text.base import MANY, SPLITS, Reply, TextGame
from rewardsmith.envs.text_space import one_of
from rewardsmith.errors import ContractError, require, unknown_name

from .chores import KINDS
from .engine import Engine, borrow_library, give_back
from .games import Game, Generated, Source, Stored, find_games
from .package import folder
from .planner import Step, shortest
from .progress import reached, subgoals
from .rooms import Furnishing
from .schema import SCHEMA
from .view import View, view

_LINES = {
    "go": "go to {0}",
    "open": "open {0}",
    "take": "take {0} from {1}",
    "put": "move {0} to {1}",
    "clean": "clean {0} with {1}",
    "heat": "heat {0} with {1}",
    "cool": "cool {0} with {1}",
    "use": "use {0}",
}
#: facts that commands change
_CHANGING = {"inreceptacle", "opened", "holds", "isclean", "ishot", "iscool", "istoggled"}


class HouseholdEnv(TextGame):
    """A household task: find a thing, perhaps clean, heat or cool it, and put it somewhere.

    Games are generated from ALFRED's floor plans (0.3 s a reset), or read from ALFWorld's data
    set, and run by its PDDL domain and grammar. The reward is 1 when the task is done, less
    `invalid_cost` for a line that cannot be carried out. Test games are in rooms of which no
    training game is.

    Args:
        chore: `pick`, `examine`, `clean`, `heat`, `cool`, `two`, or `any` of them.
        copies: most receptacles of one kind, and most things of one kind.
        clutter: kinds of things beside the task's own.
        games: a folder with ALFWorld's games, such as $ALFWORLD_DATA/json_2.1.1; None generates.
        n_tasks: games that `reset` draws from; None takes a million, or all that are stored.
        more: as `TextGame`'s: split, actions, obs, hash_size, max_commands, invalid_cost.
    """

    feature_schema = SCHEMA
    uncopyable = "the game's state machine is a C library that cannot be copied"
    instructions = (
        "You do a household task in a room told in words. Reply with one command a turn, such as "
        "`go to cabinet 1`, `open cabinet 1`, `take mug 1 from cabinet 1`, `move mug 1 to desk 1`, "
        "`clean mug 1 with sinkbasin 1`, `heat mug 1 with microwave 1`, `cool mug 1 with fridge 1`,"
        " `use desklamp 1`, `examine mug 1`, `look` or `inventory`. You can carry one thing."
    )

    def __init__(
        self,
        *,
        chore: str = "any",
        copies: int = 3,
        clutter: int = 8,
        games: str | None = None,
        n_tasks: int | None = None,
        **more: Any,
    ) -> None:
        if chore not in (*KINDS, "any"):
            raise unknown_name("household chore", chore, [*KINDS, "any"])
        one_of("split", more.get("split", "train"), SPLITS)
        size = Furnishing(copies, clutter)
        stored = find_games(Path(games), more.get("split", "train"), chore) if games else ()
        most = len(stored) or MANY
        super().__init__(n_tasks=most if n_tasks is None else min(n_tasks, most), **more)
        self._source: Source = Stored(stored) if stored else Generated(chore, size)
        self._library: Any = None
        self._game: Game
        self._engine: Engine
        self._seen, self._visited = View(), set[str]()
        self._plan: list[Step] | None = []
        self._length = self._first_length = 1
        self._done = False

    def close(self) -> None:
        """Let another env use the state machine."""
        if self._library is not None:
            give_back(self._library)
        self._library, self._over = None, True

    def __deepcopy__(self, memo: dict[int, Any]) -> HouseholdEnv:
        raise ContractError(
            f"A copy of {type(self).__name__} must continue from the same state, but "
            f"{self.uncopyable}. Make a second env and replay the seed and actions instead."
        )

    def expert_line(self) -> str:
        """The first command of a shortest plan; `look` if there is none."""
        if not self._plan:
            return "look"
        action, *things = self._plan[0]
        return _LINES[action].format(*(self._engine.names[thing] for thing in things))

    def _begin(self, task_seed: int) -> str:
        if self._library is None:
            self._library = borrow_library()
        self._game = self._source.game(task_seed)
        self._engine = Engine(self._game.problem, self._library)
        self._visited, self._length = set(), 1
        self._observe()
        self._first_length = max(self._length, 1)
        return f"{self._engine.look()}\n\nYour task is to: {self._game.chore.text}."

    def _play(self, line: str) -> Reply:
        command = " ".join(line.lower().split())
        if command not in self._engine.commands:
            return Reply("Nothing happens.", understood=False)
        text = self._engine.play(command)
        self._observe()
        return Reply(text, float(self._done), self._done)

    def _observe(self) -> None:
        """Read the state once for the features and the plan."""
        self._done = self._engine.done
        self._seen = view(self._engine.facts)
        self._plan = shortest(self._seen, self._game.chore)
        self._length = self._length if self._plan is None else len(self._plan)
        self._visited |= set(self._here()) - self._seen.shut

    def _here(self) -> list[str]:
        return sorted(p for p, spot in self._seen.spot.items() if spot == self._seen.at)

    def _features(self) -> dict[str, Any]:
        chore, seen, names = self._game.chore, self._seen, self._engine.names
        return {
            "plan_length": self._length,
            "first_plan_length": self._first_length,
            "subgoals_reached": reached(seen, chore, self._done),
            "subgoals": subgoals(chore),
            "holding_target": seen.held in seen.things(chore.target.lower()),
            "places_seen": len(self._visited),
            "n_admissible": len(self.admissible_commands),
            "n_facts": len(self._engine.facts),
            "kind": chore.kind,
            "target": chore.target.lower(),
            "location": ", ".join(names[place] for place in self._here()),
            "inventory": names.get(seen.held, ""),
            "objective": chore.text,
            "facts": self._shown(self._told_facts()),
        }

    def _told_facts(self) -> str:
        names = self._engine.names
        facts = sorted(fact for fact in self._engine.facts if fact[0] in _CHANGING)
        return "; ".join(f"{f[0]}({', '.join(names[a] for a in f[1:])})" for f in facts)

    def _success(self) -> bool:
        return self._done

    def _caption(self) -> str:
        held = self._engine.names.get(self._seen.held, "nothing")
        lines = [self._shows(place) for place in self._here()] or ["You stand in the middle."]
        return "\n".join([*lines, f"You carry {held}.", f"The task: {self._game.chore.text}."])

    def _shows(self, place: str) -> str:
        """A receptacle and what can be seen of it."""
        names, seen = self._engine.names, self._seen
        if place in seen.shut:
            return f"The {names[place]} is closed."
        things = sorted(names[thing] for thing, spot in seen.inside.items() if spot == place)
        return f"The {names[place]} has {', '.join(things) or 'nothing'}."

    def _admissible(self) -> list[str]:
        return list(self._engine.commands)


def make_env(render_mode: str | None = None, **kwargs: Any) -> HouseholdEnv:
    """Build the env; keywords as `HouseholdEnv`.

    Raises:
        MissingExtraError: if alfworld or Fast Downward is not installed.
        ConfigError: for a setting out of range, or a folder without games.
    """
    folder()
    require("fast_downward", extra="household")
    require("textworld.envs.pddl", extra="household")
    return HouseholdEnv(render_mode=render_mode, **kwargs)
