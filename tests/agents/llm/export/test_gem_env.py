"""The export to GEM, in GEM itself."""

from __future__ import annotations

from typing import Any

import pytest

gem = pytest.importorskip("gem", reason="needs gem-llm; tools/check_exports.py gem runs this")

from rewardsmith.agents.llm.export.gem_env import GemEnv, register  # noqa: E402
from rewardsmith.errors import BindingError  # noqa: E402


def _play(env: Any, solved: Any) -> list[tuple[str, float, bool, bool, dict[str, Any]]]:
    env.reset(seed=solved.task)
    return [env.step(line) for line in solved.lines]


def test_step_returns_the_shaped_scalar(solved: Any) -> None:
    steps = _play(GemEnv(solved.env_id, "potential"), solved)
    assert [s[1] for s in steps] == pytest.approx(solved.potential)
    assert [s[2:4] for s in steps] == [(False, False), (False, False), (True, False)]
    assert steps[0][4]["components"] == pytest.approx({"env": 0.0, "potential": 0.5})
    assert [s[4]["env_reward"] for s in steps] == [0.0, 0.0, 1.0]
    assert steps[-1][4]["is_success"] is True


def test_pay_for_the_whole_episode_comes_last(solved: Any) -> None:
    steps = _play(GemEnv(solved.env_id, "gated"), solved)
    assert [s[1] for s in steps] == pytest.approx([0.0, 0.0, 1.5])
    assert steps[-1][4]["turn_rewards"] == pytest.approx(solved.gated)


def test_gem_makes_it_and_runs_it_in_its_vector_env(solved: Any) -> None:
    name = register(solved.env_id, "potential", name="rewardsmith-calculation")
    envs = gem.make_vec([name, name], seed=solved.task, async_mode=False)
    obs, _ = envs.reset(seed=[solved.task, solved.task])
    assert all(text.endswith(solved.text) for text in obs)
    totals = [0.0, 0.0]
    for line in solved.lines:
        _, rewards, done, _, _ = envs.step([line, line])
        totals = [t + float(r) for t, r in zip(totals, rewards, strict=True)]
    assert totals == pytest.approx([2.0, 2.0])
    assert list(done) == [True, True]


def test_the_rules_stand_before_the_first_observation(solved: Any) -> None:
    text, info = GemEnv(solved.env_id).reset(seed=solved.task)
    assert text.startswith("Work out the expression")
    assert info["task_text"] == solved.text


def test_spawned_environments_are_alike_and_apart(solved: Any) -> None:
    first = GemEnv(solved.env_id, "potential")
    first.reset(seed=solved.task)
    second = first.spawn()
    assert [s[1] for s in _play(second, solved)] == pytest.approx(solved.potential)
    with pytest.raises(NotImplementedError, match="same seed"):
        first.spawn(same_state=True)


def test_groups_are_refused(solved: Any) -> None:
    with pytest.raises(BindingError, match="GEM environment sees one"):
        GemEnv(solved.env_id, "centred(env)")


def test_random_actions_are_moves_where_moves_are_listed(solved: Any) -> None:
    env = GemEnv(solved.env_id)
    env.reset(seed=solved.task)
    assert env.sample_random_action() == ""  # this environment takes free text
    env.close()
