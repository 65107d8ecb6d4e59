"""Gradient flow: what is drawn is what ``backward()`` computes, on a graph and over a training."""

import csv
import itertools
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import viz
from autograd import Tensor, Value, order, relu, scope, tanh
from viz.flow_style import thickness

SVG = "{http://www.w3.org/2000/svg}"


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def test_flows_into_a_node_add_up_to_its_gradient() -> None:
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    loss = tanh(x * y) * x + x - y * 0.0
    picture = viz.flow(loss).picture
    loss.backward()
    nodes = order(loss)
    for place, node in enumerate(nodes[:-1]):
        flows = [edge.flow for edge in picture.edges if edge.source == place and edge.flow is not None]
        if node.requires_grad and flows:
            assert sum(flows) == pytest.approx(node.grad)
    assert [box.gradient for box in picture.boxes if box.label == "x"] == [(x.grad, x.grad)]


def test_looking_touches_no_gradient() -> None:
    x = Value(2.0)
    assert viz.flow(x * x).svg
    assert x.grad is None


def test_an_edge_shows_size_and_sign_in_three_ways() -> None:
    x, y = Value(2.0, label="x"), Value(1.0, label="y")
    root = ElementTree.fromstring(viz.flow(x * 100.0 - y + relu(y * -1.0), theme="light").svg)
    styles = {}
    for edge in of_class(root, "edge"):
        kind = next((each for each in ("more", "less", "nothing") if each in edge.get("class", "")), "")
        styles.setdefault(kind, []).append(edge.find(f"{SVG}path").get("style", ""))  # type: ignore[union-attr]
    assert set(styles) == {"more", "less", "nothing", ""}, "a constant gets no gradient at all"
    assert len(of_class(root, "legend")) == 2
    assert root.findtext(f"{SVG}title") == f"Gradient flow: {len(of_class(root, 'box'))} nodes, 9 edges"


def test_width_goes_by_powers_of_ten() -> None:
    widths = [thickness(10.0**-power, 1.0) for power in range(6)]
    assert widths == sorted(widths, reverse=True)
    assert np.ptp(np.diff(widths[:5])) == pytest.approx(0.0)
    assert thickness(float("nan"), 1.0) == thickness(1.0, 1.0)
    assert thickness(0.0, 1.0) == thickness(1e-30, 1.0)


def test_dead_vanishing_and_exploding_are_marked() -> None:
    x = Value(-2.0, label="x")
    dead = relu(x)
    small, large = x * 1e-7, x * 1e5
    marks = {box.symbol + box.label: box.badges for box in viz.flow(dead + small + large).picture.boxes}
    assert marks["relu"] == ("dead",)
    assert marks["x"] == ("exploding",)
    shrunk = viz.flow(tanh(Value(10.0, label="y")) * 1.0).picture.boxes
    assert [box.badges for box in shrunk if box.label == "y"] == [("vanishing",)]
    assert viz.flow(relu(Value(-1.0))).picture.boxes[0].badges == ("no gradient",)


def test_units_that_are_dead_for_a_whole_batch_are_counted() -> None:
    x = Tensor([[1.0, -1.0, 0.5], [2.0, -3.0, -0.5]], requires_grad=True)
    (box,) = [box for box in viz.flow(relu(x).sum()).picture.boxes if box.symbol == "relu"]
    assert box.badges == ("1 of 3 units dead",)


def test_folds_sum_up_what_is_inside() -> None:
    x = [Value(1.0), Value(-1.0)]
    hidden = [relu(sum((Value(w) * v for v in x), Value(-0.5))) for w in (1.0, -2.0, 3.0, 4.0)]
    loss = sum((Value(1.0) * h for h in hidden), Value(0.0))
    picture = viz.flow(loss, fold="all").picture
    (layer,) = [box for box in picture.boxes if "×4" in box.symbol]
    assert "4 × dead" in layer.badges
    assert all(edge.flow is not None for edge in picture.edges)


@pytest.mark.parametrize("nothing", [3.0, None, np.ones(2), "loss"])
def test_what_has_no_flow_is_refused(nothing: object) -> None:
    with pytest.raises(TypeError, match="FlowRecorder"):
        viz.flow(nothing)  # type: ignore[call-overload]


# -- over a training --------------------------------------------------------------------------


