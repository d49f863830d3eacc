"""The export to SkyRL's gym, in skyrl-gym itself."""

from __future__ import annotations

from typing import Any

import pytest

skyrl_gym = pytest.importorskip(
    "skyrl_gym", reason="needs skyrl-gym; tools/check_exports.py skyrl runs this"
)

from rewardsmith.agents.llm.export.skyrl_env import register  # noqa: E402
from rewardsmith.errors import BindingError, ConfigError  # noqa: E402


def _make(solved: Any, reward: str, **extras: Any) -> Any:
    name = f"rewardsmith-{reward}"
    skyrl_gym.envs.registration.registry.pop(name, None)
    register(solved.env_id, reward, name=name)
    row = {"reward_spec": {"ground_truth": str(solved.task)}, **extras}
    return skyrl_gym.make(name, env_config={}, extras=row)


def _play(env: Any, lines: list[str]) -> list[Any]:
    env.init([])
    return [env.step(line) for line in lines]


def test_step_returns_the_shaped_scalar(solved: Any) -> None:
    env = _make(solved, "potential")
    steps = _play(env, solved.lines)
    assert [s["reward"] for s in steps] == pytest.approx(solved.potential)
    assert [s["done"] for s in steps] == [False, False, True]
    assert steps[0]["metadata"]["components"] == pytest.approx({"env": 0.0, "potential": 0.5})
    assert steps[-1]["observations"] == []
    assert env.get_metrics() == pytest.approx(
        {"success": 1.0, "env_return": 1.0, "term/env": 1.0, "term/potential": 1.0}
    )
    env.close()


def test_the_conversation_is_opened_by_the_environment(solved: Any) -> None:
    messages, _ = _make(solved, "env").init([{"role": "user", "content": "-"}])
    assert [m["role"] for m in messages] == ["system", "user"]
    assert messages[1]["content"] == solved.text


def test_pay_for_the_whole_episode_comes_last(solved: Any) -> None:
    steps = _play(_make(solved, "gated"), solved.lines)
    assert [s["reward"] for s in steps] == pytest.approx([0.0, 0.0, 1.5])
    assert steps[-1]["metadata"]["turn_rewards"] == pytest.approx(solved.gated)


def test_the_trainer_s_limit_is_an_end(solved: Any) -> None:
    (step,) = _play(_make(solved, "potential", max_turns=1), solved.lines[:1])
    assert step["done"]
    assert step["reward"] == pytest.approx(0 - (-1))  # the potential of an end is 0


def test_what_cannot_run_is_refused(solved: Any) -> None:
    with pytest.raises(BindingError, match="SkyRL environment sees one"):
        _make(solved, "centred(env)")
    with pytest.raises(BindingError, match="learn apart"):
        _make(solved, "env + 0.1*count(caption)")
    with pytest.raises(ConfigError, match="ground_truth"):
        _make(solved, "env", reward_spec={})
    with pytest.raises(ConfigError, match="max_turns"):
        _make(solved, "env", max_turns=0)
