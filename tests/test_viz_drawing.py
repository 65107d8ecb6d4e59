"""``viz.draw``: what a drawing says, that it says it harmlessly, and that it always says the same."""

import os
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import graphviz
import numpy as np
import pytest

import viz
from autograd import Tensor, Value, tanh
from viz import layout
from viz.picture import Box, Edge, Group, Picture, Row
from viz.svg import size

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<b>"x" & \\N &lt;</b></script><script>alert(1)</script>\n\x00\u202e\ud800{a|b}]]>%n'


def parse(drawing: viz.Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg)


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def texts(element: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def neuron() -> Value:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    output: Value = tanh(w1 * x1 + w2 * x2 + Value(6.8813735870195432, label="b"))
    output.label = "o"
    return output


def test_a_neuron_after_backward_shows_every_node_with_its_number_and_gradient() -> None:
    output = neuron()
    output.backward()
    root = parse(viz.draw(output))
    boxes = of_class(root, "box")
    assert len(boxes) == 10
    assert len(of_class(root, "edge")) == 9
    assert len(of_class(root, "leaf")) == 5
    assert texts(boxes[0]) == ["x1", "data", "2", "grad", "−1.5"]
    (last,) = of_class(root, "root")
    assert texts(last) == ["tanh", "o", "data", "0.7071", "grad", "1"]
    assert root.findtext(f"{SVG}title") == "Computation graph: 10 nodes, 9 edges"
    assert "9: tanh of 8, o, data 0.7071, grad 1." in (root.findtext(f"{SVG}desc") or "")


def test_a_gradient_that_was_not_computed_is_not_a_gradient_of_zero() -> None:
    a, b = Value(2.0, label="a"), Value(0.0, label="b")
    product = a * b
    before = parse(viz.draw(product))
    assert [texts(box)[-1] for box in of_class(before, "box")] == ["–", "–", "–"]
    assert not of_class(before, "track")
    product.backward()
    after = parse(viz.draw(product))
    assert [texts(box)[-1] for box in of_class(after, "box")] == ["0", "2", "1"]
    assert not of_class(of_class(after, "box")[0], "positive")


def test_a_gradient_bar_starts_at_zero_and_grows_with_the_gradient() -> None:
    a, b = Value(4.0, label="a"), Value(-2.0, label="b")
    (a * b).backward()
    lengths = {}
    drawing = viz.draw([a, b])
    for box in of_class(parse(drawing), "box"):
        (zero,) = of_class(box, "zero")
        (bar,) = of_class(box, "negative") + of_class(box, "positive")
        start, length = float(bar.get("x", "")), float(bar.get("width", ""))
        middle = float(zero.get("d", "")[1:].split(",")[0])
        near, far = (start, start + length) if bar.get("class") == "positive" else (start + length, start)
        assert near == pytest.approx(middle)
        lengths[texts(box)[0]] = far - near
    assert lengths["b"] == pytest.approx(-2 * lengths["a"])
    assert texts(of_class(parse(drawing), "legend")[0]) == ["grad −4", "4", "0"]


def test_both_edges_of_a_plus_a_are_drawn() -> None:
    a = Value(3.0, label="a")
    drawing = viz.draw(a + a)
    edges = of_class(parse(drawing), "edge")
    assert [edge.get("data-position") for edge in edges] == ["0", "1"]
    paths = {edge[0].get("d") for edge in edges}
    assert len(paths) == 2, "one lies on the other"
    assert drawing.dot.count("0 -> 1") == 2


def test_arguments_are_told_apart_where_their_order_matters() -> None:
    a, b = Value(3.0), Value(2.0)
    assert [mark.text for mark in of_class(parse(viz.draw(a - b)), "mark")] == ["1", "2"]
    assert not of_class(parse(viz.draw(a * b)), "mark")


def test_a_constant_has_no_gradient_to_show() -> None:
    (constant,) = of_class(parse(viz.draw(Value(1.0, label="x") * 2.0)), "constant")
    assert texts(constant) == ["constant", "data", "2"]


def test_small_arrays_show_their_values_and_large_ones_their_shape() -> None:
    weights = Tensor([[1.0, -0.5]], requires_grad=True, label="W", dtype=np.float32)
    large = Tensor(np.zeros((20, 30)), label="X")
    boxes = of_class(parse(viz.draw([weights, large])), "box")
    assert texts(boxes[0]) == ["W", "data", "(1, 2) float32", "[1, −0.5]", "grad", "–"]
    assert texts(boxes[1]) == ["X", "constant", "data", "(20, 30) float64", "0"]


def test_the_gradient_of_an_array_is_drawn_from_its_least_to_its_largest() -> None:
    x = Tensor([1.0, -2.0, 0.5], requires_grad=True, label="x")
    (x * x).backward(np.ones(3))
    drawing = viz.draw(x)
    assert drawing.picture.boxes[0].gradient == (-4.0, 2.0)
    assert [len(of_class(of_class(parse(drawing), "box")[0], side)) for side in ("negative", "positive")] == [
        1,
        1,
    ]


def test_what_is_not_finite_is_pointed_out_and_does_not_set_the_scale() -> None:
    x = Value(2.0, label="x")
    product = x * Value(float("nan"))
    product.backward()
    drawing = viz.draw(product)
    assert drawing.picture.scale == 2.0
    assert [box.badges for box in drawing.picture.boxes] == [("not finite",)] * 3


@pytest.mark.parametrize("suffix", [".svg", ".html", ".dot"])
def test_labels_are_inert(suffix: str, tmp_path: Path) -> None:
    content = viz.draw(Value(1.0, label=NASTY) * 2.0).save(tmp_path / f"graph{suffix}").read_text("utf-8")
    assert not {"\x00", "\u202e"} & set(content)
    if suffix != ".dot":
        scripts = 2 if suffix == ".html" else 0  # the page's own: its data, and what opens folds
        assert "<b>" not in content and "<script>alert" not in content
        assert content.count("<script") == content.count("</script") == scripts


def test_a_label_is_shown_as_it_is_with_what_does_not_print_spelled_out() -> None:
    spelled = NASTY.encode("unicode_escape").decode().replace("\\\\", "\\")
    leaf = of_class(parse(viz.draw(Value(1.0, label=NASTY))), "leaf")[0]
    assert texts(leaf)[0] == spelled[:23] + "…"
    assert (leaf.findtext(f"{SVG}title") or "").startswith(f"leaf, {spelled}, data 1")


def test_a_long_label_is_whole_in_the_title_only() -> None:
    label = "weight " * 100
    drawing = viz.draw(Value(1.0, label=label))
    assert label not in " ".join(texts(parse(drawing)))
    assert label in (of_class(parse(drawing), "leaf")[0].findtext(f"{SVG}title") or "")


def test_text_stays_inside_its_box_in_any_monospaced_font() -> None:
    for label in ("w" * 24, "層" * 24, "β" * 24, "é" * 40):
        box = viz.draw(Value(-1.2345e-100, label=label)).picture.boxes[0]
        widest = 1.0 if "層" in label else 0.61
        assert size(box)[0] >= 24 * 16 * widest + 2 * 10


SCRIPT = """
import sys
from autograd import Value, tanh
import viz
for _ in range(int(sys.argv[1])):
    Value(0.0)
a, b = Value(0.5, label="a"), Value(-1.0, label="b")
c = tanh(a * b + a + a) - b
c.backward()
drawing = viz.draw(c)
sys.stdout.buffer.write((drawing.html + drawing.dot).encode())
"""


def test_the_same_graph_gives_the_same_bytes_in_every_process() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, before],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for before, seed in (("0", "1"), ("17", "2"))
    ]
    assert len(outputs[0]) > 1000
    assert outputs[0] == outputs[1]


