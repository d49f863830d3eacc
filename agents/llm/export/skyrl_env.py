"""Our environments and rewards as a text environment of SkyRL's gym (skyrl-gym)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardsmith import checks
from rewardsmith.agents.llm.export.absent import absent
from rewardsmith.agents.llm.export.checks import task_of
from rewardsmith.agents.llm.export.session import TextSession

try:
    import skyrl_gym
    from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput
except ImportError as error:
    raise absent("skyrl_gym", "skyrl-gym==0.4.0", error) from error


class SkyRLEnv(BaseTextEnv):  # type: ignore[misc]
    """`init` and `step` as SkyRL's generator calls them; `step` returns what the reward pays.

    SkyRL makes one environment for each rollout, so terms that learn are refused, as are those
    that compare rollouts. The task is the row's `reward_spec.ground_truth`, a seed; its prompt is
    replaced by the environment's rules and first text. The rewards of an episode sum to the
    reward's total; terms of episode scope pay with the last step, `metadata["turn_rewards"]` then
    says for which turn.

    Args:
        env_id: an environment of text.
        reward: see `TextSession`.
        env_config: of SkyRL; not read.
        extras: the dataset's row: `reward_spec.ground_truth`, and `max_turns` if SkyRL cuts.
        options: further keywords of `TextSession`.

    Raises:
        ConfigError: the row has no task, or max_turns is no whole number of at least 1.
    """

    def __init__(
        self,
        env_id: str,
        reward: Any = "env",
        *,
        env_config: Any = None,
        extras: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        row = extras or {}
        self.task = task_of(row.get("reward_spec", {}).get("ground_truth"))
        self.max_turns = row.get("max_turns", 2**31)
        checks.whole("max_turns", self.max_turns, least=1)
        self.session = TextSession(
            env_id, reward, training=False, place="SkyRL environment", **options
        )

    def init(self, prompt: Any) -> tuple[list[dict[str, str]], dict[str, Any]]:
        """The conversation that opens the task."""
        text, told = self.session.begin(self.task), self.session.instructions
        self.turns = 0
        system = [{"role": "system", "content": told}] if told else []
        return [*system, {"role": "user", "content": text}], {"task": self.task}

    def step(self, action: str) -> Any:
        """Say a line."""
        self.turns += 1
        paid = self.session.say(action, last=self.turns >= self.max_turns)
        done = paid.terminated or paid.truncated
        return BaseTextEnvStepOutput(
            observations=[] if done else [{"role": "user", "content": paid.text}],
            reward=paid.reward,
            done=done,
            metadata={
                "components": dict(paid.components),
                "env_reward": float(self.session.rows[-1].env_reward[0]),
                "turn_rewards": self.session.turn_rewards,
            },
        )

    def get_metrics(self) -> dict[str, Any]:
        """Success, the environment's own return, and the sum of each term."""
        episode = self.session.episode()
        sums = {n: float(episode.component(n).sum()) for n in self.session.stack.names}
        own = {"success": float(episode.success), "env_return": episode.env_return}
        return {**own, **{f"term/{name}": value for name, value in sums.items()}}

    def close(self) -> None:
        """Close the environment."""
        self.session.close()


def register(env_id: str, reward: Any = "env", *, name: str, **options: Any) -> str:
    """Register it with SkyRL's gym under `name`, to be a row's `env_class`; returns the name."""
    entry = "rewardsmith.agents.llm.export.skyrl_env:SkyRLEnv"
    skyrl_gym.register(name, entry, {"env_id": env_id, "reward": reward, **options})
    return name
