"""Every layer against PyTorch in float64: names, output, two orders of derivatives; and in float32."""

from typing import Any

import numpy as np
import pytest
from reference import part, section, updates
from reference.cases import LAYERS

import autograd
import nn
import nn.layers
from autograd import Tensor, gradcheck

ORDER = updates()["order"]
TOLERANCE = {"rtol": 1e-8, "atol": 1e-11}
NETWORKS = [name for name in LAYERS if name.startswith("network")]


def test_every_layer_has_a_case() -> None:
    assert set(nn.layers.__all__) == {name.split()[0] for name in LAYERS if name not in NETWORKS}


def flat(output: Any) -> Any:
    """An output, or the parts of one that is a tuple of tuples, one after another."""
    if not isinstance(output, tuple):
        return output
    return autograd.concatenate([autograd.reshape(flat(part), -1) for part in output])


def loaded(name: str, dtype: Any = np.float64) -> nn.Module:
    """The layer with PyTorch's weights."""
    module: nn.Module = LAYERS[name].call(nn).to(dtype)
    module.load_state_dict(part(section(f"layer/{name}"), "state"))
    return module


def inputs(name: str, dtype: Any = np.float64) -> list[Any]:
    given = part(section(f"layer/{name}"), "input").values()
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in given]


@pytest.mark.parametrize("name", LAYERS)
def test_names_order_and_shapes_of_the_state_are_those_of_pytorch(name: str) -> None:
    state, expected = LAYERS[name].call(nn).state_dict(), part(section(f"layer/{name}"), "state")
    assert list(state) == ORDER[name]
    assert {k: (v.shape, v.dtype.kind) for k, v in state.items()} == {
        k: (v.shape, v.dtype.kind) for k, v in expected.items()
    }


@pytest.mark.parametrize("name", LAYERS)
def test_weights_from_pytorch_give_its_output_and_gradients(name: str) -> None:
    module, expected = loaded(name), section(f"layer/{name}")
    given = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in inputs(name)]
    y = flat(module(*given))
    np.testing.assert_allclose(y.data, expected["output"], **TOLERANCE)
    for key, array in part(expected, "after").items():  # running statistics
        np.testing.assert_allclose(module.state_dict()[key], array, rtol=1e-12, err_msg=key)
    autograd.sum(autograd.sin(y)).backward()
    leaves = {str(place): x for place, x in enumerate(given) if isinstance(x, Tensor)}
    for key, leaf in {**leaves, **dict(module.named_parameters())}.items():
        np.testing.assert_allclose(leaf.grad, expected[f"first/{key}"], err_msg=key, **TOLERANCE)
    evaluated = flat(module.eval()(*inputs(name)))
    np.testing.assert_allclose(getattr(evaluated, "data", evaluated), expected["evaluation"], **TOLERANCE)


@pytest.mark.parametrize("name", LAYERS)
def test_the_second_order_is_that_of_pytorch(name: str) -> None:
    expected = section(f"layer/{name}")
    module, given = loaded(name), inputs(name)
    parameters = dict(module.named_parameters())
    places = [place for place, x in enumerate(given) if x.dtype.kind == "f"]

    def total(*leaves: Any) -> Any:
        everything = list(given)
        for place, x in zip(places, leaves, strict=False):
            everything[place] = x
        swapped = dict(zip(parameters, leaves[len(places) :], strict=True))
        y = flat(with_parameters(module, swapped)(*everything))
        return autograd.sum(autograd.sin(y))

    leaves = [*(given[place] for place in places), *(p.plain for p in parameters.values())]
    every = tuple(range(len(leaves)))
    first = autograd.grad(total, argnums=every)
    second = autograd.grad(lambda *x: sum(autograd.sum(g * g) for g in first(*x)), argnums=every)(*leaves)
    for key, gradient in zip([*map(str, places), *parameters], second, strict=True):
        np.testing.assert_allclose(gradient, expected[f"second/{key}"], rtol=1e-7, atol=1e-9, err_msg=key)


def with_parameters(module: nn.Module, leaves: dict[str, Any]) -> nn.Module:
    """The module with other numbers, or nodes, for its parameters."""
    for path, leaf in leaves.items():
        *way, name = path.split(".")
        inside: Any = module
        for step in way:
            inside = getattr(inside, step)
        vars(inside)[name] = leaf
    return module


@pytest.mark.parametrize("name", LAYERS)
def test_each_element_of_each_gradient_is_the_measured_one(name: str) -> None:
    if name == "Embedding padding":
        pytest.skip("a padding row has no gradient on purpose")
    # Deep layers and networks have hundreds of numbers, all of them in layers that are checked one by one.
    deep = name.endswith("deep") or name in NETWORKS
    gradcheck(loaded(name).eval(), inputs(name), atol=1e-9, fast_mode=deep)


@pytest.mark.parametrize("name", LAYERS)
def test_a_wider_input_goes_through_float32_weights(name: str) -> None:
    module, expected = loaded(name, np.float32), section(f"layer/{name}")["output"]
    y = flat(module(*inputs(name)))
    np.testing.assert_allclose(getattr(y, "data", y), expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", LAYERS)
def test_in_float32_the_output_is_pytorchs_to_six_digits_and_the_state_goes_back_unchanged(name: str) -> None:
    module, expected = loaded(name, np.float32), section(f"layer/{name}")
    y = flat(module(*inputs(name, np.float32)))
    assert y.dtype == np.float32
    largest = np.abs(expected["output"]).max()
    np.testing.assert_allclose(getattr(y, "data", y), expected["output"], rtol=0, atol=1e-6 * largest)
    state = part(expected, "state")
    module.load_state_dict(state)
    for key, array in module.state_dict().items():
        assert array.dtype == (np.float32 if state[key].dtype.kind == "f" else np.int64)
        np.testing.assert_array_equal(array, state[key])
