"""``viz.network``: the layers it reads off a graph are the model's, and the picture says what they do."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import viz
from autograd import Tensor, Value, relu, tanh
from viz.dense import dense_layers

SVG = "{http://www.w3.org/2000/svg}"


def digits_model(*widths: int) -> Any:
    layers: list[Any] = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        layers += [nn.Linear(inputs, outputs, rng=index), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def parse(diagram: viz.NetworkDiagram) -> ElementTree.Element:
    return ElementTree.fromstring(diagram.svg)


def test_layers_of_arrays_are_the_model_s() -> None:
    model = digits_model(64, 16, 10)
    x = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)
    first, last = dense_layers([model(x)], model.parameters(), sample=2)
    assert (first.activation, last.activation) == ("relu", "")
    np.testing.assert_array_equal(first.weights, model[0].weight.data)
    np.testing.assert_allclose(
        first.outputs, model(x).data[2] @ np.zeros((10, 16)) + relu(model[0](x)).data[2]
    )
    np.testing.assert_allclose(last.outputs, model(x).data[2])
    np.testing.assert_allclose(first.inputs, x[2])


def test_layers_written_by_hand_are_found_too() -> None:
    weight, bias = Tensor(np.ones((3, 2)), requires_grad=True), Tensor(np.zeros(3), requires_grad=True)
    (layer,) = dense_layers([tanh(Tensor([0.5, 1.0]) @ weight.T + bias)], [])
    assert layer.activation == "tanh" and layer.weights.shape == (3, 2)
    w, x = [Value(2.0), Value(3.0)], [Value(0.5), Value(-1.0)]
    (layer,) = dense_layers([relu(w[0] * x[0] + w[1] * x[1] + 1.0)], [])
    assert layer.weights.tolist() == [[2.0, 3.0]] and layer.inputs.tolist() == [0.5, -1.0]


def test_layers_of_numbers_are_the_model_s() -> None:
    model = nn.MLP(2, [4, 3], rng=0)
    outputs = model([0.5, -1.0])
    first, last = dense_layers(outputs, model.parameters())
    assert [first.weights.shape, last.weights.shape] == [(4, 2), (3, 4)]
    assert last.outputs.tolist() == [output.data for output in outputs]
    np.testing.assert_allclose(last.weights[0], [w.data for w in model.layers[1].neurons[0].weights])


@pytest.mark.parametrize("pixels", [64, 784])
def test_a_network_for_images_shows_the_image_and_every_neuron(pixels: int) -> None:
    model = digits_model(pixels, 16, 16, 10)
    image = np.random.default_rng(0).random(pixels).astype(np.float32)
    diagram = viz.network(model, image)
    root = parse(diagram)
    side = int(pixels**0.5)
    assert repr(diagram) == f"<NetworkDiagram: {pixels}-16-16-10>"
    assert len(of_class(root, "neuron")) == 42
    assert len(of_class(root, "input")) == 1
    assert [title.text for title in of_class(root, "title")] == [
        f"input {side}×{side}",
        "16 · relu",
        "16 · relu",
        "10",
    ]
    assert len(diagram.svg) < 150_000
    assert int(of_class(root, "chosen")[0].text or "") == int(np.argmax(model(image).data))


def test_wide_layers_show_their_most_active_neurons() -> None:
    root = parse(viz.network(digits_model(10, 50, 3), np.ones(10, np.float32), max_units=12))
    assert len(of_class(root, "neuron")) == 10 + 12 + 3
    assert [note.text for note in of_class(root, "note")] == ["+ 38 more"]


def test_zero_is_marked_and_signs_are_told_apart() -> None:
    root = parse(
        viz.network(lambda x: relu(x @ Tensor(np.eye(2), requires_grad=True)), np.array([1.0, -1.0]))
    )
    assert len(of_class(root, "silent")) == 1
    assert ".less .line { stroke-dasharray" in "".join(root.itertext())
    assert len(of_class(root, "line")) == 2 + 2, "two in the legend, and nothing for a weight of zero"


def test_weights_can_be_shown_instead_of_contributions() -> None:
    model = digits_model(3, 4, 2)
    zero = np.zeros(3, np.float32)
    assert len(of_class(parse(viz.network(model, zero, show="weights")), "line")) > len(
        of_class(parse(viz.network(model, zero)), "line")
    )


def test_labels_are_shown_and_inert() -> None:
    labels = ["<b>yes</b>", "no\u202e"]
    diagram = viz.network(digits_model(3, 2), np.ones(3, np.float32), labels=labels)
    assert [text.text for text in of_class(parse(diagram), "label")] == ["<b>yes</b>", "no\\u202e"]
    assert "\u202e" not in diagram.html and "<script" not in diagram.html


def test_it_reaches_nothing_and_is_the_same_every_time(tmp_path: Path) -> None:
    model, x = digits_model(64, 16, 10), np.ones(64, np.float32)
    first, second = (viz.network(model, x).html for _ in range(2))
    assert first == second
    assert set(re.findall(r"https?://[^\"' ]+", first)) == {"http://www.w3.org/2000/svg"}
    assert viz.network(model, x).save(tmp_path / "network.svg").read_text("utf-8").startswith("<svg")
    assert viz.network(model, x)._repr_svg_().startswith("<svg")


def test_numbers_that_are_not_finite_do_no_harm() -> None:
    x = np.array([np.nan, np.inf, 1.0])
    parse(viz.network(lambda x: Tensor(x) @ Tensor(np.eye(3), requires_grad=True), x))


def test_what_cannot_be_drawn_is_refused() -> None:
    x = np.ones(4)
    with pytest.raises(TypeError, match="ndarray"):
        viz.network(lambda x: x, x)
    with pytest.raises(ValueError, match="no dense layer"):
        viz.network(lambda x: tanh(Tensor(x, requires_grad=True)), x)
    model = digits_model(4, 2)
    with pytest.raises(ValueError, match="2 outputs, and labels names 1"):
        viz.network(model, x.astype(np.float32), labels=["a"])
    with pytest.raises(ValueError, match="4 numbers"):
        viz.network(model, x.astype(np.float32), image=(3, 3))
    with pytest.raises(ValueError, match="'weights'"):
        viz.network(model, x.astype(np.float32), show="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_units"):
        viz.network(model, x.astype(np.float32), max_units=0)
