"""Programs drawn and stepped: what is computed, what is written into, and in which module."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from test_program_listing import training

import nn
import viz
from autograd import Tensor, Value
from autograd.program import Program, record
from viz.program_graph import ProgramGraph
from viz.program_timeline import program_timeline
from viz.stepper_shown import Shown
from viz.text_stepper import frame

X, Y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])


def regression() -> Program:
    w = Tensor(np.array([0.5, -1.0]), requires_grad=True, label="w")

    def step(x: Any, y: Any) -> Any:
        w.zero_grad()
        loss = ((x @ w - y) ** 2).sum()
        loss.label = "loss"
        loss.backward()
        w.add_(-0.125 * w.grad)
        return loss

    return record(step)(X, Y)


def test_each_instruction_is_a_box_and_what_is_there_before_is_marked() -> None:
    program = regression()
    picture = viz.draw(program).picture
    said = {box.label: (box.kind, box.symbol, box.badges) for box in picture.boxes}
    assert len(picture.boxes) == len(program) + 3
    assert said["x"] == ("leaf", "", ("input",))
    assert said["v1"] == ("operation", "@", ())
    assert said["loss"] == ("root", "sum", ("returned",))
    assert said["w"] == ("root", "+=", ("in place",))  # the last of that name
    (leaf,) = [box for box in picture.boxes if box.badges == ("parameter",)]
    assert leaf.label == "w" and leaf.kind == "leaf"
    assert picture.title == "Program of step"
    assert not any(row.name == "grad" for box in picture.boxes for row in box.rows)


def test_edges_lead_from_what_is_computed_with() -> None:
    picture = viz.draw(regression()).picture
    labels = [box.label for box in picture.boxes]
    pairs = {(labels[edge.source], labels[edge.target]) for edge in picture.edges}
    assert {("x", "v1"), ("w", "v1"), ("v1", "v2"), ("y", "v2")} <= pairs
    assert ("w.grad", max(labels, key=lambda name: int(name[1:]) if name[1:].isdigit() else 0)) in pairs


def test_what_is_read_after_a_write_was_computed_from_the_write() -> None:
    def fill(x: Any) -> Any:
        buffer = np.zeros_like(x)
        buffer[0] = x[1]
        first = buffer + 1.0
        buffer[1:] = 7.0
        return first, buffer[1] * 2.0

    program = record(fill)(np.array([1.0, 2.0]))
    graph = ProgramGraph.of(program)
    name = graph.names[program.instructions[0].output]
    zeros, one, two = (node for node in graph.made if node.label == name)
    assert zeros in one.parents and one in two.parents
    (first,) = [node for node in graph.made if node.op == "· + 1"]
    assert first.parents == (one,)
    assert graph.marks[one] == graph.marks[two] == "in place"
    np.testing.assert_array_equal(zeros.plain, [0.0, 0.0])
    np.testing.assert_array_equal(one.plain, [2.0, 0.0])
    np.testing.assert_array_equal(two.plain, [2.0, 7.0])


def test_a_view_is_read_after_a_write_to_what_it_looks_into() -> None:
    def fill(x: Any) -> Any:
        buffer = x * 1.0
        view = buffer[1:]
        buffer += 1.0
        return view * 2.0

    graph = ProgramGraph.of(record(fill)(np.array([1.0, 2.0])))
    _, view, write, product = graph.made
    assert product.parents == (view, write)
    np.testing.assert_array_equal(product.plain, [6.0])


def test_a_large_program_is_folded_by_modules_and_passes() -> None:
    layers = [layer for i in range(20) for layer in (nn.Linear(5, 5, rng=i), nn.ReLU())]
    program = training(nn.Adam, *layers)
    drawing = viz.draw(program)
    assert len(program) > 150
    assert len(drawing.picture.boxes) <= 150 and drawing.picture.count >= len(program)
    titles = {box.symbol: box for box in drawing.picture.boxes if box.fold}
    assert {"backward", "update"} <= titles.keys()
    assert any("in place" in badge for badge in titles["update"].badges)
    opened = viz.draw(program, unfold="update").picture
    assert opened.count == drawing.picture.count
    assert "update" not in {box.symbol for box in opened.boxes}


def test_numbers_are_folded_by_structure() -> None:
    w = [Value(0.25 * i, label=f"w{i}") for i in range(60)]
    program = record(lambda x: sum((v * x for v in w), Value(0.0)).tanh())(2.0)
    boxes = viz.draw(program).picture.boxes
    assert len(boxes) < 12
    assert any("w·x" in box.symbol for box in boxes)


def test_every_step_is_one_instruction_told_with_names_and_numbers() -> None:
    program = record(lambda x: x * x - 3.0)(2.0)
    told = [(moment.phase, moment.symbols, moment.numbers) for moment in viz.step(program).steps]
    assert told == [("forward", "v1 = x · x", "2 · 2 = 4"), ("forward", "v2 = v1 − 3", "4 − 3 = 1")]


def test_memory_changes_when_it_is_written_into_and_only_then() -> None:
    program = regression()
    stepper = viz.step(program)
    assert [moment.phase for moment in stepper.steps] == sorted(
        (moment.phase for moment in stepper.steps), key=["forward", "reverse", "update"].index
    )
    line = stepper.timeline
    place = line.names.index("w")
    before, after = (line.slots(step)[f"d{place}"] for step in (len(program) - 1, len(program)))
    start = line.slots(0)[f"d{place}"]
    assert isinstance(before, Shown) and isinstance(after, Shown)
    assert before == start != after
    last = stepper.steps[-1]
    assert last.symbols.startswith("w += v") and last.facts["sentence"].startswith("w is written into")
    (w,) = [tensor for tensor, *_ in program.tensors if tensor.label == "w"]
    now = w.data.copy()
    program(X, Y)  # what the stepper showed is what happens
    assert last.facts["after"][0].replace("−", "-") == str(_text(w.data))
    assert not np.array_equal(now, w.data)


def _text(array: Any) -> str:
    return " ".join(np.array2string(array, precision=4, separator=", ").split())


def test_a_branch_is_told_as_what_was_checked() -> None:
    stepper = viz.step(record(lambda x: x * 2.0 if x > 1.0 else x)(2.0))
    assert [moment.symbols for moment in stepper.steps] == ["v1 = x > 1", "check v1 is true", "v2 = x · 2"]
    assert stepper.steps[1].numbers == "true is true"
    assert "recorded anew" in stepper.steps[1].facts["sentence"]


def test_the_page_says_nothing_of_gradients_and_is_whole() -> None:
    stepper = viz.step(regression())
    page = stepper.html
    assert "{{" not in page and '<body class="program">' in page
    assert "<h1>Program of step</h1>" in page and "<title>Program of step</title>" in page
    assert '<g class="legend"' not in page and 'class="grad' not in page.partition("<script")[0]
    assert stepper.svg(3) == stepper.svg(3) and "Forward · step 3" in stepper.svg(3)
    backward = viz.step(Value(2.0, label="x") * 3.0).html
    assert '<body class="backpropagation">' in backward and '<g class="legend"' in backward


def test_a_folded_program_counts_what_was_computed_inside() -> None:
    program = training(nn.Adam)
    stepper = viz.step(program, fold="all")
    (scene, *_) = stepper.scenes
    slots = stepper.timeline.slots(len(program))
    folds = [face for face in scene.view.faces if face.fold]
    assert folds
    for face in folds:
        steps = [i for i, edge in enumerate(stepper.timeline.edges) if edge[1] in face.members]
        assert scene.arrived(face, {}) == 0 and scene.arrived(face, slots) == len(steps)


def test_a_program_is_stepped_in_a_terminal_too() -> None:
    line = program_timeline(regression())
    text = frame(line, line.story(), 1)
    assert "v1 = x @ w" in text and "step 1 of" in text


def test_what_does_not_go_with_a_program_is_refused() -> None:
    program = regression()
    for options in ({"optimizer": 0.1}, {"seed": 1.0}, {"names": {}}):
        with pytest.raises(ValueError, match="pass it alone"):
            viz.step(program, **options)  # type: ignore[arg-type]
    long = record(lambda x: sum((x * i for i in range(1, 10_050)), x))(1.0)
    with pytest.raises(ValueError, match="too many to step through"):
        viz.step(long)


def test_labels_and_names_cannot_do_harm() -> None:
    w = Value(2.0, label="</script><b>\u202e")
    program = record(lambda x: x * w)(1.0)
    assert "Program of &lt;lambda&gt;: 3 nodes" in viz.draw(program).svg
    ElementTree.fromstring(viz.draw(program).svg)
    ElementTree.fromstring(viz.step(program).svg())
    for page in (viz.step(program).html, viz.draw(program).svg, viz.draw(program).html):
        assert "</script><b>" not in page and "\u202e" not in page
