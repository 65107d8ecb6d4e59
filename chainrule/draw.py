"""``chainrule draw``: an expression as a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["add_options", "run"]


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
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("graph.svg"),
        metavar="FILE",
        help="where the picture goes: .svg, .html, .dot, .png or .pdf (default: graph.svg)",
    )
    parser.add_argument("--show", default="data,grad", help="what boxes say (default: data,grad)")
    parser.add_argument("--direction", default="LR", help="where it flows: LR, RL, TB or BT (default: LR)")
    parser.add_argument("--theme", default="auto", help="light, dark or auto (default: auto)")
    parser.add_argument("--flow", action="store_true", help="edges as wide as what the backward pass sends")


def run(options: argparse.Namespace) -> int:
    """Compute the expression and its gradients, and draw the graph of both."""
    import viz  # only the command that draws waits for it

    from .expression import Expression, assignment

    try:
        result = Expression(options.expression).value(dict(map(assignment, options.set)))
        if not result.shape:
            result.backward()
        else:
            print(f"no gradients: the result has the shape {result.shape}; take its sum()", file=sys.stderr)
        look = {"direction": options.direction, "theme": options.theme}
        drawing = viz.flow(result, **look) if options.flow else viz.draw(result, show=options.show, **look)
        path = drawing.save(options.output)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"chainrule draw: {error}", file=sys.stderr)
        return 1
    print(f"{path}: {drawing!r}")
    return 0
