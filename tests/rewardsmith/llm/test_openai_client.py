"""Against a real server on this machine, spoken to over HTTP."""

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rewardsmith.errors import ClientError, TransientClientError
from rewardsmith.llm import OpenAIClient, Recorded, chat

SECRET = "sk-verysecret-0123456789"


class Server(ThreadingHTTPServer):
    """Chat completions: says back the last message; `fail` holds statuses to give first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.sent, self.fail = [], [], []
        self.delay, self.busy, self.most = 0.0, 0, 0
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.seen.append(body)
            server.sent.append(self.headers["Authorization"])
            server.busy += 1
            server.most = max(server.most, server.busy)
            status = server.fail.pop(0) if server.fail else 200
        time.sleep(server.delay)
        with server.lock:
            server.busy -= 1
        self.answer(status, body)

    def answer(self, status, body):
        said = body["messages"][-1]["content"]
        tops = [{"token": "yes", "logprob": -0.25, "bytes": None}]
        position = {"token": "yes", "logprob": -0.25, "bytes": None, "top_logprobs": tops}
        choice = {
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": said},
            "logprobs": {"content": [position]} if body.get("logprobs") else None,
        }
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{**choice, "index": i} for i in range(body["n"])],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
        if status != 200:
            answer = {"error": {"message": f"bad key {self.headers['Authorization']}"}}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 429:
            self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_replies_come_in_order_and_at_once(server):
    server.delay = 0.1
    client = OpenAIClient("gpt-x", server.url, concurrency=4)
    replies = client.complete([chat(f"text {i}", seed=i) for i in range(8)])
    assert [r.texts for r in replies] == [(f"text {i}",) for i in range(8)]
    assert replies[0].prompt_tokens == 7
    assert replies[0].completion_tokens == 3
    assert 1 < server.most <= 4


def test_settings_reach_the_server(server):
    request = chat("hi", system="be brief", n=3, temperature=0.5, stop=("x",), top_logprobs=2)
    reply = OpenAIClient("gpt-x", server.url).complete([request])[0]
    body = server.seen[0]
    assert body["messages"][0] == {"role": "system", "content": "be brief"}
    assert (body["n"], body["temperature"], body["stop"]) == (3, 0.5, ["x"])
    assert body["top_logprobs"] == 2
    assert "seed" not in body
    assert reply.texts == ("hi", "hi", "hi")
    assert reply.top_logprobs == (({"yes": -0.25},),) * 3
    assert server.sent == [f"Bearer {SECRET}"]


def test_a_busy_server_is_asked_again(server):
    server.fail = [429, 429]
    assert OpenAIClient("x", server.url, retries=2).complete([chat("a")])[0].texts == ("a",)
    assert len(server.seen) == 3


def test_errors_are_sorted_and_hold_no_key(server, caplog):
    server.fail = [429]
    with pytest.raises(TransientClientError, match="RateLimitError") as busy:
        OpenAIClient("x", server.url, retries=0).complete([chat("a")])
    server.fail = [401]
    with caplog.at_level(logging.INFO), pytest.raises(ClientError, match="Authentic") as wrong:
        OpenAIClient("x", server.url, retries=0).complete([chat("a")])
    assert not isinstance(wrong.value, TransientClientError)
    for error in (busy.value, wrong.value):
        assert "verysecret" not in str(error)
        assert error.__cause__ is None
    assert "verysecret" not in caplog.text


def test_a_slow_server_times_out(server):
    server.delay = 0.5
    with pytest.raises(TransientClientError, match="Timeout"):
        OpenAIClient("x", server.url, timeout=0.05, retries=0).complete([chat("a")])


def test_no_server_is_an_error_that_may_pass():
    with pytest.raises(TransientClientError, match="Check the address"):
        OpenAIClient("x", "http://127.0.0.1:9/v1", retries=0).complete([chat("a")])


def test_recordings_hold_no_key(server, tmp_path):
    path = tmp_path / "r.jsonl"
    Recorded(path, OpenAIClient("gpt-x", server.url)).complete([chat("a")])
    assert "verysecret" not in path.read_text()
    assert Recorded(path).complete([chat("a")])[0].texts == ("a",)


def test_openais_own_server_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ClientError, match="OPENAI_API_KEY"):
        OpenAIClient("gpt-x")
    assert OpenAIClient("gpt-x", "http://127.0.0.1:9/v1").model.startswith("openai:gpt-x@")
