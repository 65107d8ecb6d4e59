"""``chainrule step``: the backward pass of an expression, one edge at a time."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz import Stepper

__all__ = ["add_options", "run", "walk"]

_HELP = "→ or Enter: next   ←: back   Home and End: first and last   a number: go there   q: quit"
_KEYS = {
    "\x1b[C": "next", "\x1bOC": "next", "\r": "next", "\n": "next", "": "next", "n": "next", " ": "next",
    "\x1b[D": "back", "\x1bOD": "back", "b": "back", "p": "back",
    "\x1b[H": "first", "\x1bOH": "first", "\x1b[1~": "first", "\x1b[F": "last", "\x1bOF": "last",
    "\x1b[4~": "last", "q": "quit", "\x1b": "quit", "\x03": "quit", "\x04": "quit",
}  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what the command takes."""
    parser.add_argument("expression", help='such as "tanh(w*x + b)"')
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="the value of each name: a number, or a list such as x=[1,2]",
    )
    parser.add_argument("--text", action="store_true", help="step in the terminal, without a page")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the page (.html) or its last step (.svg, .png, .pdf), and open nothing; "
        "without it the page is step.html and is opened",
    )
    parser.add_argument(
        "--update", type=float, metavar="RATE", help="then take a step of gradient descent at this rate"
    )
    parser.add_argument("--no-forward", action="store_true", help="begin with the backward pass")
    parser.add_argument("--theme", default="auto", help="light, dark or auto (default: auto)")


def run(options: argparse.Namespace) -> int:
    """Compute the expression, and step through its backward pass."""
    import viz  # only the command that draws waits for it

    from .expression import Expression, assignment

    try:
        result = Expression(options.expression).value(dict(map(assignment, options.set)))
        if result.shape:
            raise ValueError(f"the result has the shape {result.shape}; step through its sum() instead")
        stepper = viz.step(
            result, optimizer=options.update, forward=not options.no_forward, theme=options.theme
        )
        if options.text:
            return _in_terminal(stepper)
        path = stepper.save(options.output or Path("step.html"))
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"chainrule step: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {stepper!r}")
    if options.output is None:
        webbrowser.open(path.resolve().as_uri())
    return 0


def _in_terminal(stepper: Stepper) -> int:
    from viz.text_stepper import frame

    def show(place: int) -> str:
        return frame(stepper.timeline, stepper.steps, place, stepper.forward)

    count = len(stepper.steps)
    if not sys.stdin.isatty():  # nobody is there to press a key
        for place in range(count + 1):
            print(show(place))
        return 0
    with _keys() as key:
        walk(count, key, lambda place: print(f"\x1b[2J\x1b[H{show(place)}\n{_HELP}", flush=True))
    return 0


def walk(count: int, key: Callable[[], str], show: Callable[[int], None]) -> int:
    """Go from step to step as keys say, and answer where it ended.

    >>> keys = iter(["n", "n", "b", "q"])
    >>> walk(5, lambda: next(keys), lambda place: print(place, end=" "))
    0 1 2 1 1
    """
    place = 0
    show(place)
    while True:
        pressed = key()
        action = _KEYS.get(pressed, "")
        if action == "quit":
            return place
        if pressed.isdecimal():
            wanted = int(pressed)
        else:
            wanted = {"next": place + 1, "back": place - 1, "first": 0, "last": count}.get(action, place)
        wanted = max(0, min(count, wanted))
        if wanted != place:
            place = wanted
            show(place)


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """Single keys where the terminal gives them, else lines: a letter or a number, and Enter."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield lambda: sys.stdin.readline().strip() or "n"
        return
    stream = sys.stdin.fileno()
    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream)
        yield _key
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _key() -> str:
    """One key: a character, the whole sequence that an arrow sends, or the digits of a number."""
    import os
    import select

    stream = sys.stdin.fileno()
    pressed = os.read(stream, 1)
    while pressed[:1] == b"\x1b" or pressed.isdigit():
        patience = 1.0 if pressed.isdigit() else 0.05
        if not select.select([stream], [], [], patience)[0]:
            break
        more = os.read(stream, 8)
        if pressed.isdigit() and not more.isdigit():
            break
        pressed += more
    return pressed.decode(errors="replace")
