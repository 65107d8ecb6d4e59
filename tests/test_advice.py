"""check_training(): each finding where it belongs, and none where it does not."""

import math

import numpy as np
import pytest

from autograd import (
    ShapeError,
    Tensor,
    Value,
    affine,
    check_training,
    mean,
    no_grad,
    relu,
    sigmoid,
    sqrt,
    square,
)


class Net:
    """A multi-layer perceptron of Tensors, with what check_training asks of a model."""

    def __init__(
        self, depth: int, activation: object = relu, scale: float = math.sqrt(6), seed: int = 0
    ) -> None:
        random = np.random.default_rng(seed)
        bound = scale / 4
        self.activation = activation
        self.layers = [
            (
                Tensor(random.uniform(-bound, bound, (16, 16)), requires_grad=True, label=f"{i}.weight"),
                Tensor(random.uniform(-0.1, 0.1, 16), requires_grad=True, label=f"{i}.bias"),
            )
            for i in range(depth)
        ]
        self.x = random.normal(size=(32, 16))

    def parameters(self) -> list[Tensor]:
        return [parameter for layer in self.layers for parameter in layer]

    def loss(self) -> Tensor:
        h = self.x
        for i, (weight, bias) in enumerate(self.layers):
            h = h @ weight + bias
            if i < len(self.layers) - 1:
                h = self.activation(h)  # type: ignore[operator]
        return mean(square(h))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("activation", [relu, np.tanh])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_wrong_with_a_sound_training_step(depth: int, activation: object, seed: int) -> None:
    net = Net(depth, activation, seed=seed)
    for _ in range(3):
        loss = net.loss()
        assert not check_training(net, loss).warnings
        loss.backward()
        assert not check_training(net, loss).warnings
        for parameter in net.parameters():
            parameter.add_(-0.01 * parameter.grad)
            parameter.zero_grad()


# -- accumulated gradients --------------------------------------------------------------------


@pytest.mark.parametrize("times", [2, 3])
def test_backward_twice_without_zero_grad(times: int) -> None:
    net = Net(2)
    loss = net.loss()
    for _ in range(times):
        loss.backward()
    (finding,) = check_training(net, loss)
    assert finding.kind == "accumulated gradient" and f"ran {times} times" in finding.text
    assert finding.nodes == tuple(net.parameters()) and "0.weight" in finding.text
    assert "zero_grad()" in finding.fix


@pytest.mark.parametrize("after_backward", [False, True])
def test_a_gradient_left_from_the_step_before(after_backward: bool) -> None:
    net = Net(2)
    net.loss().backward()
    for parameter in net.parameters():
        parameter.add_(-0.5 * parameter.grad)  # a step, and no zero_grad()
    loss = net.loss()
    if after_backward:
        loss.backward()
    (finding,) = check_training(net, loss)
    assert finding.kind == "accumulated gradient" and "something of earlier" in finding.text


def test_clipped_gradients_are_no_accumulated_ones() -> None:
    net = Net(2)
    loss = net.loss()
    loss.backward()
    gradients = [parameter.grad for parameter in net.parameters()]
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        parameter.grad = gradient * 0.3  # by norm
    assert not check_training(net, loss)
    largest = max(np.abs(gradient).max() for gradient in gradients) / 5
    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
        parameter.grad = np.clip(gradient, -largest, largest)  # by value
    assert not check_training(net, loss)


# -- the graph --------------------------------------------------------------------------------


def test_a_parameter_that_the_loss_does_not_reach() -> None:
    used, cut, frozen = (
        Tensor([1.0], requires_grad=True, label=label) for label in ("used", "cut", "frozen")
    )
    frozen.requires_grad_(False)
    loss = (used * cut.detach() * frozen).sum()
    (finding,) = check_training([used, cut, frozen], loss)
    assert finding.kind == "unreached parameter" and finding.nodes == (cut,) and "cut" in finding.text
    assert not check_training([used, frozen], loss)
    assert not check_training([used, cut], (used * cut).sum())


def test_a_loss_without_a_graph() -> None:
    w = Value(2.0, label="w")
    with no_grad():
        loss = w * w
    (finding,) = check_training([w], loss)
    assert finding.kind == "nothing recorded" and "no_grad()" in finding.fix
    assert not check_training([w], w * w)


@pytest.mark.parametrize("way", ["assigned", "in place", "through .data"])
def test_a_stale_graph(way: str) -> None:
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    loss = (w * w).sum()
    if way == "assigned":
        w.data = np.array([3.0, 4.0])
    elif way == "in place":
        w.add_(1.0)
    else:
        array = w.data
        loss = (w * w).sum()
        array[0] = 9.0
    (finding,) = check_training([w], loss)
    assert finding.kind == "stale graph" and finding.nodes == (w,) and "w changed" in finding.text
    assert "compute the loss again" in finding.fix
    assert not check_training([w], (w * w).sum())


# -- gradients by depth -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_gradients_that_vanish(seed: int) -> None:
    net = Net(10, sigmoid, scale=1.0, seed=seed)
    (finding,) = check_training(net, net.loss())
    assert finding.kind == "vanishing gradient" and finding.nodes[0].label == "0.weight"
    assert "9.bias, next to the loss" in finding.text and "operations away" in finding.text


