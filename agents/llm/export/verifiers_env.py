"""Our environments and rewards for verifiers (0.4, `verifiers.v1`): tasks, a harness, a rubric.

verifiers finds what it runs by the name of a top-level module, so write one, say `my_env.py`, and
pass `my_env` as taskset id:

    from rewardsmith.agents.llm.export.verifiers_env import RewardEnv, RewardTaskset, TalkHarness

    __all__ = ["RewardEnv", "RewardTaskset", "TalkHarness"]
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rewardsmith.agents.llm.export.absent import absent
from rewardsmith.agents.llm.export.pay import late_pay, with_late_pay
from rewardsmith.agents.llm.export.session import GROUPS, ONE_EPISODE, TextSession
from rewardsmith.agents.llm.record import Episode
from rewardsmith.term import Scope
from rewardsmith.transition import Transition

try:
    import verifiers.v1 as vf
    from openai import AsyncOpenAI
    from pydantic import Field
    from verifiers.v1.dialects.chat import message_to_wire
except ImportError as error:
    raise absent("verifiers", "verifiers==0.4.0", error) from error

__all__ = ["RewardEnv", "RewardTaskset", "TalkHarness"]


class RewardTasksetConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Which environment, which reward, which tasks."""

    env_id: str = "rewardsmith/Calculation-Easy-v0"
    """An environment of text."""
    reward: str = "env"
    """One of its ready-made rewards, a formula, or a path."""
    gamma: float = Field(1.0, ge=0, le=1)
    """The trainer's discount over turns."""
    credit: str = "trajectory"
    """`turn` for a trainer that reads `turn_rewards`, `trajectory` for one that reads sums."""
    env_kwargs: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Keywords of the environment."""
    first: int = Field(0, ge=0)
    """Seed of the first task."""
    tasks: int = Field(1000, ge=1)
    """Number of tasks."""

    def session(self, serves: frozenset[Scope] = GROUPS) -> TextSession:
        """A place to play one episode."""
        return TextSession(
            self.env_id,
            self.reward,
            gamma=self.gamma,
            credit=self.credit,
            env_kwargs=self.env_kwargs,
            training=False,
            place="verifiers, with group_size 1," if serves == ONE_EPISODE else "verifiers",
            serves=serves,
        )


class TextTaskData(vf.TaskData):  # type: ignore[misc]
    """A task: the environment opens the conversation, the instructions are the system's."""

    task_seed: int


@dataclass
class _Played:
    """What an episode came to."""

    episode: Episode | None = None
    rows: list[Transition] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)


class TextState(vf.State):  # type: ignore[misc]
    """What a running rollout keeps beside its trace; never written."""

    played: Any = None


class TextTask(vf.Task[TextTaskData, TextState]):  # type: ignore[misc]
    """Scored by `RewardEnv`, which has seen it played."""


class RewardTaskset(vf.Taskset[TextTask, RewardTasksetConfig]):  # type: ignore[misc]
    """The tasks `first` to `first + tasks - 1` of an environment of text."""

    def load(self) -> Iterable[TextTask]:
        """Build the tasks."""
        session = self.config.session()
        told, name = session.instructions or None, self.config.env_id
        session.close()
        for seed in range(self.config.first, self.config.first + self.config.tasks):
            data = TextTaskData(task_seed=seed, id=f"{name}#{seed}", system_prompt=told)
            yield TextTask(data, self.config.task)


class TalkHarness(vf.Harness[vf.HarnessConfig]):  # type: ignore[misc]
    """Asks the model for one line, in this process: no program, no tools, no container."""

    APPENDS_SYSTEM_PROMPT = True
    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(
        self,
        ctx: Any,
        trace: Any,
        runtime: Any,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: Any,
    ) -> Any:
        """One answer of the model to the conversation so far."""
        system, prompt = self.resolve_prompt(data)
        messages: list[Any] = [{"role": "system", "content": system}] if system else []
        if isinstance(prompt, str):
            messages.append({"role": "user", "content": prompt})
        else:
            messages += [message_to_wire(m) for m in prompt or []]
        async with AsyncOpenAI(base_url=endpoint, api_key=secret, max_retries=0) as client:
            await client.chat.completions.create(model=ctx.model, messages=messages)
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


class RewardEnvConfig(vf.EnvConfig):  # type: ignore[misc]
    """One seat, and how many rollouts of a task make a group."""

    agent: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())
    group_size: int = Field(1, ge=1)
    """Rollouts of one task in an episode; terms of group scope compare them."""


class RewardEnv(vf.Env[RewardEnvConfig]):  # type: ignore[misc]
    """Plays a task with the model and pays it with the reward.

    A trace gets one verifiers reward for each term (weight 1: they are weighted already), so that
    `trace.reward` is the reward's total; the metrics `success`, `env_return` and `env_turns`; and
    in `trace.info` what each turn was paid: `turn_rewards`, `turn_components` and `turn_nodes`,
    the index of the turn's message in `trace.nodes`. A rollout that fails is not scored.

    Raises:
        BindingError: a term that learns, or one of group scope with a `group_size` of 1.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._serves = GROUPS if config.group_size > 1 else ONE_EPISODE
        self._idle = [self._make()]  # what cannot run here is told now
        self._judge = self._idle[0].stack

    async def run(self, task: Any, agents: Any) -> None:
        """The rollouts of one task."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.config.group_size):
                group.create_task(self._play(task, agents.agent))

    async def finalize(self, task: Any, episode: Any) -> None:
        """Pay the rollouts."""
        done = [t for t in episode.traces if t.ok and t.state.played is not None]
        played = [t.state.played for t in done]
        if Scope.GROUP in {e.term.scope for e in self._judge.entries} and played:
            late = late_pay(self._judge, [p.rows for p in played])
            for one, paid in zip(played, late, strict=True):
                one.episode = with_late_pay(one.episode, paid)
        for trace, one in zip(done, played, strict=True):
            self._record(trace, one)

    async def stop(self) -> None:
        """Close the environments."""
        while self._idle:
            self._idle.pop().close()

    async def _play(self, task: Any, agent: Any) -> None:
        session = self._idle.pop() if self._idle else self._make()
        try:
            async with agent.interaction(task) as talk:
                talk.trace.state.played = await _talk(session, task.data.task_seed, talk)
        finally:
            self._idle.append(session)

    def _make(self) -> TextSession:
        return self.taskset.config.session(self._serves)  # type: ignore[no-any-return]

    def _record(self, trace: Any, played: _Played) -> None:
        episode = played.episode
        assert episode is not None
        for name in self._judge.names:
            trace.record_reward(name, float(episode.component(name).sum()))
        trace.record_metrics(
            {
                "success": float(episode.success),
                "env_return": episode.env_return,
                "env_turns": float(len(episode.turns)),
            }
        )
        trace.info["turn_rewards"] = episode.rewards.tolist()
        trace.info["turn_components"] = [dict(turn.components) for turn in episode.turns]
        trace.info["turn_nodes"] = played.nodes


async def _talk(session: TextSession, task: int, talk: Any) -> _Played | None:
    """Relay between environment and model until one of them ends; None if nothing was said."""
    text, nodes = session.begin(task), []
    while not session.over:
        answer = await talk.turn(text)
        if answer.terminated:
            break
        nodes.append(max(i for i, node in enumerate(talk.trace.nodes) if node.sampled))
        text = session.play(answer.last_reply)
    session.finish()
    return _Played(session.episode(), list(session.rows), nodes) if session.rows else None
