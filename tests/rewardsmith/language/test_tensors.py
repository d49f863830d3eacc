from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import SIGMOIDS, parse_expression
from rewardsmith.language.tensors import TensorTransition, compile_torch, compile_torch_many
from rewardsmith.transition import Transition

INF, NAN = np.inf, np.nan
#: worked out by hand from the transition of conftest.py: x = 1, -2, 0 then 2, -1, 5
CASES: dict[str, list[float]] = {
    "0.5*key + 0.25*count": [0.75, 0.5, 1.25],
    "(x > 0) + (x >= 0)": [2, 0, 1],
    "x//2": [0, -1, 0],
    "x % 3": [1, 1, 0],
    "1/(x % -1)": [-INF, -INF, -INF],
    "2**x": [2, 0.25, 1],
    "1/x": [1, -0.5, INF],
    "sign(x/x) + sign(x)": [2, 0, NAN],
    "log(x)": [0, NAN, -INF],
    "max(x/x, 0)": [1, 1, NAN],
    "(x - 1/0.5*x*1e308*10)**-0.5 + 0*key": [0, 0, INF],
    "norm(p) + norm(x)": [6, 2, 10],
    "mean(p) + min(p) + max(p)": [10.5, 0, 3],
    "any(p < 0) + all(p == 0)": [0, 1, 1],
    "sum(where(key, p, 1))": [7, 2, 2],
    "(2*p)[1]": [8, 0, 16],
    "obs[0] - obs[1]": [-10, -10, -10],
    "next(obs[0]) + next(t + x)": [8, 10, 22],
    "action + reward + t": [0, 5.5, 12],
    "0 <= x < count": [0, 0, 1],
    "not x or x == 1": [1, 0, 1],
    "clip(x, -1, 0.5)": [0.5, -1, 0],
    "3": [3, 3, 3],
    "tolerance(x, bounds=(0, 1), margin=2, sigmoid='linear', value_at_margin=0)": [1, 0, 1],
}


@pytest.mark.parametrize("text", CASES)
def test_values_worked_out_by_hand(text: str, transition: Transition) -> None:
    found = compile_torch(parse_expression(text))(TensorTransition.of(transition))
    np.testing.assert_allclose(found.numpy(), CASES[text], rtol=1e-12)


def test_at_next_reads_the_state_reached(transition: Transition) -> None:
    run = compile_torch(parse_expression("x + p[1] + t"), at="next")
    assert run(TensorTransition.of(transition)).tolist() == [7, 5, 15]


def test_several_at_once(transition: Transition) -> None:
    run = compile_torch_many([parse_expression("x*x"), parse_expression("x*x + 1")])
    assert [x.tolist() for x in run(TensorTransition.of(transition))] == [[1, 4, 0], [2, 5, 1]]


def test_single_precision_stays_single(transition: Transition) -> None:
    run = compile_torch(parse_expression("exp(x)*p[0] + 0.1 + key"), dtype=torch.float32)
    found = run(TensorTransition.of(transition))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, [3 * np.e + 1.1, 0.1, -4.9], rtol=1e-6)


def test_constants_too_large_for_single_precision_are_infinite(transition: Transition) -> None:
    run = compile_torch(parse_expression("min(x, 1e300) - 1e300"), dtype=torch.float32)
    assert run(TensorTransition.of(transition)).tolist() == [-INF] * 3


