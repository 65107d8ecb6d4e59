"""Every layer, loss and activation as a function against PyTorch in float64, to the second order."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from reference import part, section
from reference.cases import FUNCTIONS, LOSSES

import autograd
import nn
from autograd import Tensor, gradcheck

TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}
ours = SimpleNamespace(
    **{name: getattr(nn.functional, name) for name in nn.functional.__all__},
    fixed=lambda *values: np.array(values, float),
    real=lambda x: x,
    exact={},
)
NOT_FROM_PYTORCH = {
    "dropout": "random",
    "flatten": "only moves numbers; the layer is compared",
    "hinge_loss": "PyTorch has other hinges",
}


def test_every_function_and_every_loss_has_a_case() -> None:
    cased = {name.split()[0] for name in FUNCTIONS}
    assert cased | set(NOT_FROM_PYTORCH) == set(nn.functional.__all__)
    losses = {name for name in nn.functional.__all__ if "loss" in name or "entropy" in name} | {"kl_div"}
    assert {name.split()[0] for name in LOSSES} | set(NOT_FROM_PYTORCH) >= losses


def function(name: str) -> Callable[..., Any]:
    """A case with one output: the parts of a pair one after another."""

    def call(*inputs: Any) -> Any:
        y = FUNCTIONS[name].call(ours, *inputs)
        return autograd.concatenate([part.reshape(-1) for part in y]) if isinstance(y, tuple) else y

    return call


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_output_and_two_orders_of_derivatives_are_those_of_pytorch(name: str) -> None:
    call, expected = function(name), section(f"function/{name}")
    given = list(part(expected, "input").values())
    moving = [i for i, x in enumerate(given) if x.dtype.kind == "f"]

    def first(*leaves: Any) -> list[Any]:
        def total(*inner: Any) -> Any:
            everything = list(given)
            for place, x in zip(moving, inner, strict=True):
                everything[place] = x
            return autograd.sum(autograd.sin(call(*everything)))

        return list(autograd.grad(total, argnums=tuple(range(len(moving))))(*leaves))

    def size(*leaves: Any) -> Any:
        return sum(autograd.sum(autograd.square(g)) for g in first(*leaves))

    leaves = [given[i] for i in moving]
    np.testing.assert_allclose(call(*given), expected["output"], **TOLERANCE)
    for place, gradient in zip(moving, first(*leaves), strict=True):
        np.testing.assert_allclose(gradient, expected[f"first/{place}"], **TOLERANCE)
    second = autograd.grad(size, argnums=tuple(range(len(leaves))))(*leaves)
    for place, gradient in zip(moving, second, strict=True):
        np.testing.assert_allclose(gradient, expected[f"second/{place}"], **TOLERANCE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_tensor_gives_the_same_as_an_array(name: str) -> None:
    expected = section(f"function/{name}")
    given = part(expected, "input").values()
    tensors = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in given]
    y = function(name)(*tensors)
    autograd.sum(autograd.sin(y)).backward()
    np.testing.assert_allclose(y.data, expected["output"], **TOLERANCE)
    for place, x in enumerate(tensors):
        if isinstance(x, Tensor):
            np.testing.assert_allclose(x.grad, expected[f"first/{place}"], **TOLERANCE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_element_of_each_derivative_is_the_measured_one(name: str) -> None:
    if name == "embedding padding":
        pytest.skip("a padding row has no gradient on purpose")
    given = list(part(section(f"function/{name}"), "input").values())
    gradcheck(function(name), given, atol=1e-12)  # log_softmax subtracts from 1


def test_a_similarity_of_short_vectors_is_its_formula() -> None:
    x, y = np.array([[0.5, 0.2]]), np.array([[0.1, 0.7]])
    np.testing.assert_allclose(nn.cosine_similarity(x, y, eps=3.0), [0.19 / 9])
    gradcheck(lambda x, y: nn.cosine_similarity(x, y, eps=3.0), [x, y])


def test_hinge_loss_is_its_formula() -> None:
    x, y = np.array([[0.5, -2.0], [3.0, 0.1]]), np.array([[1, 1], [-1, 1]])
    losses = np.maximum(0, 1 - y * x)
    assert np.array_equal(nn.hinge_loss(x, y, "none"), losses)
    assert nn.hinge_loss(x, y) == losses.mean() and nn.hinge_loss(x, y, "sum") == losses.sum()
    gradcheck(lambda x: nn.hinge_loss(x, y, "none"), [x])
