"""The demo learns, checks itself and writes files that hold together; the command line says what it has."""

import os
import signal
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import chainrule
from autograd import Value, custom_op
from autograd.check import Report
from chainrule import datasets, demo
from chainrule.cli import COMMANDS, main
from chainrule.demo import check, digits, moons, pictures
from chainrule.demo.page import EXAMPLE, SHOWN, page
from nn import History, Module

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def parts() -> digits.Split:
    return digits.parts()


@pytest.fixture(scope="module")
def trained(parts: digits.Split) -> digits.Trained:
    return digits.train(parts, epochs=8)


@pytest.fixture(scope="module")
def moon() -> moons.Trained:
    return moons.train(epochs=15, points=40)


class Page(HTMLParser):
    """The links of a page, the elements left open, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: set[str] = set()
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "path"):
            self.open.append(tag)
        self.links |= {value for name, value in attributes if name in ("src", "href") and value}

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_digits_are_split_without_overlap(parts: digits.Split) -> None:
    images, labels = datasets.digits()
    both = np.concatenate([parts.images, parts.held_out_images])
    counts = np.bincount(np.concatenate([parts.labels, parts.held_out_labels]))
    assert len(parts.images) == 1437 and len(parts.held_out_images) == 360
    assert sorted(map(bytes, both)) == sorted(map(bytes, images.astype(np.float32)))
    assert counts.tolist() == np.bincount(labels).tolist()
    assert set(parts.held_out_labels.tolist()) == set(range(10))


def test_a_short_training_reads_nine_of_ten_digits(parts: digits.Split, trained: digits.Trained) -> None:
    assert trained.accuracy >= 0.9
    assert trained.accuracy == np.mean(trained.answers == parts.held_out_labels)
    assert trained.history["loss"][-1] < trained.history["loss"][0] / 4


def test_the_same_seed_gives_the_same_training(parts: digits.Split, trained: digits.Trained) -> None:
    again = digits.train(parts, epochs=2).history
    assert again == {name: numbers[:2] for name, numbers in trained.history.items()}


def test_ctrl_c_ends_the_demo_and_not_only_its_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> float:
        os.kill(os.getpid(), signal.SIGINT)
        return 0.0

    interrupted.__name__ = "accuracy"
    monkeypatch.setattr(digits, "accuracy", interrupted)
    assert main(["demo", "--output", str(tmp_path)]) == 130
    assert "stopped" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_every_derivative_of_the_network_is_checked(parts: digits.Split, trained: digits.Trained) -> None:
    before = [parameter.data.copy() for parameter in trained.model.parameters()]
    report = check.network(trained.model, parts)
    assert report, str(report)
    assert check.checked(report) == 64 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10
    for parameter, data in zip(trained.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.data, data)


def test_a_wrong_derivative_is_found(parts: digits.Split, trained: digits.Trained) -> None:
    flawed = custom_op(lambda x: x * 1.0, lambda g, y, x: g * 1.01, name="flawed")

    class Flawed(Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = trained.model

        def forward(self, x: object) -> object:
            return flawed(self.inner(x))

    report = check.network(Flawed(), parts)
    assert not report and "wrong rule" in check.sentence(report)


def test_scalars_learn_the_moons(moon: moons.Trained) -> None:
    assert moon.accuracy > 0.8 and moon.new_accuracy > 0.8


def test_the_files_hold_together(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    parts: digits.Split,
    trained: digits.Trained,
    moon: moons.Trained,
) -> None:
    monkeypatch.setattr(demo.digits, "train", lambda _: trained)
    monkeypatch.setattr(demo.moons, "train", lambda: moon)
    folder = tmp_path / "a folder" / "out"
    assert main(["demo", "--output", str(folder)]) == 0

    said = capsys.readouterr().out
    assert f"Held-out accuracy: {trained.accuracy:.1%}" in said
    assert "all 1,482 derivatives agree" in said
    assert folder.joinpath("index.html").as_uri() in said
    written = sorted(path.name for path in folder.iterdir())
    assert written == sorted([*pictures.WRITTEN, "index.html"]) and all(name in said for name in written)
    for name in pictures.WRITTEN:
        assert ElementTree.parse(folder / name).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    html = (folder / "index.html").read_text(encoding="utf-8")
    shown = Page(html)
    assert not shown.open
    assert {link for link in shown.links if "//" not in link} == set(written) - {"index.html"}
    assert "$" not in shown.words and f"{trained.accuracy:.1%}" in shown.words
    wrong = int(np.sum(trained.answers != parts.held_out_labels))
    assert html.count("read as <b>") == min(wrong, SHOWN)


def test_the_page_of_a_network_without_mistakes(parts: digits.Split, moon: moons.Trained) -> None:
    history = History()
    history.add({"validation_accuracy": 1.0})
    perfect = digits.Trained(digits.build(), history, parts.held_out_labels)
    words = Page(page(parts, perfect, Report("right", "", "Loss"), moon)).words
    assert "All 360 held-out images were read right." in words and "100.0%" in words


def test_the_neuron_in_the_picture_has_its_gradients() -> None:
    boxes = {box.label: box for box in pictures.neuron().picture.boxes if box.label}
    assert {"x1", "x2", "w1", "w2", "b", "y"} <= set(boxes)
    assert all(box.gradient for box in pictures.neuron().picture.boxes)


def test_what_to_try_next_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(EXAMPLE, names)
    assert isinstance(names["a"], Value) and names["a"].grad == -2.0
    assert (tmp_path / "graph.svg").is_file()


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["demo", "--output", str(tmp_path / "file")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_missing_matplotlib_is_an_error_that_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo", "--output", str(tmp_path / "out")]) == 1
    assert 'pip install "chainrule[plot]"' in capsys.readouterr().err


def test_without_a_command_the_help_names_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert all(command.name in said and command.summary in said for command in COMMANDS)


def test_version_and_unknown_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"chainrule {chainrule.__version__}\n"
    with pytest.raises(SystemExit, match="2"):
        main(["dmeo"])
    assert "demo" in capsys.readouterr().err


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [command.name for command in COMMANDS if f"`chainrule {command.name}`" not in readme]
    assert not missing, f"README.md has no row for: {missing}"
