"""The export to verifiers, in verifiers itself, with a model that is a scripted server."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

vf = pytest.importorskip(
    "verifiers.v1", reason="needs verifiers; tools/check_exports.py verifiers runs this"
)

from rewardsmith.errors import BindingError  # noqa: E402

PLUGIN = """
from rewardsmith.agents.llm.export.verifiers_env import RewardEnv, RewardTaskset, TalkHarness

__all__ = ["RewardEnv", "RewardTaskset", "TalkHarness"]
"""


class Model(ThreadingHTTPServer):
    """Speaks OpenAI's protocol. Says the k-th line of a script to a dialogue of k answers.

    Dialogues take the scripts in turns, in the order in which they begin.
    """

    def __init__(self, scripts: list[list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts, self.begun, self.heard = scripts, 0, []
        self.lock = threading.Lock()

    def answer(self, body: dict[str, Any]) -> str | None:
        said = [m["content"] for m in body["messages"] if m["role"] == "assistant"]
        with self.lock:
            self.heard.append(body["messages"])
            if not said:
                self.begun += 1
                return self.scripts[(self.begun - 1) % len(self.scripts)][0]
        (script,) = [s for s in self.scripts if s[: len(said)] == said]
        return script[len(said)] if len(said) < len(script) else None


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = self.server.answer(body)
        if said is None:
            self.send_error(500, "the script is over")
            return
        message = {"role": "assistant", "content": said}
        reply = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """verifiers finds what it runs by the name of a module."""
    (tmp_path / "rewardsmith_talk.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SCRIPTED_KEY", "none")
    return "rewardsmith_talk"


def _env(plugin: str, solved: Any, reward: str, **config: Any) -> Any:
    from verifiers.v1.utils.loaders import load_environment, resolve_env_config

    taskset = {"id": plugin, "env_id": solved.env_id, "reward": reward, "credit": "turn"}
    taskset |= {"first": solved.task, "tasks": 1}
    return load_environment(resolve_env_config({"taskset": taskset, **config}))


def _run(env: Any, scripts: list[list[str]]) -> tuple[Any, Model]:
    server = Model(scripts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    client = vf.EvalClientConfig(base_url=url, api_key_var="SCRIPTED_KEY")
    ctx = vf.ModelContext(model="scripted", client=client)

    async def run() -> Any:
        (task,) = env.taskset
        async with env.serving():
            return await env.run_episode(task, ctx)

    try:
        return asyncio.run(run()), server
    finally:
        server.shutdown()
        server.server_close()


def test_a_trace_is_paid_by_turn(plugin: str, solved: Any) -> None:
    episode, server = _run(_env(plugin, solved, "potential"), [solved.lines])
    assert episode.ok, episode.errors
    (trace,) = episode.traces
    assert trace.reward == pytest.approx(2.0)
    assert {n: r.value for n, r in trace.rewards.items()} == pytest.approx(
        {"env": 1.0, "potential": 1.0}
    )
    assert trace.info["turn_rewards"] == pytest.approx(solved.potential)
    assert trace.info["turn_components"][0] == pytest.approx({"env": 0.0, "potential": 0.5})
    said = [trace.nodes[i].message.content for i in trace.info["turn_nodes"]]
    assert said == solved.lines
    assert trace.metrics["success"] == 1.0
    first = server.heard[0]
    assert [m["role"] for m in first] == ["system", "user"]
    assert first[1]["content"] == solved.text


def test_pay_for_the_whole_episode_stands_on_its_turns(plugin: str, solved: Any) -> None:
    episode, _ = _run(_env(plugin, solved, "gated"), [solved.lines])
    (trace,) = episode.traces
    assert trace.reward == pytest.approx(1.5)
    assert trace.info["turn_rewards"] == pytest.approx(solved.gated)


def test_the_trainer_s_limit_cuts_the_episode(plugin: str, solved: Any) -> None:
    env = _env(plugin, solved, "potential", agent={"max_turns": 1})
    episode, _ = _run(env, [solved.lines])
    (trace,) = episode.traces
    # Cut after one step, potential -1 goes to an end's 0.
    assert trace.info["turn_rewards"] == pytest.approx([1.0])
    assert trace.metrics["success"] == 0.0


def test_rollouts_of_an_episode_are_a_group(plugin: str, solved: Any) -> None:
    env = _env(plugin, solved, "centred(env)", group_size=2)
    episode, _ = _run(env, [solved.lines, ["answer: 2"]])
    assert episode.ok, episode.errors
    # The mean return of 1 and 0 is 1/2.
    assert sorted(t.reward for t in episode.traces) == pytest.approx([-0.5, 0.5])
    assert all(list(t.rewards) == ["centred"] for t in episode.traces)


def test_what_cannot_run_is_refused_at_once(plugin: str, solved: Any) -> None:
    with pytest.raises(BindingError, match=r"group_size 1, sees one"):
        _env(plugin, solved, "centred(env)")
    with pytest.raises(BindingError, match="learn apart"):
        _env(plugin, solved, "env + 0.1*count(caption)")


def test_tasks_are_seeds_and_carry_the_rules(plugin: str, solved: Any) -> None:
    (task,) = _env(plugin, solved, "env").taskset
    assert task.data.task_seed == solved.task
    assert task.data.system_prompt.startswith("Work out the expression")
    assert task.data.prompt is None


def test_a_rollout_that_fails_is_not_scored(plugin: str, solved: Any) -> None:
    episode, _ = _run(_env(plugin, solved, "potential"), [solved.lines[:1]])
    assert not episode.ok
    assert all(not trace.rewards for trace in episode.traces)
    assert all("turn_rewards" not in trace.info for trace in episode.traces)
