"""Our environments and rewards as an OpenEnv environment with a rubric."""

from __future__ import annotations

from typing import Any

from rewardsmith.agents.llm.export.absent import absent
from rewardsmith.agents.llm.export.session import TextSession
from rewardsmith.errors import ConfigError, near_misses

try:
    from openenv.core.env_server import Action, Environment, Observation, State, create_fastapi_app
    from openenv.core.rubrics import Rubric, RubricDict, TrajectoryRubric
except ImportError as error:
    raise absent("openenv", "openenv==0.10.0", error) from error


class TextAction(Action):  # type: ignore[misc]
    """A line of the agent."""

    text: str


class TextObservation(Observation):  # type: ignore[misc]
    """What the agent reads next, and what its line was paid.

    `done` and `reward` are OpenEnv's own fields.

    Args:
        text: the environment's answer.
        instructions: the rules, at reset only.
        truncated: the episode ended by a limit.
        is_success: the task is solved, as it is scored.
        components: name of a term -> its share of `reward`.
        turn_rewards: pay of each line so far, on the line that it is for.
    """

    text: str = ""
    instructions: str = ""
    truncated: bool = False
    is_success: bool = False
    components: dict[str, float] = {}  # noqa: RUF012 - pydantic copies it
    turn_rewards: list[float] = []  # noqa: RUF012


class TermRubric(Rubric):  # type: ignore[misc]
    """One term of the reward: `last_score` is what it paid for the last line."""

    def forward(self, action: Any, observation: Any) -> float:
        """What it paid last; 0 before the first line."""
        return float(self.last_score or 0.0)


class StackRubric(TrajectoryRubric):  # type: ignore[misc]
    """Pays the line that the session has just played.

    The scores of an episode sum to the reward's total. `terms` holds a rubric for each term, so
    that `named_rubrics()` shows what each paid; `compute_step_rewards()` gives the pay of each
    line on its own turn, with terms of episode scope in their places.
    """

    def __init__(self, session: TextSession) -> None:
        super().__init__()
        self.session = session
        self.terms = RubricDict({name: TermRubric() for name in session.stack.names})

    def forward(self, action: Any, observation: Any) -> float:
        """The pay of the last line; fills the observation's fields of pay.

        Raises:
            PlaceError: no line waits for its pay.
        """
        paid = self.session.settle()
        for name, value in paid.components.items():
            self.terms[name].last_score = value
        observation.components = dict(paid.components)
        observation.turn_rewards = self.session.turn_rewards
        self._trajectory.append((action, observation))
        return float(paid.reward)

    def score_trajectory(self, trajectory: list[tuple[Any, Any]]) -> float:
        """The reward's total over the lines so far."""
        return float(sum(self.session.turn_rewards))

    def compute_step_rewards(self) -> list[float]:
        """Pay of each line."""
        return self.session.turn_rewards

    def reset(self) -> None:
        """Forget the episode."""
        super().reset()
        for term in self.terms.children():
            term.last_score = None


class RewardEnvironment(Environment):  # type: ignore[misc]
    """An OpenEnv environment whose rubric is a reward of rewardsmith.

    Args:
        env_id: an environment of text.
        reward: see `TextSession`.
        options: further keywords of `TextSession`.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, env_id: str, reward: Any = "env", **options: Any) -> None:
        self.session = TextSession(env_id, reward, place="OpenEnv environment", **options)
        super().__init__(rubric=StackRubric(self.session))
        self._episode_id: str | None = None

    def reset(
        self, seed: int | None = None, episode_id: str | None = None, **unknown: Any
    ) -> TextObservation:
        """Begin the task of this seed, or any.

        Raises:
            ConfigError: a keyword that there is not.
        """
        if unknown:
            name = sorted(unknown)[0]
            raise ConfigError(
                f"reset takes seed and episode_id. Received {name}={unknown[name]!r}."
                f"{near_misses(name, ('seed', 'episode_id'))}"
            )
        self._reset_rubric()
        self._episode_id = episode_id
        text = self.session.begin(seed)
        return TextObservation(text=text, instructions=self.session.instructions)

    def step(self, action: Any, timeout_s: float | None = None, **_: Any) -> TextObservation:
        """Say a line; the rubric pays it.

        Raises:
            ConfigError: the action is no `TextAction`.
        """
        if not isinstance(action, TextAction):
            raise ConfigError(
                f"An action is TextAction(text=...). Received {type(action).__name__}."
            )
        text = self.session.play(action.text)
        row = self.session.waiting
        observation = TextObservation(
            text=text,
            done=self.session.over,
            truncated=bool(row.truncated[0]),
            is_success=self.session.success,
        )
        observation.reward = self._apply_rubric(action, observation)
        return observation

    @property
    def state(self) -> Any:
        """OpenEnv's `State`: the episode's id and the number of lines."""
        return State(episode_id=self._episode_id, step_count=len(self.session.turn_rewards))

    def close(self) -> None:
        """Close the environment."""
        self.session.close()


def make_app(env_id: str, reward: Any = "env", **options: Any) -> Any:
    """A FastAPI application that serves the environment, one for each connection.

    Terms that learn are refused: each connection would learn for itself.
    """

    def build() -> RewardEnvironment:
        return RewardEnvironment(env_id, reward, training=False, **options)

    build().close()  # a reward that cannot run here is told now, not to the first client
    name = env_id.rsplit("/", maxsplit=1)[-1]
    return create_fastapi_app(build, TextAction, TextObservation, env_name=name)
