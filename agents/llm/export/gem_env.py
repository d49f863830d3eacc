"""Our environments and rewards as a GEM environment (gem-llm)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardsmith.agents.llm.export.absent import absent
from rewardsmith.agents.llm.export.session import TextSession

try:
    import gem
    from gem.envs import registration
except ImportError as error:
    raise absent("gem", "gem-llm==0.1.0", error) from error


class GemEnv(gem.Env):  # type: ignore[misc]
    """`reset` and `step` as GEM's trainers call them; `step` returns what the reward pays.

    The rewards of an episode sum to the reward's total. Terms of episode scope pay with the last
    step; `info["turn_rewards"]` then says for which turn. `info["components"]` has each term's
    share, `info["env_reward"]` the environment's own reward. The instructions of the environment
    stand before the first observation, since GEM has no system prompt.

    Args:
        env_id: an environment of text.
        reward: see `TextSession`.
        seed: of the first episode if `reset` gives none; `gem.make_vec` sets it.
        options: further keywords of `TextSession`.
    """

    def __init__(
        self, env_id: str, reward: Any = "env", *, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__()
        self._seed = seed
        self._made = {"env_id": env_id, "reward": reward, **options}
        self.session = TextSession(env_id, reward, place="GEM environment", **options)

    def reset(self, seed: int | None = None) -> tuple[str, dict[str, Any]]:
        """Begin the task of this seed."""
        seed, self._seed = (self._seed if seed is None else seed), None
        super().reset(seed)
        text = self.session.begin(seed)
        told = f"{self.session.instructions}\n\n{text}".strip()
        return told, {"task_text": text}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Say a line."""
        paid = self.session.say(action)
        info = {
            "components": dict(paid.components),
            "env_reward": float(self.session.rows[-1].env_reward[0]),
            "is_success": bool(paid.info.get("is_success", False)),
            "turn_rewards": self.session.turn_rewards,
        }
        return paid.text, paid.reward, paid.terminated, paid.truncated, info

    def sample_random_action(self) -> str:
        """Any command that is a move now, or an empty line where none are listed."""
        commands = self.session.env.get_wrapper_attr("admissible_commands")
        np_random = self.session.env.unwrapped.np_random
        return str(np_random.choice(commands)) if commands else ""

    def spawn(self, same_state: bool = False, **kwargs: Any) -> GemEnv:
        """Another environment of the same kind.

        Raises:
            NotImplementedError: `same_state`; a reward's state belongs to one episode.
        """
        if same_state:
            raise NotImplementedError(
                "spawn(same_state=True) would copy a running episode and its pay. Spawn a fresh "
                "one and reset it with the same seed."
            )
        return GemEnv(**{**self._made, **kwargs})

    def close(self) -> None:
        """Close the environment."""
        self.session.close()


def register(env_id: str, reward: Any = "env", *, name: str | None = None, **options: Any) -> str:
    """Register it with GEM, so that `gem.make(name)` builds it; returns the name.

    Args:
        env_id: an environment of text.
        reward: see `TextSession`.
        name: for GEM; the env's own id if None.
        options: further keywords of `TextSession`.

    Raises:
        ValueError: GEM has the name already.
    """

    def build(**kwargs: Any) -> GemEnv:
        given: Mapping[str, Any] = {"env_id": env_id, "reward": reward, **options, **kwargs}
        return GemEnv(**given)

    registration.register(name or env_id, build)
    return name or env_id
