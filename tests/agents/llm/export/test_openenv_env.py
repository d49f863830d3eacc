"""The export to OpenEnv, in OpenEnv itself."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("openenv", reason="needs openenv; tools/check_exports.py openenv runs this")

from rewardsmith.agents.llm.export.openenv_env import (
    RewardEnvironment,
    TextAction,
    make_app,
)
from rewardsmith.errors import BindingError, ConfigError, PlaceError


def _play(env: Any, solved: Any) -> list[Any]:
    env.reset(seed=solved.task)
    return [env.step(TextAction(text=line)) for line in solved.lines]


def test_the_rubric_pays_each_step(solved: Any) -> None:
    env = RewardEnvironment(solved.env_id, "potential")
    seen = _play(env, solved)
    assert [o.reward for o in seen] == pytest.approx(solved.potential)
    assert [o.done for o in seen] == [False, False, True]
    assert seen[0].components == pytest.approx({"env": 0.0, "potential": 0.5})
    assert seen[-1].is_success
    assert env.rubric.last_score == pytest.approx(1.0)
    assert env.state.step_count == 3


def test_terms_are_rubrics_of_their_own(solved: Any) -> None:
    env = RewardEnvironment(solved.env_id, "potential")
    env.reset(seed=solved.task)
    env.step(TextAction(text=solved.lines[0]))
    scores = {n: r.last_score for n, r in env.rubric.named_rubrics() if r.last_score is not None}
    assert scores == pytest.approx({"terms.env": 0.0, "terms.potential": 0.5})
    env.reset(seed=solved.task)
    assert env.rubric.get_rubric("terms.potential").last_score is None


def test_a_trajectory_s_score_is_the_sum_of_its_steps(solved: Any) -> None:
    env = RewardEnvironment(solved.env_id, "gated")
    seen = _play(env, solved)
    assert [o.reward for o in seen] == pytest.approx([0.0, 0.0, 1.5])
    assert env.rubric.compute_step_rewards() == pytest.approx(solved.gated)
    assert env.rubric.score_trajectory(env.rubric.trajectory) == pytest.approx(1.5)
    assert len(env.rubric.trajectory) == 3


def test_a_client_plays_it_through_openenv_s_server(solved: Any) -> None:
    testclient = pytest.importorskip("starlette.testclient")
    app = make_app(solved.env_id, "potential")
    with testclient.TestClient(app) as client, client.websocket_connect("/ws") as socket:
        socket.send_json({"type": "reset", "data": {"seed": solved.task}})
        first = socket.receive_json()["data"]
        assert first["observation"]["text"] == solved.text
        answers = []
        for line in solved.lines:
            socket.send_json({"type": "step", "data": {"text": line}})
            answers.append(socket.receive_json()["data"])
    assert [a["reward"] for a in answers] == pytest.approx(solved.potential)
    assert [a["done"] for a in answers] == [False, False, True]
    assert answers[0]["observation"]["components"]["potential"] == pytest.approx(0.5)


def test_groups_and_learning_servers_are_refused(solved: Any) -> None:
    with pytest.raises(BindingError, match="OpenEnv environment sees one"):
        RewardEnvironment(solved.env_id, "centred(env)")
    with pytest.raises(BindingError, match="learn apart"):
        make_app(solved.env_id, "env + 0.1*count(caption)")


def test_bad_input_is_told(solved: Any) -> None:
    env = RewardEnvironment(solved.env_id)
    with pytest.raises(PlaceError, match="begin"):
        env.step(TextAction(text="answer: 1"))
    with pytest.raises(ConfigError, match="Did you mean 'seed'"):
        env.reset(sed=3)
    env.reset(seed=solved.task)
    with pytest.raises(ConfigError, match="TextAction"):
        env.step("answer: 1")
    env.close()
