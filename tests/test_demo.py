"""The demo learns, checks itself and writes files that hold together; the command line says what it has."""

import re
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
from nn import Module

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def parts() -> digits.Split:
    return digits.split()


@pytest.fixture(scope="module")
def training(parts: digits.Split) -> digits.Training:
    return digits.train(parts, epochs=8)


@pytest.fixture(scope="module")
def moon() -> moons.Training:
    return moons.train(steps=15, points=40)


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


def test_a_short_training_reads_nine_of_ten_digits(parts: digits.Split, training: digits.Training) -> None:
    assert training.accuracy >= 0.9
    assert training.accuracy == np.mean(training.guesses == parts.held_out_labels)
    assert training.history[-1].loss < training.history[0].loss / 4


def test_the_same_seed_gives_the_same_training(parts: digits.Split, training: digits.Training) -> None:
    assert digits.train(parts, epochs=2).history == training.history[:2]


def test_every_derivative_of_the_network_is_checked(parts: digits.Split, training: digits.Training) -> None:
    before = [parameter.data.copy() for parameter in training.model.parameters()]
    report = check.network(training.model, parts)
    assert report, str(report)
    assert check.checked(report) == 64 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10
    for parameter, data in zip(training.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.data, data)


def test_a_wrong_derivative_is_found(parts: digits.Split, training: digits.Training) -> None:
    flawed = custom_op(lambda x: x * 1.0, lambda g, y, x: g * 1.01, name="flawed")

    class Flawed(Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = training.model

        def forward(self, x: object) -> object:
            return flawed(self.inner(x))

    report = check.network(Flawed(), parts)
    assert not report and "wrong rule" in check.sentence(report)


def test_scalars_learn_the_moons(moon: moons.Training) -> None:
    assert moon.losses[-1] < moon.losses[0] / 2
    assert moon.accuracy > 0.8 and moon.new_accuracy > 0.8


def test_accuracy_over_a_batch_is_that_of_single_points(moon: moons.Training) -> None:
    points, labels = datasets.moons(30, noise=0.1, seed=5)
    right = [
        (moon.model(point).data > 0) == (label > 0)
        for point, label in zip(points.tolist(), labels.tolist(), strict=True)
    ]
    assert moons.accuracy(moon.model, points, labels) == np.mean(right)


def test_the_files_hold_together(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    parts: digits.Split,
    training: digits.Training,
    moon: moons.Training,
) -> None:
    monkeypatch.setattr(demo.digits, "train", lambda _: training)
    monkeypatch.setattr(demo.moons, "train", lambda: moon)
    folder = tmp_path / "a folder" / "out"
    assert main(["demo", "--output", str(folder)]) == 0

    said = capsys.readouterr().out
    assert f"Held-out accuracy: {training.accuracy:.1%}" in said
    assert "all 1,482 derivatives agree" in said
    assert folder.joinpath("index.html").as_uri() in said
    written = sorted(path.name for path in folder.iterdir())
    assert written == sorted(demo.WRITTEN) and all(name in said for name in written)
    for name in ("neuron.svg", "network.svg", "loss.svg"):
        assert ElementTree.parse(folder / name).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    html = (folder / "index.html").read_text(encoding="utf-8")
    shown = Page(html)
    assert not shown.open
    assert {link for link in shown.links if "//" not in link} == set(written) - {"index.html"}
    assert "$" not in shown.words and f"{training.accuracy:.1%}" in shown.words
    wrong = int(np.sum(training.guesses != parts.held_out_labels))
    assert html.count("read as <b>") == min(wrong, SHOWN)


def test_the_page_of_a_network_without_mistakes(parts: digits.Split, moon: moons.Training) -> None:
    perfect = digits.Training(digits.build(), (digits.Epoch(0.0, 0.0, 1.0),), parts.held_out_labels)
    words = Page(page(parts, perfect, Report("right", "", "Loss"), moon)).words
    assert "All 360 held-out images were read right." in words and "100.0%" in words


def test_the_same_losses_give_the_same_bytes(training: digits.Training, moon: moons.Training) -> None:
    first, second = (pictures.loss_curve(training.history, moon.losses) for _ in range(2))
    assert first == second
    # Every colour in the figure has another one for the dark.
    colours = set(re.findall(r"(?:fill|stroke): (#\w+)", first.split("</style>", 1)[1]))
    assert colours <= set(re.findall(r'\[style\*="\w+: (#\w+)"\]', first))


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