def test_it_can_be_compiled_and_mapped_by_torch(transition: Transition) -> None:
    run = compile_torch(parse_expression("where(x > 0, tolerance(x, margin=2), norm(p)) + t"))
    tensors = TensorTransition.of(transition)
    expected = run(tensors)

    def call(x: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        return run(TensorTransition({"x": x, "p": p}, t=tensors.t))

    x, p = tensors.features["x"], tensors.features["p"]
    whole = torch.compile(call, backend="eager", fullgraph=True)  # no branch breaks the graph
    torch.testing.assert_close(whole(x, p), expected)
    mapped = torch.func.vmap(call)(torch.stack([x, x]), torch.stack([p, p]))
    torch.testing.assert_close(mapped, torch.stack([expected, expected]))


@pytest.mark.parametrize(
    ("text", "gradient"),
    [
        ("x**3 + 2*x", [5, 14, 2]),
        ("where(x > 0, 5*x, -x)", [5, -1, -1]),
        ("norm(x*p)", [5, 0, 0]),
        ("exp(-x)*count", [-np.exp(-1), -2 * np.exp(2), -3]),
        ("tolerance(x, bounds=(2, 3), margin=4, sigmoid='linear')", [0.225, 0.225, 0.225]),
    ],
)
def test_gradients(text: str, gradient: list[float], transition: Transition) -> None:
    tensors = TensorTransition.of(transition)
    x = tensors.features["x"].requires_grad_()
    compile_torch(parse_expression(text))(tensors).sum().backward()
    np.testing.assert_allclose(x.grad, gradient, rtol=1e-12)


@pytest.mark.parametrize("sigmoid", SIGMOIDS)
def test_gradients_of_sigmoids(sigmoid: str) -> None:
    run = compile_torch(parse_expression(f"tolerance(x, bounds=(0, 1), margin=2, {sigmoid=})"))
    x = torch.tensor([-1.3, -0.2, 1.4, 2.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: run(TensorTransition({"x": x})), x)


def test_a_first_run_without_gradients_does_no_harm() -> None:
    run = compile_torch(parse_expression("x*3 + 1"))
    with torch.inference_mode():
        run(TensorTransition({"x": torch.ones(2)}))
    x = torch.ones(2, requires_grad=True)
    run(TensorTransition({"x": x})).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3, 3]


def test_no_value_is_looked_at(transition: Transition) -> None:
    """Tensors on the device "meta" have none: a copy or a branch would be an error."""
    tensors = TensorTransition.of(transition, "meta")
    texts = [*CASES, *(f"tolerance(x, margin=1, {sigmoid=})" for sigmoid in SIGMOIDS)]
    for found in compile_torch_many([parse_expression(text) for text in texts])(tensors):
        assert found.device.type == "meta"
        assert found.shape == (3,)


def test_a_transition_may_hold_tensors(transition: Transition) -> None:
    none = torch.zeros(2, dtype=torch.bool)
    held: Any = Transition(None, None, None, torch.ones(2), none, none, {"x": torch.arange(2)})  # type: ignore[arg-type, dict-item]
    assert compile_torch(parse_expression("x + reward + t"))(held).tolist() == [1, 2]
    with pytest.raises(LanguageError, match=r"TensorTransition\.of"):
        compile_torch(parse_expression("x"))(transition)


def test_text_features_stay_behind(transition: Transition) -> None:
    transition.features = {**transition.features, "said": np.array(["a", "b", "c"])}
    assert set(TensorTransition.of(transition).features) == {"x", "key", "count", "p"}


@pytest.mark.parametrize(
    ("text", "rule", "caret"),
    [
        ("2*p - x", "one number per row", "^^^^^^^"),
        ("missing + 1", "no feature 'missing'", "^^^^^^^"),
        ("1 + x[0]", "could not be computed", "^^^^"),
        ("x + sum(obs*p)", "could not be computed", "^^^^^"),
    ],
)
def test_what_only_the_data_shows_is_an_error_with_a_place(
    text: str, rule: str, caret: str, transition: Transition
) -> None:
    run = compile_torch(parse_expression(text), source=text)
    with pytest.raises(LanguageError, match=rule) as caught:
        run(TensorTransition.of(transition))
    assert str(caught.value).splitlines()[-1].strip() == caret


def test_what_is_refused_before_anything_runs() -> None:
    schema = FeatureSchema([Feature("p", "position", (2,))])
    with pytest.raises(LanguageError, match="one number per row"):
        compile_torch(parse_expression("2*p"), schema=schema)
    with pytest.raises(ValueError, match="'now' or 'next'"):
        compile_torch(parse_expression("x"), at="then")
    with pytest.raises(ValueError, match=r"Received torch\.int64"):
        compile_torch(parse_expression("x"), dtype=torch.int64)
    with pytest.raises(LanguageError, match="holds some"):
        compile_torch(parse_expression("3"))(TensorTransition())


def test_the_language_alone_does_not_load_torch() -> None:
    code = "import sys, rewardsmith.language; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