@pytest.mark.parametrize("seed", range(3))
def test_gradients_that_explode(seed: int) -> None:
    net = Net(10, relu, scale=4 * math.sqrt(6), seed=seed)
    (finding,) = (finding for finding in check_training(net, net.loss()) if finding.kind != "dead relu")
    assert finding.kind == "exploding gradient" and finding.nodes[0].label == "0.weight"


def test_gradients_that_are_not_finite() -> None:
    w, b = Tensor([0.0, 4.0], requires_grad=True, label="w"), Tensor(1.0, requires_grad=True, label="b")
    (finding,) = check_training([w, b], (sqrt(w) * b).sum())
    assert finding.kind == "not finite" and finding.nodes == (w,) and "blame(loss)" in finding.fix
    assert not check_training([w, b], (sqrt(w + 1.0) * b).sum())


# -- dead relu --------------------------------------------------------------------------------


def test_units_that_are_dead_for_the_whole_batch() -> None:
    w = Tensor(np.ones((2, 4)), requires_grad=True, label="w")
    b = Tensor([0.0, -99.0, -99.0, 1.0], requires_grad=True, label="b")
    hidden = relu(np.ones((5, 2)) @ w + b)
    hidden.label = "hidden"
    (finding,) = check_training([w, b], hidden.mean())
    assert finding.kind == "dead relu" and finding.nodes == (hidden,) and finding.severity == "warning"
    assert "2 of 4 units of relu hidden (number 1, 2) are 0 for all 5 samples" in finding.text


def test_a_few_dead_units_are_a_note_and_living_ones_are_nothing() -> None:
    b = Tensor([0.0, -99.0, 1.0, 1.0], requires_grad=True, label="b")
    (finding,) = check_training([b], relu(np.ones((5, 4)) + b).mean())
    assert finding.severity == "note" and "1 of 4 units" in finding.text and not check_training([b], b.sum())
    sometimes = relu(np.array([[1.0, -1.0], [-1.0, 1.0]]) * Tensor(1.0, requires_grad=True))
    assert not check_training([], sometimes.sum())


def test_channels_of_images_are_units() -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(3, 2, 4, 4)), requires_grad=True)
    shift = np.array([0.0, -99.0]).reshape(1, 2, 1, 1)
    (finding,) = check_training([x], relu(x + shift).sum())
    assert "1 of 2 units" in finding.text and "(number 1)" in finding.text


def neuron(x: float, w: Value, b: Value) -> Value:
    return relu(affine(b, w, x))


def test_a_scalar_unit_that_is_dead_for_every_sample() -> None:
    w, b = Value(1.0, label="w"), Value(-9.0, label="b")
    (finding,) = check_training([w, b], neuron(1.0, w, b) + neuron(2.0, w, b))
    assert finding.severity == "warning" and len(finding.nodes) == 2 and "for all 2 samples" in finding.text
    assert "the unit with b, w" in finding.text
    assert not check_training([w, b], neuron(1.0, w, b) + neuron(99.0, w, b))


def test_a_scalar_unit_that_is_zero_for_one_sample_is_a_note() -> None:
    w, b = Value(1.0, label="w"), Value(-9.0, label="b")
    found = check_training([w, b], neuron(1.0, w, b))
    assert [finding.severity for finding in found] == ["note"] and "for this sample" in found[0].text
    assert not found.warnings and not check_training([w, b], neuron(10.0, w, b))


# -- the report -------------------------------------------------------------------------------


def test_models_are_taken_in_every_form() -> None:
    net = Net(1)

    class Named:
        def named_parameters(self) -> list[tuple[str, Tensor]]:
            return [("deep.inside", Tensor([1.0], requires_grad=True))]

    assert "deep.inside" in check_training(Named(), net.loss())[0].text
    assert "parameter 0" in check_training([Tensor([1.0], requires_grad=True)], net.loss())[0].text
    with pytest.raises(TypeError, match=r"a model with parameters\(\)"):
        check_training([1.0], net.loss())
    with pytest.raises(TypeError, match="got function"):
        check_training(lambda x: x, net.loss())
    w = Value(2.0)
    assert not check_training(w, w * w)
    with pytest.raises(ShapeError):
        check_training(net, net.layers[0][0] * 2.0)


def test_the_report_lists_the_gravest_first_and_touches_nothing() -> None:
    w, b, unused = Value(1.0, label="w"), Value(-9.0, label="b"), Value(1.0, label="unused")
    found = check_training([w, b, unused], neuron(1.0, w, b))
    assert [finding.severity for finding in found] == ["warning", "note"]
    assert str(found).startswith("warning: ") and "\n    fix: " in str(found)
    assert found[:1] == (found[0],) and str(check_training([w], w * 2.0)) == "nothing found"
    assert w.grad is b.grad is unused.grad is None


def test_many_names_are_cut_short() -> None:
    parameters = [Value(1.0, label=f"p{i}") for i in range(9)]
    assert "p0, p1, p2, p3 and 5 more" in check_training(parameters, Value(1.0) * 2.0)[0].text