def training(steps: int = 5) -> tuple[viz.FlowRecorder, list[tuple[Tensor, Tensor]]]:
    random = np.random.default_rng(0)
    layers = [
        (
            Tensor(random.normal(size=(6, 4)), requires_grad=True, label=f"{i}.weight"),
            Tensor(np.full(6, -9.0 if i else 0.0), requires_grad=True, label=f"{i}.bias"),
        )
        for i in range(2)
    ]
    layers[1] = (Tensor(random.normal(size=(6, 6)), requires_grad=True, label="1.weight"), layers[1][1])
    x = random.normal(size=(8, 4))
    parameters = [parameter for layer in layers for parameter in layer]
    recorder = viz.FlowRecorder(parameters)
    for _ in range(steps):
        hidden = Tensor(x)
        for i, (weight, bias) in enumerate(layers):
            with scope(f"{i}.activation"):
                hidden = relu(hidden @ weight.T + bias)
        loss = (hidden - 1.0).sum() ** 2 * 1e-3 + (layers[0][0] ** 2).sum()
        for parameter in parameters:
            parameter.zero_grad()
        loss.backward()
        recorder.observe(loss)
        for parameter in parameters:
            parameter.data = parameter.data - 0.1 * parameter.grad
    return recorder, layers


def test_a_recorder_sees_norms_updates_and_dead_units() -> None:
    recorder, layers = training()
    assert recorder.layers == ["0", "1"] and recorder.steps == 5
    assert all(len(recorder.gradients[layer]) == 5 for layer in recorder.layers)
    assert all(len(recorder.updates[layer]) == 4 for layer in recorder.layers)
    last = np.sqrt(sum(float(np.square(parameter.grad).sum()) for parameter in layers[0]))
    assert recorder.gradients["0"][-1] == pytest.approx(last)
    ratio = 0.1 * recorder.gradients["0"][0] / recorder.weights["0"][0]
    assert recorder.updates["0"][0] == pytest.approx(ratio)
    assert recorder.dead["1.activation"][-1] == pytest.approx(1.0, abs=0.4)


def test_a_neuron_of_numbers_is_dead_if_it_is_for_every_sample() -> None:
    weight, bias = Value(1.0, label="0.0.w"), Value(0.0, label="0.0.b")
    recorder = viz.FlowRecorder({"0.0.w": weight, "0.0.b": bias})
    for shift in (0.0, -10.0):
        outputs = []
        for sample in (-1.0, 2.0):
            with scope("0.0"):
                outputs.append(relu(weight * sample + bias + shift))
        loss = outputs[0] + outputs[1]
        loss.backward()
        recorder.observe(loss)
    assert recorder.dead == {"0": [0.0, 1.0]}


def test_layers_are_not_too_many() -> None:
    parameters = {f"{layer}.{neuron}.w": Value(1.0) for layer in range(3) for neuron in range(16)}
    assert viz.FlowRecorder(parameters).layers == ["0", "1", "2"]
    many = viz.FlowRecorder([Value(1.0, label=f"w{i}") for i in range(20)])
    assert len(many.layers) == 20


def test_what_is_no_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameters"):
        viz.FlowRecorder([])
    with pytest.raises(TypeError, match="float"):
        viz.FlowRecorder({"w": 1.0})
    with pytest.raises(ValueError, match="observe"):
        viz.flow(viz.FlowRecorder([Value(1.0)]))


def test_the_plot_and_its_table(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot = viz.flow(training()[0])
    assert [axes.get_title("left") for axes in plot.figure.axes] == [
        "norm of the gradient",
        "update / weight",
        "fraction of dead units",
    ]
    with plot.save(tmp_path / "flow.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["layer"] for row in rows] == ["0", "1", "0.activation", "1.activation"]
    assert float(rows[0]["first gradient"]) == plot.table[0]["first gradient"]
    assert str(plot).splitlines()[0].split("  ")[0] == "layer"
    for suffix, start in (
        (".png", b"\x89PNG"),
        (".svg", b"<?xml"),
        (".pdf", b"%PDF"),
        (".html", b"<!DOCTYPE"),
    ):
        files = [viz.flow(training()[0]).save(tmp_path / f"{name}{suffix}") for name in "ab"]
        first, second = (file.read_bytes() for file in files)
        assert first.startswith(start) and first == second
    with pytest.raises(ValueError, match=r"\.csv or \.html"):
        plot.save(tmp_path / "flow.txt")


def test_names_in_the_plot_are_inert(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = ["$x^{2", "_hidden", "<b>&\u202e"]
    parameters = {f"{name}.w": Value(1.0) for name in names}
    recorder = viz.FlowRecorder(parameters)
    for value, _ in itertools.product(parameters.values(), range(2)):
        value.grad = 1.0
    recorder.observe()
    recorder.observe()
    page = viz.flow(recorder).save(tmp_path / "flow.html").read_text("utf-8")
    assert "<b>" not in page and "\u202e" not in page.split("</svg>")[0]
