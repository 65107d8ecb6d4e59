"""``chainrule demo``: train on real digits, check every derivative, draw what happened.

It trains a network on Tensors (``digits``), compares all its derivatives with differences (``check``), trains
a network of Values (``moons``), draws (``pictures``) and writes a page that opens everything (``page``).
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from chainrule import __version__

from . import check, digits, moons, pictures
from .page import EXAMPLE, page

__all__ = ["run"]


def run(folder: Path) -> int:
    """Do everything, print what came out, write the files into the folder; return the exit status."""
    if find_spec("matplotlib") is None:
        return _failed('the curves need Matplotlib: pip install "chainrule[plot]"')
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _failed(f"cannot write to {folder}: {error.strerror}; choose another folder with --output")

    parts = digits.parts()
    print(f"chainrule {__version__}\n")
    _say("1  Handwritten digits, 8×8 pixels each")
    _say(f"   A network 64-16-16-10 learns from {len(parts.images):,} images.")
    trained = digits.train(parts)
    right = int((trained.answers == parts.held_out_labels).sum())
    _say(f"   Held-out accuracy: {trained.accuracy:.1%} ({right} of {len(parts.held_out_labels)} images)\n")

    _say("2  Is every derivative of that network right?")
    report = check.network(trained.model, parts)
    _say(f"   Gradient check: {check.sentence(report)}\n")

    _say("3  Two moons")
    _say("   A network 2-16-16-1, each of its 337 parameters a Value of its own, learns from 100 points.")
    moon = moons.train()
    _say(f"   Accuracy: {moon.accuracy:.1%} of these points, {moon.new_accuracy:.1%} of 1,000 new ones\n")

    _say("4  Pictures")
    try:
        pictures.write(folder, parts, trained, moon)
        (folder / "index.html").write_text(page(parts, trained, report, moon), encoding="utf-8")
    except OSError as error:  # such as a full disk
        return _failed(str(error))
    for name, words in {**pictures.WRITTEN, "index.html": "a page with all of them"}.items():
        _say(f"   {os.path.join(folder, name):20}  {words}")
    _say(f"\nOpen {os.path.join(folder, 'index.html')}")
    _say(f"     {(folder / 'index.html').resolve().as_uri()}")
    _say(f"\nTry next, in {_python()}:\n")
    _say("\n".join(f"    {line}".rstrip() for line in EXAMPLE.splitlines()))
    _say("\nThen notebooks/01_backpropagation.ipynb, which builds a neuron by hand.")
    return 0 if report else 1


def _say(line: str) -> None:
    print(line, flush=True)  # before the progress bar, which goes to another stream, moves on


def _failed(reason: str) -> int:
    print(f"chainrule demo: {reason}", file=sys.stderr)
    return 1


def _python() -> str:
    """This Python as one would type it here: relative where it lies below the current folder."""
    path = Path(sys.executable)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else "python"
