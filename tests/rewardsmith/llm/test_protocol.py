import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.llm import Client, Message, Reply, Request, chat
from rewardsmith.llm.retrying import Retrying


def test_a_key_depends_on_all_that_decides_the_reply():
    base = chat("hi")
    others = [
        chat("ho"),
        chat("hi", system="x"),
        chat("hi", n=2),
        chat("hi", seed=0),
        chat("hi", temperature=1.0),
        chat("hi", max_tokens=1),
        chat("hi", top_logprobs=1),
        chat("hi", stop=("x",)),
    ]
    keys = {r.key("m") for r in (base, *others)} | {base.key("other")}
    assert len(keys) == 10
    assert base.key("m") == chat("hi").key("m")


def test_a_reply_survives_a_file():
    reply = Reply(("a",), (({"yes": -0.5, "no": -1.0},),), 3, 4)
    assert Reply.from_json(reply.to_json()) == reply


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Message("tool", "x"), "role is one of"),
        (lambda: Request(()), "at least one message"),
        (lambda: chat("x", n=0), "n of a request is a whole number >= 1"),
        (lambda: chat("x", temperature=-1), "temperature of a request"),
    ],
)
def test_wrong_requests_are_refused(make, rule):
    with pytest.raises(ConfigError, match=rule):
        make()


def test_a_stranger_with_the_methods_is_a_client():
    class Stranger:
        model = "me"

        def complete(self, requests):
            return [Reply((r.messages[-1].content,)) for r in requests]

    assert isinstance(Stranger(), Client)
    assert Retrying(Stranger()).complete([chat("a"), chat("b")])[1].texts == ("b",)
