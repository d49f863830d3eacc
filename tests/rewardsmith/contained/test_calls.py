from __future__ import annotations

from typing import Any

import pytest

from rewardsmith.contained import Answer, Call, Limits, call_functions, containment
from rewardsmith.errors import ConfigError

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "from .tax import RATE\n\ndef total(net):\n    return net * RATE\n"
    "def pair():\n    return (1, 2)\ndef stuck():\n    while True: pass\n"
    "def leave():\n    import os; os._exit(0)\ndef loud():\n"
    "    print('{\"value\": 9}'); return 1\n",
    "shop/tax.py": "RATE = 2\n",
}


def ask(*calls: Call, **options: Any) -> list[Answer]:
    if containment() != "namespaces":
        pytest.skip("no namespaces")
    return call_functions(FILES, calls, **options)[0]


def test_functions_answer_with_plain_data() -> None:
    answers = ask(Call("shop.prices.total", (21,)), Call("shop.prices.total", ([1],)))
    assert answers == [Answer(42), Answer([1, 1])]


def test_errors_are_answers() -> None:
    asked = [Call("shop.prices.total", ({},)), Call("shop.prices.none"), Call("no.module")]
    answers = ask(*asked, Call("shop.prices.pair"), Call("shop.prices.loud"))
    errors = [a.error for a in answers]
    assert errors == ["TypeError", "AttributeError", "ModuleNotFoundError", "not plain data", ""]
    assert answers[-1].value == 1  # what it prints is no answer


def test_a_call_that_hangs_does_not_take_the_others_with_it() -> None:
    answers = ask(Call("shop.prices.stuck"), Call("shop.prices.total", (1,)), each_s=0.2)
    assert [a.error for a in answers] == ["TimeoutError", ""]


def test_a_program_that_leaves_has_answered_no_more() -> None:
    asked = [Call("shop.prices.total", (1,)), Call("shop.prices.leave"), Call("shop.prices.pair")]
    assert [a.error for a in ask(*asked)] == ["", "no answer", "no answer"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../out.py", "a/../../b", ""])
def test_paths_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="into the folder"):
        call_functions({name: ""}, [])


def test_limits_are_above_zero() -> None:
    with pytest.raises(ConfigError, match="processes"):
        Limits(processes=0)
