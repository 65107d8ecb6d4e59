"""``draw``, and the ``Drawing`` that it returns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import get_args

from autograd.graph import Node
from viz.dot import dot
from viz.layout import Direction, place
from viz.picture import Picture, lower
from viz.svg import size, svg
from viz.theme import Theme, background

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Computation graph</title>
<style>
{style}
</style>
</head>
<body>
{svg}</body>
</html>
"""


def draw(node: Node | Sequence[Node], *, direction: Direction = "LR", theme: Theme = "auto") -> Drawing:
    """Draw the graph that leads to a node, or to several: one box for each node.

    A box shows the operation, the label, ``data`` and ``grad`` as they are now; a dash is a
    gradient that no backward pass has computed. The bar is the gradient, to the left of its middle
    where negative and to the right where positive.

    Parameters
    ----------
    node: a ``Value`` or ``Tensor``, or a list or tuple of them.
    direction: where the computation flows: ``"LR"``, ``"RL"``, ``"TB"`` or ``"BT"``.
    theme: ``"light"``, ``"dark"``, or ``"auto"`` for what the reader's system prefers.

    Raises
    ------
    TypeError: for anything that is not a node.
    ValueError: for no node at all, or an unknown direction or theme.

    >>> from autograd import Value
    >>> x = Value(0.5, label="x")
    >>> draw(x * x + 1.0)
    <Drawing: 4 nodes, 4 edges>
    """
    roots = node if isinstance(node, (list, tuple)) else (node,)
    for root in roots:
        if not isinstance(root, Node):
            raise TypeError(
                f"draw cannot draw {root!r:.60} ({type(root).__name__}); "
                "pass the Value or Tensor at the end of the computation, or a list of them"
            )
    if not roots:
        raise ValueError("draw was given an empty list; pass at least one Value or Tensor")
    _check("direction", direction, get_args(Direction))
    _check("theme", theme, get_args(Theme))
    return Drawing(lower(roots), direction=direction, theme=theme)


class Drawing:
    """A picture of a graph: it shows itself in a notebook and saves itself to a file.

    It keeps what the graph was when it was drawn; what happens to the nodes later does not show.

    >>> from autograd import Value
    >>> drawing = draw(Value(1.0, label="x"))
    >>> drawing.svg.startswith("<svg"), drawing.dot.startswith("digraph")
    (True, True)
    """

    def __init__(self, picture: Picture, *, direction: Direction = "LR", theme: Theme = "auto") -> None:
        self.picture = picture
        self.direction = direction
        self.theme = theme

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG element.

        Raises
        ------
        RuntimeError: no Graphviz is there to lay it out; the message says what to install.
        """
        layout = place(
            [size(box) for box in self.picture.boxes],
            [(edge.source, edge.target) for edge in self.picture.edges],
            [group.boxes for group in self.picture.groups],
            self.direction,
            joined=[box.id for box in self.picture.boxes if box.fold],
        )
        return svg(self.picture, layout, self.theme)

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's DOT language, to style it yourself."""
        return dot(self.picture, self.direction)

    @property
    def html(self) -> str:
        """The picture as an HTML document that needs nothing else."""
        return _PAGE.format(style=background(self.theme), svg=self.svg)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all; the suffix picks the format.

        Raises
        ------
        ValueError: for a suffix other than ``.svg``, ``.dot`` and ``.html``.
        RuntimeError: no Graphviz is there to lay it out, except for ``.dot``.
        OSError: when the file cannot be written.

        >>> import tempfile
        >>> from autograd import Value
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(Value(1.0)).save(folder + "/graph.svg").name
        'graph.svg'
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in (".svg", ".dot", ".html"):
            raise ValueError(f"cannot save a drawing as {path.name!r}: end its name in .svg, .dot or .html")
        content: str = getattr(self, suffix[1:])
        _write(path, content.encode())
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing: {len(self.picture.boxes)} nodes, {len(self.picture.edges)} edges>"


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"unknown {name} {value!r}: choose one of {', '.join(map(repr, allowed))}")


def _write(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that no reader finds half a picture."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
