"""``draw``, and the ``Drawing`` that it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from autograd.graph import Node
from autograd.program import Program
from viz.boxes import SHOWN, Overlay
from viz.dot import dot
from viz.html import html
from viz.layout import Direction, Layout, place
from viz.picture import FOLDS, Picture, lower
from viz.program_graph import ProgramGraph
from viz.saving import Saved
from viz.svg import size, svg
from viz.text import visible
from viz.theme import Theme

if TYPE_CHECKING:
    from graphviz import Source  # type: ignore[import-untyped]


def draw(
    node: Node | Sequence[Node] | Program,
    *,
    names: Mapping[str, Any] | None = None,
    since: Node | Sequence[Node] | None = None,
    show: str | Iterable[str] = "data,grad",
    fold: str = "auto",
    unfold: str | Node | Sequence[str | Node] = (),
    max_nodes: int = 150,
    direction: Direction = "LR",
    theme: Theme = "auto",
) -> Drawing:
    """Draw the graph that leads to a node, or to several, or the flow of data through a program.

    A box shows the operation, the label, ``data`` and ``grad`` as they are now; a dash is a
    gradient that no backward pass has computed, or that was not kept. The bar is the gradient, to
    the left of its middle where negative and to the right where positive.

    A graph of more than ``max_nodes`` nodes is folded: what belongs together by its module or by
    its structure (sums of products, neurons, layers, repetitions) becomes one box, drawn as a
    stack, that says its name. ``unfold`` opens such boxes; in a page saved as ``.html`` a click does.

    Parameters
    ----------
    node: a ``Value`` or ``Tensor``, or a list or tuple of them; or a program that was recorded: each
        instruction is a box whose title is its formula, and so is each write into memory, in place.
    names: variables, such as ``locals()``: nodes without a label are called as theirs.
    since: a node, or several: draw only what was computed from them, and what else goes into that.
    show: what boxes say, separated by commas: ``data``, ``grad``, ``shape``, ``dtype``, ``formula``
        and ``scope``. Without ``grad`` the picture is of the forward pass alone.
    fold: ``"auto"``; ``"none"``; ``"all"``; or the coarsest kind to fold: ``"sums"``, ``"neurons"``,
        ``"modules"``, ``"layers"`` or ``"runs"``.
    unfold: folds to open, by name, such as ``"layer-1"``; a node opens what it is in.
    max_nodes: how many boxes an unfolded picture may have.
    direction: where the computation flows: ``"LR"``, ``"RL"``, ``"TB"`` or ``"BT"``.
    theme: ``"light"``, ``"dark"``, or ``"auto"`` for what the reader's system prefers.

    Raises
    ------
    TypeError: for anything that is not a node.
    ValueError: for no node at all, an unknown choice, or a fold that is not there.

    >>> from autograd import Value
    >>> x = Value(0.5, label="x")
    >>> draw(x * x + 1.0)
    <Drawing: 4 nodes, 4 edges>
    >>> draw(sum((x * i for i in range(200)), x))
    <Drawing: 601 nodes in 2 boxes>
    """
    program = ProgramGraph.of(node) if isinstance(node, Program) else None
    roots = _nodes(node) if program is None else program.roots
    check("direction", direction, get_args(Direction))
    check("theme", theme, get_args(Theme))
    check("fold", fold, FOLDS)
    shown = [what.strip() for what in show.split(",")] if isinstance(show, str) else list(show)
    for what in shown:
        check("show", what, SHOWN)
    if program is not None:
        shown = [what for what in shown if what not in ("grad", "formula")]  # boxes and titles say them
    if max_nodes < 1:
        raise ValueError(f"max_nodes must be at least 1, got {max_nodes}")
    picture = lower(
        roots,
        names=names,
        since=() if since is None else _nodes(since),
        show=shown,
        fold=fold,
        unfold=[unfold] if isinstance(unfold, (str, Node)) else unfold,
        max_nodes=max_nodes,
        overlay=None if program is None else Overlay(marks=program.marks),
    )
    if isinstance(node, Program):
        picture = replace(picture, title=f"Program of {visible(node.name)}")
    return Drawing(picture, direction=direction, theme=theme)


class Drawing(Saved):
    """A picture of a graph: it shows itself in a notebook and saves itself to a file.

    It keeps what the graph was when it was drawn; what happens to the nodes later does not show.

    >>> from autograd import Value
    >>> drawing = draw(Value(1.0, label="x"))
    >>> drawing.svg.startswith("<svg"), drawing.dot.startswith("digraph")
    (True, True)
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     drawing.save(folder + "/graph.svg").name
    'graph.svg'
    """

    formats: ClassVar[tuple[str, ...]] = (".svg", ".dot", ".html", ".png", ".pdf")

    def __init__(self, picture: Picture, *, direction: Direction = "LR", theme: Theme = "auto") -> None:
        self.picture = picture
        self.direction = direction
        self.theme = theme

    @cached_property
    def _layout(self) -> Layout:
        return place(
            [size(box) for box in self.picture.boxes],
            [(edge.source, edge.target) for edge in self.picture.edges],
            [group.boxes for group in self.picture.groups],
            self.direction,
            joined=[box.id for box in self.picture.boxes if box.fold],
        )

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG element."""
        return svg(self.picture, self._layout, self.theme)

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's DOT language, to style it yourself."""
        return dot(self.picture, self.direction)

    def graphviz(self) -> Source:
        """The graph for the ``graphviz`` package, to be laid out by Graphviz, where that is installed.

        >>> from autograd import Value
        >>> draw(Value(1.0, label="x") * 2).graphviz().source.startswith("digraph")
        True
        """
        from graphviz import Source

        return Source(self.dot)

    @cached_property
    def html(self) -> str:
        """The picture as an HTML document that needs nothing else; its folds open at a click."""
        return html(self.picture, self._layout, self.svg, self.direction, self.theme)

    def __repr__(self) -> str:
        boxes, nodes = len(self.picture.boxes), self.picture.count
        if nodes > boxes:
            return f"<Drawing: {nodes} nodes in {boxes} boxes>"
        return f"<Drawing: {boxes} nodes, {len(self.picture.edges)} edges>"


def _nodes(node: Any) -> Sequence[Node]:
    """One node or several, made sure of."""
    nodes = node if isinstance(node, (list, tuple)) else (node,)
    for each in nodes:
        if not isinstance(each, Node):
            raise TypeError(
                f"draw cannot draw {each!r:.60} ({type(each).__name__}); "
                "pass the Value or Tensor at the end of the computation, a list of them, or a program"
            )
    if not nodes:
        raise ValueError("draw was given an empty list; pass at least one Value or Tensor")
    return nodes


def check(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a choice that is not one of those allowed."""
    if value not in allowed:
        raise ValueError(f"unknown {name} {value!r}: choose one of {', '.join(map(repr, allowed))}")
