"""``viz.step``, ``viz.animate`` and ``chainrule step``: what they say, without a browser."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stepping import neuron

import viz
from autograd import GraphError, StaleGraphError, Tensor, Value, order, softmax, steps, tanh, what_if
from chainrule import cli
from chainrule import step as step_command
from nn import MLP, SGD, Adam
from viz.naive_order import recursion
from viz.replay import check, nudge, replayed
from viz.stepper_data import data
from viz.stepper_shown import exact
from viz.text_stepper import frame
from viz.timeline import timeline

NASTY = '<b>"x" & \\N &lt;</b></script><script>alert(1)</script>\n\x00\u202e\ud800\u2028{{data}}]]>'


def layer() -> Tensor:
    random = np.random.default_rng(0)
    x = Tensor(random.normal(size=(8, 4)), label="x")
    w = Tensor(random.normal(size=(4, 3)), requires_grad=True, label="w")
    b = Tensor(random.normal(size=3), requires_grad=True, label="b")
    loss: Tensor = (softmax(tanh(x @ w + b)) ** 2).mean()
    loss.label = "loss"
    return loss


def leaves(loss: Any) -> list[Any]:
    return [node for node in order(loss) if node.is_leaf and node.requires_grad]


@pytest.mark.parametrize("loss", [neuron(), layer()], ids=["neuron", "layer"])
def test_the_timeline_ends_with_the_gradients_of_backward(loss: Any) -> None:
    line = timeline(loss)
    slots = line.slots(len(line.story()))
    assert all(leaf.grad is None for leaf in leaves(loss)), "looking changes nothing"
    loss.backward()
    for place, node in enumerate(line.nodes):
        if node.requires_grad and node.grad is not None:
            assert slots[f"g{place}"] == line.gauge.gradient(node.grad)


def test_the_moments_are_the_steps() -> None:
    loss = neuron()
    walk = steps(loss)
    told = [moment for moment in timeline(loss).moments if moment.phase == "backward"]
    assert [moment.facts["after"] for moment in told] == [[exact(step.after)] for step in walk]
    assert [moment.changes[f"c{moment.parent}"] for moment in told] == [step.arrived for step in walk]
    assert told[0].symbols == "v2.grad += ∂loss/∂v2 · loss.grad"
    assert told[0].numbers == "0 + (−6 × 1) = −6"


def test_an_optimiser_is_tried_out_on_copies() -> None:
    for make in (lambda p: SGD(p, lr=0.1, momentum=0.9), lambda p: Adam(p, lr=0.1), lambda p: 0.1):
        model = MLP(2, [3, 1], "tanh", rng=0)
        parameters = model.parameters()
        optimizer: Any = make(parameters)
        loss = (model([0.5, -1.0]) - 1.0) ** 2
        before = [p.data for p in parameters]
        line = timeline(loss, optimizer)
        assert [p.data for p in parameters] == before and all(p.grad is None for p in parameters)
        told = {moment.node: moment.facts["after"] for moment in line.moments if moment.phase == "update"}
        loss.backward()
        if isinstance(optimizer, float):
            for p in parameters:
                p.data -= optimizer * p.grad
        else:
            optimizer.step()
        places = {node: place for place, node in enumerate(line.nodes)}
        assert [told[places[p]] for p in parameters] == [[exact(p.data)] for p in parameters]
        again = (model([0.5, -1.0]) - 1.0) ** 2
        assert line.moments[-1].facts["after"] == [exact(again.data)]
        assert line.moments[-1].facts["was"] == [exact(loss.data)]


def test_a_seed_and_a_gradient_from_before_are_told() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    line = timeline(y, seed=2.0)
    (kept,) = [moment for moment in line.moments if moment.phase == "kept"]
    assert kept.numbers == "6 + 12 = 18"
    y.backward(2.0)
    assert x.grad == 18.0


def test_a_graph_that_backward_refuses_is_refused() -> None:
    x = Value(3.0, label="x")
    y = x * x
    x.data = 4.0
    with pytest.raises(StaleGraphError, match="was changed after"):
        viz.step(y)
    with pytest.raises(GraphError):
        viz.step(Tensor(1.0))
    with pytest.raises(TypeError, match="pass the Value or Tensor"):
        viz.step(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown theme 'blue'"):
        viz.step(Value(1.0), theme="blue")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="learning rate"):
        viz.step(Value(1.0) * 2.0, optimizer="fast")
    with pytest.raises(IndexError, match="from 0 to 3"):
        viz.step(Value(1.0) * 2.0).svg(9)
    with pytest.raises(ValueError, match=r"\.html, \.svg, \.png or \.pdf"):
        viz.step(Value(1.0) * 2.0).save("step.gif")


# -- what else is computed --------------------------------------------------------------------


def test_a_replay_computes_what_what_if_computes() -> None:
    for loss in (neuron(), layer()):
        nodes = order(loss)
        for leaf in leaves(loss):
            moved = replayed(nodes, {leaf: leaf.plain + 0.25})
            assert float(moved[loss]) == what_if(leaf, 0.25, loss).after
            gradient = steps(loss).gradients[leaf]
            curve = nudge(nodes, leaf, gradient)
            assert curve.ranges[0][10] == pytest.approx(float(loss.data), rel=1e-14)
            change = what_if(leaf, curve.scale, loss)
            assert curve.ranges[0][-1] == pytest.approx(change.after)
            assert curve.slope * curve.scale == pytest.approx(change.predicted)
            assert check(nodes, leaf, gradient).agrees and not check(nodes, leaf, gradient + 0.01).agrees


def test_single_precision_is_checked_in_double() -> None:
    w = Tensor(np.linspace(-1, 1, 6, dtype=np.float32), requires_grad=True)
    loss = (tanh(w) * w).sum()
    assert check(order(loss), w, steps(loss).gradients[w]).agrees


def test_naive_recursion_is_right_for_trees_and_wrong_where_a_result_is_shared() -> None:
    x, y = Value(2.0), Value(3.0)
    tree = recursion(steps(tanh(x * y) + 1.0))
    assert tree.first_wrong is None and tree.whole
    loss = neuron()
    naive, right = recursion(steps(loss)), steps(loss).gradients
    assert naive.first_wrong is not None and naive.visits[naive.first_wrong].premature
    for leaf in leaves(loss):
        assert (naive.gradients[leaf] == right[leaf]) == (leaf.label == "b")


def test_naive_recursion_stops_before_it_takes_for_ever() -> None:
    x: Any = Value(1.0)
    for _ in range(60):
        x = x + x
    assert not recursion(steps(x), limit=100).whole


# -- pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [neuron, layer])
def test_the_same_graph_gives_the_same_bytes(make: Any) -> None:
    def picture() -> tuple[str, str, str]:
        stepper = viz.step(make(), optimizer=0.1)
        return stepper.html, stepper.svg(3), viz.animate(make()).svg

    assert picture() == picture()


def test_labels_stay_what_they_are_and_do_nothing() -> None:
    x, y = Value(2.0, label=NASTY), Value(3.0, label="m" * 1_000_000)
    loss = x * y * x
    stepper = viz.step(loss)
    assert len(stepper.html) < 150_000 and len(stepper._repr_html_()) < 400_000
    assert stepper.html.count("</script>") == 2 and "alert(1)</script>" not in stepper.html
    assert "<b>" not in stepper.html and "\u202e" not in stepper.html and "\u2028" not in stepper.html
    for text in (stepper.svg(), viz.animate(loss).svg):
        root = ElementTree.fromstring(text)
        assert {element.tag.split("}")[1] for element in root.iter()}.isdisjoint({"script", "b", "a"})
    assert "\u202e" not in frame(stepper.timeline, stepper.steps, 4)


def test_nothing_refers_to_anything_outside() -> None:
    stepper = viz.step(layer())
    for text in (stepper.html, stepper.svg(), viz.animate(layer()).svg):
        links = re.findall(r'(?:href|src)="([^"]{0,30})', text)
        assert all(link.startswith(("#", "data:image/")) for link in links)
        text = re.sub(r"iVBOR[\w+/=]+", "", text)  # the thumbnails
        addresses = set(re.findall(r"(?:https?:)?//[\w.-]+[^\s\"'<>)]*", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_document_holds_what_happens_as_json() -> None:
    text = viz.step(neuron()).html
    content = json.loads(re.findall(r'application/json">(.*?)</script>', text, re.DOTALL)[0])
    assert content["names"][-1] == "loss" and len(content["moments"]) == 15
    assert content == json.loads(json.dumps(data(viz.step(neuron()).scenes)))


def test_a_large_graph_is_folded_and_each_fold_is_a_picture() -> None:
    model = MLP(2, [16, 16, 1], rng=0)
    stepper = viz.step((model([Value(0.5, label="a"), Value(-1.0, label="b")]) - 1.0) ** 2)
    assert len(stepper.scenes) > 1
    assert all(len(scene.view.faces) <= 150 for scene in stepper.scenes)
    shown = {face.node for scene in stepper.scenes for face in scene.view.faces if face.kind == "node"}
    assert shown == set(range(len(stepper.timeline.nodes))), "every node is somewhere"
    assert len(viz.step(neuron(), fold="none").scenes) == 1


def test_an_animation_is_a_picture_that_plays() -> None:
    animation = viz.animate(neuron(), seconds=0.5)
    root = ElementTree.fromstring(animation.svg)
    assert animation.duration == 5.5 and "<animate" not in animation.svg
    assert "@media (prefers-reduced-motion: no-preference)" in animation.svg
    pulses = [each for each in root.iter() if "pulse" in each.get("class", "")]
    assert len(pulses) == len(steps(neuron()))
    with pytest.raises(ValueError, match="must take some time"):
        viz.animate(neuron(), seconds=0)
    with pytest.raises(ValueError, match=r"end its name in \.svg"):
        animation.save("film.mp4")


@pytest.mark.parametrize("make", [neuron, layer])
def test_an_animation_is_the_same_after_a_backward(make: Callable[[], Any]) -> None:
    before = viz.animate(make()).svg
    loss = make()
    loss.backward()
    left = [node.grad for node in order(loss)]
    animation = viz.animate(loss)
    assert animation.svg == before and "earlier backward" in viz.step(loss).svg(0)
    assert all(node.grad is grad for node, grad in zip(order(loss), left, strict=True))


def test_a_gradient_from_before_is_told_inside_of_its_box() -> None:
    x, w = Value(3.0, label="x"), Tensor([[1.0, -2.0]], requires_grad=True, label="w")
    for loss, note in (
        (x * x, "grad 6 from an earlier backward"),
        ((w * w).sum(), "grad from an earlier backward"),
    ):
        loss.backward()
        drawn = viz.step(loss).svg(0)
        (told,) = re.findall(r'class="note"[^>]* y="([\d.]+)">([^<]*)<', drawn)
        high = re.findall(r'class="frame"[^>]* height="([\d.]+)"', drawn.partition(told[1])[0])[-1]
        assert told[1] == note and float(told[0]) + 7 < float(high)


def test_stills_are_saved_whatever_the_step(tmp_path: Path) -> None:
    stepper = viz.step(neuron())
    saved = stepper.save(tmp_path / "still.svg", step=6)
    assert "Backward · step 6 of 12" in saved.read_text(encoding="utf-8")
    assert stepper.save(tmp_path / "page.html", step=6).read_text(encoding="utf-8").count('"start":6') == 1
    pytest.importorskip("typst", reason="pictures become PNG with the extra image")
    assert stepper.save(tmp_path / "still.png", step=-1).read_bytes().startswith(b"\x89PNG")


# -- the terminal -----------------------------------------------------------------------------


def run(*arguments: str) -> int:
    return cli.main(["step", *arguments])


def test_the_command_writes_a_page_and_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(step_command.webbrowser, "open", opened.append)
    assert run("tanh(w*x + b)", "--set", "w=2", "x=3", "b=-6") == 0
    assert opened == [(tmp_path / "step.html").as_uri()]
    assert run("w*x", "--set", "w=2", "x=3", "-o", "still.svg") == 0
    assert len(opened) == 1 and (tmp_path / "still.svg").read_text().startswith("<svg")
    assert "step.html: <Stepper: 6 nodes" in capsys.readouterr().out


def test_the_command_tells_every_step_where_nobody_presses_a_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert run("w*x", "--set", "w=2", "x=3", "--text", "--no-forward") == 0
    told = capsys.readouterr().out
    assert "w.grad += ∂out/∂w · out.grad\n  0 + (3 × 1) = 3" in told
    assert told.count("step") == 4


def test_the_command_explains_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w*y", "--set", "w=2") == 1
    assert run("w*2", "--set", "w=[1,2]") == 1
    said = capsys.readouterr().err
    assert "no value for y" in said and "sum()" in said


def test_keys_go_from_step_to_step() -> None:
    seen: list[int] = []
    keys = iter(["\x1b[C", "\n", "\x1b[D", "\x1b[F", "\x1b[C", "\x1b[H", "4", "99", "?", "q"])
    assert step_command.walk(9, lambda: next(keys), seen.append) == 9
    assert seen == [0, 1, 2, 1, 9, 0, 4, 9]


def test_a_terminal_sends_whole_keys() -> None:
    pty = pytest.importorskip("pty")
    import os
    import subprocess
    import sys

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "chainrule", "step", "w*x", "--set", "w=2", "x=3", "--text"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True) as process:
        os.close(theirs)
        assert process.stdout is not None
        for awaited, keys in (("Before the first step", b"\x1b[F"), ("step 4 of 4", b"q")):
            while awaited not in process.stdout.readline():
                assert process.poll() is None
            os.write(ours, keys)
        assert process.wait(timeout=20) == 0
    os.close(ours)
