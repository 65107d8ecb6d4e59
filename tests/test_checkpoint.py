"""A checkpoint is whole or not there, every damage of it is found, and what goes on from it is the same."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import BatchNorm1d, CheckpointError, Dropout, Linear, ReLU, Sequential, load, save
from nn.tensor_file import LONGEST_HEADER, TensorFile, write

torch_format = pytest.importorskip("safetensors.numpy")
resource = pytest.importorskip(
    "resource", reason="only Unix kills a process in the middle and measures its memory"
)

# Killing a process 60 times takes half a minute: KILLS=60 python -m pytest tests/test_checkpoint.py -k killed
KILLS = int(os.environ.get("KILLS", "4"))


class Moments:
    """What has the state of an optimiser: an odd dictionary with arrays in it."""

    def __init__(self, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)
        self.state: dict[str, Any] = {
            "lr": 0.1 + seed,
            "state": {0: {"time": np.array(3), "m": draw.random(4)}, 1: {"time": np.array(3), "m": None}},
            "betas": (0.9, float("inf")),
        }

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["lr"] < 0:
            self.state = {"lr": "spoiled"}
            raise ValueError("a negative rate")
        self.state = state


def small(seed: int = 0) -> Sequential:
    return Sequential(
        Linear(3, 4, rng=seed), BatchNorm1d(4), ReLU(), Dropout(0.5, rng=seed), Linear(4, 2, rng=seed + 1)
    )


def same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and bool(a == b)


def everything(seed: int) -> dict[str, Any]:
    """A model, an optimiser, a schedule and two generators."""
    return {
        "model": small(seed),
        "optimizer": Moments(seed),
        "schedule": Moments(seed + 10),
        "rng": {"data": np.random.default_rng(seed), "noise": np.random.default_rng(seed + 1)},
    }


def state(parts: dict[str, Any]) -> dict[str, Any]:
    model = parts["model"]
    return {
        "model": model.state_dict(),
        "dropout": model[3].rng.bit_generator.state,
        "optimizer": parts["optimizer"].state_dict(),
        "schedule": parts["schedule"].state_dict(),
        "rng": {name: draw.bit_generator.state for name, draw in parts["rng"].items()},
    }


POSITION = {"epoch": 3, "order": np.arange(5), "losses": [0.1, 2.0 / 3.0], "note": None}


def test_all_parts_come_back_to_the_last_bit(tmp_path: Path) -> None:
    saved, into = everything(0), everything(1)
    save(tmp_path / "all", **saved, position=POSITION)
    assert not same(state(saved), state(into))
    loaded = load(tmp_path / "all", **into)
    assert same(state(saved), state(into))
    assert same(loaded.position, POSITION)
    assert same(loaded.weights, saved["model"].state_dict())
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop", "NAdam"])
def test_groups_and_a_cycle_go_on_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    def made() -> tuple[Any, Any, Any]:
        model = small(3)
        first, *rest = model.parameters()
        momentum = {"momentum": 0.5} if kind in ("SGD", "RMSprop") else {}
        groups = [{"params": [first], "lr": 0.05}, {"params": rest, "weight_decay": 0.1}]
        optimizer = getattr(nn, kind)(groups, lr=0.01, **momentum)
        return model, optimizer, nn.OneCycleLR(optimizer, [0.1, 0.2], total_steps=12)

    def train(parts: tuple[Any, Any, Any], steps: range) -> None:
        model, optimizer, schedule = parts
        for step in steps:
            x = np.random.default_rng(step).normal(size=(5, 3)).astype(np.float32)
            model.zero_grad()
            nn.mse_loss(model(x), x[:, :2]).backward()
            optimizer.step()
            schedule.step()

    whole, stopped, resumed = made(), made(), made()
    train(whole, range(10))
    train(stopped, range(4))
    names = ("model", "optimizer", "schedule")
    save(tmp_path / "all", **dict(zip(names, stopped, strict=True)))
    load(tmp_path / "all", **dict(zip(names, resumed, strict=True)))
    train(resumed, range(4, 10))
    for one, other in zip(whole, resumed, strict=True):
        assert same(one.state_dict(), other.state_dict())


def test_saving_again_replaces_and_a_failed_save_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save(path, position=1)
    save(path, position=2)
    assert load(path).position == 2
    before = path.read_bytes()
    with pytest.raises(TypeError, match="1 is set"):
        save(path, position=[0, {1}])
    with pytest.raises(TypeError, match="'@position/' cannot be saved: object"):
        save(path, position=np.array([None]))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["weights"]
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere: '.*weights'$"):
        save(tmp_path / "nowhere" / "weights", position=1)


def test_a_link_is_followed_and_a_killed_writers_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, signal, sys\nfrom nn.atomic_file import replacing\n"
            "with replacing(sys.argv[1]) as file:\n    os.kill(os.getpid(), signal.SIGKILL)",
            tmp_path / "link",
        ],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".real.*.part"))) == 1
    save(tmp_path / "link", position=1)
    assert (tmp_path / "link").is_symlink() and load(tmp_path / "real").position == 1
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_is_replaced_while_it_is_read_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    write(path, {"a": np.zeros(3)}, {})
    with TensorFile(path) as file:
        write(path, {"a": np.ones(3)}, {})
        assert file.read("a").tolist() == [0, 0, 0]
    with TensorFile(path) as file:
        assert file.read("a").tolist() == [1, 1, 1]


# -- damage -----------------------------------------------------------------------------------


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save(path, model=Linear(2, 1, rng=0), rng=np.random.default_rng(0), position={"order": np.arange(2)})
    content = path.read_bytes()
    flips = [(place, bit) for place in range(len(content)) for bit in range(8)]
    model = Linear(2, 1, rng=1)
    before, missed = model.state_dict(), []
    with path.open("r+b", buffering=0) as file:
        for place, bit in flips:
            os.pwrite(file.fileno(), bytes([content[place] ^ 1 << bit]), place)
            try:
                load(path, model=model)
            except CheckpointError:
                continue
            else:
                missed.append((place, bit))
            finally:
                os.pwrite(file.fileno(), content[place : place + 1], place)
    assert not missed
    assert same(model.state_dict(), before)
    load(path, model=model)


def test_every_truncation_is_found_and_changes_nothing(tmp_path: Path) -> None:
    path, into = tmp_path / "all", everything(1)
    save(path, **everything(0), position=POSITION)
    content, before = path.read_bytes(), state(into)
    with path.open("r+b", buffering=0) as file:
        for length in range(len(content) - 1, -1, -1):
            os.ftruncate(file.fileno(), length)
            with pytest.raises(CheckpointError):
                load(path, **into)
    path.write_bytes(content + b"\0")
    with pytest.raises(CheckpointError, match="the arrays need"):
        load(path, **into)
    assert same(state(into), before)


# -- what does not fit ------------------------------------------------------------------------


def test_a_file_of_another_model_says_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save(path, model=Linear(3, 2, rng=0))
    for other, message in (
        (Linear(3, 2, bias=False, rng=1), r"missing \[\], unexpected \['bias'\]"),
        (Sequential(Linear(3, 2, rng=1)), r"missing \['0.weight', '0.bias'\]"),
        (Linear(4, 2, rng=1), r"weight has shape \(2, 3\), and \(2, 4\) in the model"),
        (Linear(3, 2, rng=1).double(), "float32, and float64 in the model; pass convert=True"),
    ):
        before = other.state_dict()
        with pytest.raises(CheckpointError, match=message):
            load(path, model=other)
        assert same(other.state_dict(), before)
    load(path, model=other, convert=True)
    assert other.weight.dtype == np.float64


def test_a_part_that_refuses_leaves_all_parts_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "all"
    spoiled = everything(0)
    spoiled["schedule"].state["lr"] = -1.0
    save(path, **spoiled)
    into = everything(1)
    before = state(into)
    with pytest.raises(CheckpointError, match="the schedule does not take its state: a negative rate"):
        load(path, **into)
    assert same(state(into), before)
    with pytest.raises(CheckpointError, match=r"the random generators \['data', 'noise'\], not \[''\]"):
        load(path, model=into["model"], rng=np.random.default_rng())
    other = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(CheckpointError, match="the rng does not take its state"):
        load(path, model=into["model"], rng={"data": np.random.default_rng(3), "noise": other})
    assert same(state(into), before)
    save(path, model=into["model"])
    with pytest.raises(CheckpointError, match="holds no optimizer"):
        load(path, model=into["model"], optimizer=into["optimizer"])
    with pytest.raises(TypeError, match="the optimizer is a list, without"):
        load(path, model=into["model"], optimizer=[])


def test_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn.tensor_file.VERSION", "2")
    save(tmp_path / "newer", position=1)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="version 2; this chainrule reads version 1"):
        load(tmp_path / "newer")


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex128 is none of"):
        write(tmp_path / "a", {"a": np.zeros(2, complex)}, {})
    with pytest.raises(ValueError, match="put lists of numbers into arrays"):
        save(tmp_path / "a", position=["x" * LONGEST_HEADER])
    with pytest.raises(TypeError, match="the model is a list"):
        save(tmp_path / "a", model=[])
    with pytest.raises(TypeError, match="rng is a numpy"):
        save(tmp_path / "a", rng={"a": np.random.RandomState(0)})  # type: ignore[dict-item]
    assert not list(tmp_path.iterdir())


# -- other programs ---------------------------------------------------------------------------

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "wide": np.linspace(0, 1, 5),
    "half": np.arange(3, dtype=np.float16),
    "yes": np.array([True, False, True]),
    "count": np.array(7),
    "nothing": np.zeros((0, 3), np.int32),
    "bytes": np.arange(5, dtype=np.uint8),
    "strided": np.arange(12, dtype=np.int64).reshape(3, 4)[:, ::2],
    "turned": np.arange(6, dtype=np.int16).reshape(2, 3).T,
    "other end": np.arange(3, dtype=">f8"),
    "complex": np.array([1 + 2j], np.complex64),
    'naïve \n"name"': np.ones(1),
}


def test_the_safetensors_package_reads_our_files_and_we_read_its(tmp_path: Path) -> None:
    known = {name: np.ascontiguousarray(array) for name, array in ARRAYS.items() if name != "complex"}
    known["count"] = np.array(7)  # ascontiguousarray gives it an axis
    write(tmp_path / "ours", {k: v for k, v in ARRAYS.items() if k != "complex"}, {"note": "é"})
    theirs = torch_format.load_file(tmp_path / "ours")
    assert theirs.keys() == known.keys()
    for name, array in theirs.items():
        assert np.array_equal(array, ARRAYS[name])
    torch_format.save_file(
        {name: array.astype(array.dtype.newbyteorder("=")) for name, array in known.items()},
        tmp_path / "theirs",
        metadata={"format": "pt"},
    )
    with TensorFile(tmp_path / "theirs") as file:
        assert file.version is None and file.metadata == {"format": "pt"}
        assert file.entries.keys() == known.keys()
        for name in file.entries:
            assert np.array_equal(file.read(name), ARRAYS[name])
    write(tmp_path / "all", ARRAYS, {})
    with TensorFile(tmp_path / "all") as file:
        for name, array in ARRAYS.items():
            assert same(file.read(name), np.array(array, array.dtype.newbyteorder("=")))


def test_weights_of_another_program_go_into_a_model(tmp_path: Path) -> None:
    weights = {"weight": np.ones((2, 3), np.float32), "bias": np.zeros(2, np.float32)}
    torch_format.save_file(weights, tmp_path / "theirs")
    model = Linear(3, 2, rng=0)
    assert load(tmp_path / "theirs", model=model).version is None
    assert same(model.state_dict(), weights)
    with pytest.raises(CheckpointError, match="holds no optimizer, only the model"):
        load(tmp_path / "theirs", model=model, optimizer=Moments())


def test_brain_floats_become_float32(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "brain").write_bytes(
        struct.pack("<Q", len(header)) + header + struct.pack("<HH", 0x3F80, 0xC040)
    )
    assert load(tmp_path / "brain").weights["a"].tolist() == [1.0, -3.0]


# -- killed -----------------------------------------------------------------------------------

SAVING = """
import sys
import numpy as np
from nn import Linear, save
model, number = Linear(200, 200, rng=0), int(sys.argv[2])
while True:
    number += 1
    model.weight.data = np.full((200, 200), number, np.float32)
    save(sys.argv[1], model=model, position=number)
    print(number, flush=True)
"""


def kill_while_saving(path: Path, tries: int, seed: int = 0) -> None:
    """Kill a process that saves and saves, and find each time a whole file that is as new as it was told."""
    draw = np.random.default_rng(seed)
    model, number = Linear(200, 200, rng=0), 0
    for _ in range(tries):
        with subprocess.Popen(
            [sys.executable, "-c", SAVING, path, str(number)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = int(process.stdout.readline())
            time.sleep(draw.uniform(0, 0.02))
            os.kill(process.pid, signal.SIGKILL)
            told = max([told, *map(int, process.stdout.read().split("\n")[:-1])])
        number = load(path, model=model).position
        assert number in (told, told + 1), f"{told} was saved, {number} was found"
        assert (model.weight.data == number).all()
    save(path, model=model)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_nothing_is_lost_when_a_saving_process_is_killed(tmp_path: Path) -> None:
    kill_while_saving(tmp_path / "weights", KILLS)


def test_saving_makes_no_copy_of_a_contiguous_array(tmp_path: Path) -> None:
    array = np.zeros(20_000_000, np.uint8)
    write(tmp_path / "before", {"a": array[:1]}, {})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    write(tmp_path / "large", {"a": array}, {})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