def test_a_drawing_stays_what_it_was() -> None:
    x = Value(1.0, label="x")
    drawing = viz.draw(x * x)
    expected = viz.draw(x * x).svg
    x.label = "y"
    assert drawing.svg == expected


def test_shared_nodes_of_several_roots_are_drawn_once() -> None:
    x = Value(1.0, label="x")
    root = parse(viz.draw([x * 2.0, x + x]))
    assert len(of_class(root, "box")) == 4
    assert len(of_class(root, "root")) == 2


def test_a_deep_graph_needs_no_deep_stack() -> None:
    node = Value(0.5)
    for _ in range(5000):
        node = tanh(node)
    drawing = viz.draw(node, fold="none")
    assert drawing.svg.count('class="edge"') == drawing.dot.count("->") == 5000


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_the_computation_flows_in_the_direction_asked_for(direction: layout.Direction) -> None:
    placed = layout.place([(60, 30)] * 2, [(0, 1)], direction=direction)
    (x0, y0), (x1, y1) = placed.centres
    flow = (np.sign(x1 - x0), np.sign(y1 - y0))
    assert flow == placed.flow
    assert f"rankdir={direction}" in viz.draw(Value(1.0), direction=direction).dot


def test_an_operation_of_very_many_arguments_can_be_placed() -> None:
    placed = layout.place([(60, 30)] * 101, [(index, 100) for index in range(100)])
    assert len(placed.paths) == 100


