"""What a box says of a node, or of the many nodes of a closed fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from autograd.graph import Node
from autograd.recording import Recording
from viz.formatting import MISSING, described, finite_range, is_finite, number
from viz.outline import Fold, Part
from viz.text import shortened, visible

Kind = Literal["leaf", "constant", "operation", "root", "fold", "outside"]
SHOWN = ("data", "grad", "shape", "dtype", "formula", "scope")
_LONGEST_FORMULA = 44
_MOST_VALUES = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a box: a name, empty where the line goes on with the one above, and a text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """One node, or one closed fold.

    Attributes
    ----------
    gradient: the range of its finite gradients, None when not computed or not shown.
    fold: the id of the fold that it stands for, empty for a node.
    count: how many nodes it stands for.
    values: of a fold of numbers side by side the numbers, for a small chart.
    """

    id: int
    kind: Kind
    name: str
    symbol: str
    label: str
    rows: tuple[Row, ...]
    gradient: tuple[float, float] | None = None
    badges: tuple[str, ...] = ()
    fold: str = ""
    count: int = 1
    values: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Overlay:
    """What a picture shows of a backward pass instead of what the nodes hold.

    Attributes
    ----------
    gradients: the gradient of each node that has one.
    flows: what is passed on over each edge: by the node and the position of the argument.
    marks: what is to be said of nodes, such as that one is dead.
    """

    gradients: Mapping[Node, Any] = field(default_factory=dict)
    flows: Mapping[tuple[Node, int], float] = field(default_factory=dict)
    marks: Mapping[Node, str] = field(default_factory=dict)


class BoxMaker:
    """Makes the boxes of one picture: it knows the nodes, their names and what is to be shown."""

    def __init__(
        self,
        nodes: Sequence[Node],
        roots: Sequence[Node],
        *,
        names: Mapping[Node, str],
        show: Sequence[str],
        outside: frozenset[Node] = frozenset(),
        overlay: Overlay | None = None,
        whole: Sequence[Node] = (),
    ) -> None:
        self.nodes, self.show, self.outside = nodes, tuple(show), outside
        self.roots = frozenset(roots)
        self.names, self.overlay = names, overlay
        self.recording: Recording | None = None
        if "formula" in show:
            recording = Recording.of(whole or nodes)
            called = {node: name for node, name in names.items() if not node.label}
            self.recording = replace(recording, names={**recording.names, **called})

    def box(self, index: int, part: Part) -> Box:
        """The box of a part, with a place in the picture."""
        return self._fold(index, part) if isinstance(part, Fold) else self._node(index, self.nodes[part])

    def label(self, node: Node) -> str:
        """The label of a node, or the name of a variable that holds it."""
        return visible(node.label or self.names.get(node, ""))

    def _node(self, index: int, node: Node) -> Box:
        kind = self.kind(node)
        data, grad = node.plain, self._gradient(node)
        rows: list[Row] = []
        for what in self.show:
            if what == "data":
                rows += _rows("data", data)
            elif what == "grad" and kind != "constant":
                rows += _gradient_rows(grad, data)
            elif what == "shape" and node.dtype is not None:
                rows.append(Row("shape", str(node.shape)))
            elif what == "dtype" and node.dtype is not None:
                rows.append(Row("dtype", str(node.dtype)))
            elif what == "formula" and node.parents and self.recording is not None:
                rows.append(Row("", _formula(node, self.recording)))
            elif what == "scope" and node.scope:
                rows.append(Row("in", shortened(visible(node.scope), _LONGEST_FORMULA)))
        finite = is_finite(data) and ("grad" not in self.show or is_finite(grad))
        return Box(
            id=index,
            kind=kind,
            name=visible(node.op) or ("leaf" if kind == "outside" else kind),
            symbol=symbol(node),
            label=self.label(node),
            rows=tuple(rows),
            gradient=finite_range(grad) if "grad" in self.show else None,
            badges=(*(() if finite else ("not finite",)), *self._marks([node])),
        )

    def _fold(self, index: int, fold: Fold) -> Box:
        outputs = [self.nodes[place] for place in fold.outputs or (fold.output,)]
        members = list(fold.members())
        rows: list[Row] = []
        gradient = None
        if "data" in self.show:
            rows += _summary("data", [node.plain for node in outputs])
        if "grad" in self.show and any(node.requires_grad for node in outputs):
            gradients = [self._gradient(node) for node in outputs]
            rows += _summary("grad", gradients)
            gradient = _range(gradients)
        values = [node.plain for node in outputs] if 1 < len(outputs) <= _MOST_VALUES else []
        chart = tuple(values) if "data" in self.show and all(type(value) is float for value in values) else ()
        label = self.label(outputs[0]) if len(outputs) == 1 else ""
        return Box(
            id=index,
            kind="fold" if self.roots.isdisjoint(self.nodes[place] for place in members) else "root",
            name=f"fold {fold.title}",
            symbol=fold.title,
            label=label or fold.summary,
            rows=tuple(rows),
            gradient=gradient,
            badges=(*self._fold_badges(members), *self._fold_marks(outputs, members)),
            fold=fold.id,
            count=len(members),
            values=chart if all(map(np.isfinite, chart)) else (),
        )

    def _fold_badges(self, members: Sequence[int]) -> tuple[str, ...]:
        total = 0.0
        for place in members:
            data = self.nodes[place].plain
            if type(data) is float:
                total += data - data  # 0, or NaN for what is not finite: far cheaper than to ask each
            elif not is_finite(data):
                return ("not finite",)
        return ("not finite",) if total != total else ()

    def _marks(self, nodes: Sequence[Node]) -> list[str]:
        """What is to be said of each of some nodes of which something is to be said."""
        given = {} if self.overlay is None else self.overlay.marks
        return [given[node] for node in nodes if node in given]

    def _fold_marks(self, outputs: Sequence[Node], members: Sequence[int]) -> list[str]:
        """What is to be said of the result of a fold, or else of how many of its nodes."""
        own = self._marks(outputs) if len(outputs) == 1 else []
        said = Counter(self._marks([self.nodes[place] for place in members]))
        return own + [f"{count} × {mark}" for mark, count in said.items() if mark not in own]

    def kind(self, node: Node) -> Kind:
        """How the box of a node is drawn."""
        if node in self.outside:
            return "outside"
        if node.op:
            return "root" if node in self.roots else "operation"
        return "leaf" if node.requires_grad else "constant"

    def _gradient(self, node: Node) -> Any:
        """The gradient as a number or an array; a node itself where it can be differentiated again."""
        grad = node.grad if self.overlay is None else self.overlay.gradients.get(node)
        return grad.plain if isinstance(grad, Node) else grad


def symbol(node: Node) -> str:
    """What stands for the operation of a node; empty for a leaf."""
    return "" if node.operation is None else visible(node.operation.symbol)


def _formula(node: Node, recording: Recording) -> str:
    with np.errstate(all="ignore"):
        try:
            text = recording.made(node).text
        except Exception:  # an operation of the user's own may take nothing but numbers
            text = f"{node.op}({', '.join(recording.names[parent] for parent in node.parents)})"
    return shortened(visible(text), _LONGEST_FORMULA)


def _rows(name: str, data: object) -> tuple[Row, ...]:
    first, *others = described(data)
    return (Row(name, first), *(Row("", line) for line in others))


def _gradient_rows(grad: Any, data: Any) -> tuple[Row, ...]:
    """A gradient has the shape of the data, which need not be said again."""
    rows = _rows("grad", grad)
    if len(rows) > 1 and np.shape(grad) == np.shape(data):
        return (Row("grad", rows[1].text), *rows[2:])
    return rows


def _summary(name: str, numbers: Sequence[Any]) -> tuple[Row, ...]:
    """Of one result all that fits, of several the least and the greatest."""
    if len(numbers) == 1:
        return _rows(name, numbers[0])
    bounds = _range(numbers)
    if bounds is None:
        return (Row(name, MISSING),)
    least, most = map(number, bounds)
    return (Row(name, least if least == most else f"{least} … {most}"),)


def _range(numbers: Sequence[Any]) -> tuple[float, float] | None:
    """The least and the greatest of the finite numbers, those in arrays included."""
    floats = np.array([value for value in numbers if type(value) is float])
    ranges = [finite_range(value) for value in numbers if type(value) is not float]
    ranges.append(finite_range(floats) if floats.size else None)
    known = [bounds for bounds in ranges if bounds is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None
