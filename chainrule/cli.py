"""The command line: ``chainrule demo``, and what else the table of commands has.

>>> main(["--version"])  # doctest: +ELLIPSIS
chainrule ...
0
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import __version__

__all__ = ["COMMANDS", "Command", "main"]


@dataclass(frozen=True)
class Command:
    """One row of the command line.

    ``add_options`` tells the parser what the command takes; ``run`` does the work and returns the
    exit status.
    """

    name: str
    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("out"),
        metavar="FOLDER",
        help="where the pictures and the page go (default: out); files of the same names are replaced",
    )


def _demo(options: argparse.Namespace) -> int:
    from .demo import run  # only the command that trains waits for what training needs

    return run(options.output)


def _train_options(parser: argparse.ArgumentParser) -> None:
    from .train.command import add_options

    add_options(parser)


def _train(options: argparse.Namespace) -> int:
    from .train.command import run

    return run(options)


def _draw_options(parser: argparse.ArgumentParser) -> None:
    from .draw import add_options

    add_options(parser)


def _draw(options: argparse.Namespace) -> int:
    from .draw import run

    return run(options)


def _step_options(parser: argparse.ArgumentParser) -> None:
    from .step import add_options

    add_options(parser)


def _step(options: argparse.Namespace) -> int:
    from .step import run

    return run(options)


def _example_options(parser: argparse.ArgumentParser) -> None:
    from .examples.command import add_options

    add_options(parser)


def _example(options: argparse.Namespace) -> int:
    from .examples.command import run

    return run(options)


COMMANDS: tuple[Command, ...] = (
    Command("demo", "train on the digits and write every picture to out/", _demo_options, _demo),
    Command("train", "train a network on mnist, fashion, digits, moons or names", _train_options, _train),
    Command("draw", "draw the graph of an expression, with its gradients", _draw_options, _draw),
    Command("step", "step through the backward pass of an expression", _step_options, _step),
    Command("example", "list the examples, or run one of them", _example_options, _example),
)
"""Every command: the parser, the help and the tests read this table."""


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, made from the table of commands.

    >>> parser().parse_args(["demo", "--output", "pictures"]).output.name
    'pictures'
    """
    top = argparse.ArgumentParser(
        prog="chainrule", description="A rule book of derivatives: autograd, neural networks and pictures."
    )
    top.add_argument("--version", action="store_true", help="show the version and exit")
    below = top.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        one = below.add_parser(command.name, help=command.summary, description=f"{command.summary}.")
        command.add_options(one)
        one.set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; without a command, show the help."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no "→" shows "?" and goes on
    top = parser()
    options = top.parse_args(arguments)
    if options.version:
        print(f"chainrule {__version__}")
        return 0
    if not hasattr(options, "run"):
        top.print_help()
        return 0
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130  # what a shell reports for Ctrl-C
    return status


if __name__ == "__main__":
    sys.exit(main())