def test_themes() -> None:
    x = Value(1.0)
    light, dark, auto = (viz.draw(x, theme=theme).svg for theme in ("light", "dark", "auto"))  # type: ignore[arg-type]
    assert "#ffffff" in light and "#ffffff" not in dark
    assert "prefers-color-scheme" in auto and "prefers-color-scheme" not in light + dark


def test_style_rules_reach_no_other_drawing_on_the_page() -> None:
    root = parse(viz.draw(Value(1.0)))
    rules = (root.findtext(f"{SVG}style") or "").split("\n")
    selectors = [
        part for rule in rules if "{" in rule and "@" not in rule for part in rule.split("{")[0].split(",")
    ]
    assert selectors and all(part.strip().startswith(f"#{root.get('id')} ") for part in selectors)


def test_groups_are_framed_around_their_boxes() -> None:
    boxes = tuple(Box(i, "leaf", "leaf", "", f"x{i}", (Row("data", "1"),)) for i in range(3))
    picture = Picture(boxes, (Edge(0, 1, 0), Edge(1, 2, 0)), (Group("layers.<0>", (1, 2)),))
    drawing = viz.Drawing(picture)
    (group,) = of_class(parse(drawing), "group")
    assert group.findtext(f"{SVG}title") == "layers.<0>"
    placed = layout.place([size(box) for box in boxes], [(0, 1), (1, 2)], [(1, 2)])
    left, top, right, bottom = placed.frames[0]
    inside = [left < x < right and top < y < bottom for x, y in placed.centres]
    assert inside == [False, True, True]
    assert 'label="layers.<0>"' in drawing.dot


def run_dot(source: str, form: str) -> str:
    executable = shutil.which("dot") or shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    if executable is None:
        pytest.skip("no Graphviz is there to read the DOT")
    command = [executable, f"-T{form}"]
    return subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=True).stdout


def test_dot_accepts_the_dot_and_shows_the_label_as_it_is() -> None:
    root = ElementTree.fromstring(run_dot(viz.draw(Value(1.0, label='<b>"&lt;" \\N\n')).dot, "svg"))
    assert '<b>"&lt;" \\N\\n' in texts(root)
    run_dot(viz.draw(Value(1.0, label=NASTY) * 2.0).dot, "svg")
    a = Value(1.0, label="a")
    assert run_dot(viz.draw(a + a).dot, "plain").count("edge 0 1 ") == 2


def test_a_drawing_goes_on_in_the_graphviz_package() -> None:
    a = Value(1.0, label="a")
    source = viz.draw(a * a).graphviz()
    assert isinstance(source, graphviz.Source) and source.source.count("->") == 2
    assert run_dot(source.source, "plain").count("edge 0 1 ") == 2


@pytest.mark.parametrize("nothing", [3.0, "x", None, [Value(1.0), 2.0], np.ones(2)])
def test_what_is_no_node_is_refused(nothing: object) -> None:
    with pytest.raises(TypeError, match="pass the Value or Tensor"):
        viz.draw(nothing)  # type: ignore[arg-type]


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        viz.draw([])
    with pytest.raises(ValueError, match="'LR'"):
        viz.draw(Value(1.0), direction="left")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'auto'"):
        viz.draw(Value(1.0), theme="sepia")  # type: ignore[arg-type]


def test_the_suffix_picks_the_format(tmp_path: Path) -> None:
    drawing = viz.draw(neuron())
    for suffix, start in (
        (".svg", "<svg"),
        (".dot", "digraph"),
        (".html", "<!DOCTYPE html>"),
        (".SVG", "<svg"),
    ):
        path = drawing.save(str(tmp_path / f"graph{suffix}"))
        assert path == tmp_path / f"graph{suffix}"
        assert path.read_text("utf-8").startswith(start)
    for name in ("graph.jpeg", "graph"):
        with pytest.raises(ValueError, match=r"\.svg, \.dot, \.html, \.png or \.pdf"):
            drawing.save(tmp_path / name)


def test_a_failed_save_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = viz.draw(Value(1.0))
    path = drawing.save(tmp_path / "graph.svg")
    old = path.read_bytes()

    def fail(self: Path, content: bytes) -> int:
        self.touch()
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="no space"):
        drawing.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["graph.svg"]
    assert path.read_bytes() == old


def test_a_notebook_shows_the_svg() -> None:
    drawing = viz.draw(Value(1.0))
    assert drawing._repr_svg_() == drawing.svg
    assert repr(drawing) == "<Drawing: 1 nodes, 0 edges>"
