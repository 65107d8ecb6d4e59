"""What every operation is tested on: inputs, and the same function computed in an independent way.

An elementwise row of the rule book needs no entry: it is sampled from its domain. A row on arrays, and a
function composed of rows, takes its example inputs and its reference from one of the two tables below.
"""

from __future__ import annotations

import importlib
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

import autograd
from autograd import functions
from autograd.operation import REAL, TABLE, Interval, Operation

for _path in sorted(Path(autograd.__file__).parent.glob("*_ops.py")):
    importlib.import_module(
        f"autograd.{_path.stem}"
    )  # every part of the rule book, also what only nn imports

Shape = tuple[int, ...]
POINTS = 8
CLEARANCE = 0.03
"""Kinks lie at round numbers and at ties; samples stay this far from both."""


def random_generator(name: str) -> np.random.Generator:
    """Random numbers that are the same every time, and different for each name."""
    return np.random.default_rng(zlib.crc32(name.encode()))


# -- elementwise rows -------------------------------------------------------------------------

ELEMENTWISE = [row for row in TABLE.values() if row.kind == "elementwise"]

MPMATH: dict[str, Callable[..., Any]] = {
    "abs": mpmath.fabs,
    "add": lambda a, b: a + b,
    "clip": lambda x, low, high: min(max(x, low), high),
    "div": lambda a, b: a / b,
    "log2": lambda x: mpmath.log(x, 2),
    "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "maximum": max,
    "minimum": min,
    "mul": lambda a, b: a * b,
    "neg": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: max(x, 0),
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "scale": lambda g, slope: g * slope,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "square": lambda x: x * x,
    "sub": lambda a, b: a - b,
    "where": lambda condition, a, b: a if condition else b,
}
"""The operations that mpmath does not have under the same name."""


def exact(row: Operation) -> Callable[..., Any] | None:
    """The operation computed with many digits, or None for a name that mpmath does not know."""
    return MPMATH.get(row.name) or getattr(mpmath, row.name, None)


def number_in(interval: Interval, random: np.random.Generator, others: Sequence[float] = ()) -> float:
    """A number inside an interval, away from round numbers and from the others."""
    while True:
        x = float(random.uniform(*interval))
        if abs(2 * x - round(2 * x)) > 2 * CLEARANCE and all(abs(x - other) > CLEARANCE for other in others):
            return x


def points(row: Operation, count: int = POINTS) -> list[tuple[float, ...]]:
    """Inputs of an elementwise row, taken from its domain."""
    random = random_generator(row.name)
    drawn = []
    for _ in range(count):
        point: list[float] = []
        for interval in row.domain:
            point.append(number_in(interval, random, point))
        drawn.append(tuple(point))
    return drawn


BROADCAST: list[tuple[Shape, Shape, Shape]] = [
    ((2, 3), (2, 3), (2, 3)),
    ((3,), (2, 3), ()),
    ((2, 1), (1, 3), (2, 3)),
    ((), (2, 1, 2), (2,)),
    ((1,), (3,), (3, 1)),
    ((0, 2), (2,), (1, 1)),
]
"""Shapes for up to three inputs of an elementwise operation."""


# -- arrays -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One function of arrays with example shapes, and the same function in NumPy."""

    name: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    shapes: tuple[Shape, ...]
    interval: Interval = REAL
    analytic: bool = True  # whether it can be computed with complex numbers
    prepare: Callable[..., Any] = field(default=lambda *arrays: arrays)
    row: Operation | None = None
    static: dict[str, Any] = field(default_factory=dict)

    def inputs(self, number: int = 0) -> tuple[Any, ...]:
        """Arrays whose elements are all different, away from kinks; another set for each number."""
        random = random_generator(f"{self.name}{self.shapes}{number}")
        sizes = [math.prod(shape) for shape in self.shapes]
        low, high = self.interval
        # Evenly spaced numbers in random order, a bit off so that none is round.
        spacing = (high - low) / (sum(sizes) + 1)
        numbers = low + spacing * (0.5 + np.arange(sum(sizes)) + random.uniform(0.1, 0.4))
        assert spacing > CLEARANCE or not self.shapes, f"{self.name}: too many elements for the interval"
        numbers = np.where(np.abs(numbers) < CLEARANCE, CLEARANCE, numbers)
        parts = np.split(random.permutation(numbers), np.cumsum(sizes)[:-1])
        arrays = [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]
        return tuple(self.prepare(*arrays))

    def __str__(self) -> str:
        arguments = [str(shape) for shape in self.shapes] + [f"{k}={v}" for k, v in self.static.items()]
        return f"{self.name}({', '.join(arguments)})"


def well_conditioned(a: Any, *others: Any) -> tuple[Any, ...]:
    """Add to the diagonal, so that the matrix is far from a singular one."""
    return (a + 3 * np.eye(a.shape[-1]), *others)


def _cumulated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A running sum or product, one slice after the other."""

    def reference(x: Any, axis: int) -> Any:
        lines = np.moveaxis(np.asarray(x), axis, 0)
        return np.moveaxis(
            np.array([function(lines[: i + 1], axis=0) for i in range(len(lines))]).reshape(lines.shape),
            0,
            axis,
        )

    return reference


def _scattered(x: Any, index: Any, shape: Shape) -> Any:
    """Zeros with x added at the index, one element at a time."""
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    flat = np.zeros(math.prod(shape), np.asarray(x).dtype)
    for place, element in zip(np.ravel(places), np.ravel(x), strict=True):
        flat[place] += element
    return flat.reshape(shape)


def _exponential_share(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis, keepdims=True)


def _adjoint(function: Callable[[Any], Any], shape: Shape, y: Any) -> Any:
    """The transpose of a linear function of arrays of this shape, from its values alone."""
    units = np.eye(math.prod(shape)).reshape(-1, *shape)
    return np.array([np.sum(function(unit) * y) for unit in units]).reshape(shape)


def _windows(x: Any, size: Shape, stride: Shape, padding: Shape, dilation: Shape, value: float = 0.0) -> Any:
    """The window at every place, one element at a time: (N, C, *size, *places)."""
    wide = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)), constant_values=value)
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    counts = [(n - span) // s + 1 for n, span, s in zip(wide.shape[2:], spans, stride, strict=True)]
    result = np.zeros((*x.shape[:2], *size, *counts), x.dtype)
    for element in np.ndindex(*size):
        for place in np.ndindex(*counts):
            at = tuple(e * d + p * s for e, d, p, s in zip(element, dilation, place, stride, strict=True))
            result[(..., *element, *place)] = wide[(..., *at)]
    return result


def _convolve(x: Any, weight: Any, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Any:
    """Each output channel is a sum of products over the window of the input channels of its group."""
    spread = _windows(x, weight.shape[2:], stride, padding, dilation)
    axes, inside, outside = weight.ndim - 2, weight.shape[1], len(weight) // groups
    outputs = []
    for channel, kernel in enumerate(weight):
        first = channel // outside * inside
        inputs = np.moveaxis(spread[:, first : first + inside], 0, 1 + axes)  # (C/G, *size, N, *places)
        outputs.append(np.tensordot(kernel, inputs, axes=1 + axes))
    return np.stack(outputs, axis=1)


def _max_pool(x: Any, size: Shape, **window: Any) -> Any:
    spread = _windows(x, size, value=-math.inf, **window)
    return np.max(spread, axis=tuple(range(2, 2 + len(size))))


def _cofactor(x: Any) -> Any:
    """Each element's determinant of what is left without its row and its column, with a sign."""
    n = x.shape[-1]
    result = np.empty_like(x)
    for i, j in np.ndindex(n, n):
        left = np.delete(np.delete(x, i, axis=-2), j, axis=-1)
        result[..., i, j] = (-1) ** (i + j) * np.linalg.det(left)
    return result


def _lstm(z: Any, h: Any, c: Any, weight: Any) -> Any:
    """Hochreiter and Schmidhuber (1997) with the forget gate, a step at a time; the gates are i, f, g, o."""
    steps = []
    h, c = h.T, c.T
    for row in z:
        i, f, g, o = np.split(row.T + weight @ h, 4)
        i, f, g, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), np.tanh(g), 1 / (1 + np.exp(-o))
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append(np.concatenate([h, c, i, f, o, g, np.tanh(c)]).T)
    return np.array(steps)


def _attention(query: Any, key: Any, value: Any, heads: int, scale: float, mask: Any) -> Any:
    """Place by place, head by head."""
    width = query.shape[-1]
    result = np.zeros((*query.shape[:-1], width))
    for at in np.ndindex(*query.shape[:-2], heads, query.shape[-2]):
        *batch, head, to = at
        own = slice(head * width // heads, (head + 1) * width // heads)
        scores = key[(*batch, slice(None), own)] @ query[(*batch, to, own)] * scale + mask[to]
        weights = np.exp(scores) / np.exp(scores).sum()
        result[(*batch, to, own)] = weights @ value[(*batch, slice(None), own)]
    return result


def _standardized(x: Any, axis: Shape, eps: float) -> Any:
    return (x - np.mean(x, axis, keepdims=True)) / np.sqrt(np.var(x, axis, keepdims=True) + eps)


REFERENCES: dict[str, Callable[..., Any]] = {
    "affine": lambda bias, *pairs: (
        bias + sum(w * x for w, x in zip(pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :], strict=True))
    ),
    "amax": lambda x, axis=None, keepdims=False: -np.min(-x, axis=axis, keepdims=keepdims),
    "amin": lambda x, axis=None, keepdims=False: -np.max(-x, axis=axis, keepdims=keepdims),
    "astype": lambda x, dtype: np.array(x, dtype),
    "attention": _attention,
    "broadcast_to": lambda x, shape: x + np.zeros(shape),
    "concatenate_all": lambda *inputs, axis: np.moveaxis(
        np.array([line for x in inputs for line in np.moveaxis(x, axis, 0)]), 0, axis
    ),
    "cumprod_along": _cumulated(np.prod),
    "cumsum_along": _cumulated(np.sum),
    "convolve": _convolve,
    "convolve_input": lambda y, weight, lengths, groups, **window: _adjoint(
        lambda x: _convolve(x, weight, groups=groups, **window),
        (len(y), weight.shape[1] * groups, *lengths),
        y,
    ),
    "convolve_weight": lambda x, y, size, groups, **window: _adjoint(
        lambda weight: _convolve(x, weight, groups=groups, **window),
        (y.shape[1], x.shape[1] // groups, *size),
        y,
    ),
    "cofactor": _cofactor,
    "cross_entropy": lambda logits, classes, reduction="none": {
        "none": lambda losses: losses,
        "mean": np.mean,
        "sum": np.sum,
    }[reduction](-np.log(np.take_along_axis(_exponential_share(logits), classes[:, None], axis=1)[:, 0])),
    "det": lambda x: np.prod(np.linalg.eigvals(x), axis=-1).real,
    "einsum_all": lambda *inputs, subscripts: np.einsum(subscripts, *inputs),
    "euclidean_norm": lambda x, axis=None, keepdims=False: np.sqrt(
        np.sum(x * x, axis=axis, keepdims=keepdims)
    ),
    "getitem": lambda x, index: np.arange(x.size).reshape(x.shape)[index] * 0.0 + x[index],
    "identity": lambda x: x,
    "inv": lambda x: np.linalg.solve(x, np.broadcast_to(np.eye(x.shape[-1]), x.shape)),
    "linear": lambda x, weight, bias: np.einsum("...i,oi->...o", x, weight) + bias,
    "log_softmax": lambda x, axis=-1: np.log(_exponential_share(x, axis)),
    "logsumexp": lambda x, axis=None, keepdims=False: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "lstm": _lstm,
    "max_pool": _max_pool,
    "matmul": lambda a, b: (
        np.dot(a, b)
        if a.ndim == 1 or b.ndim <= 2
        else np.sum(a[..., :, :, None] * b[..., None, :, :], axis=-2)
    ),
    "mean": lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
    "overlap": lambda x, lengths, **window: _adjoint(
        lambda z: _windows(z, x.shape[2 : 2 + len(lengths)], **window), (*x.shape[:2], *lengths), x
    ),
    "prod": lambda x, axis=None, keepdims=False: np.multiply.reduce(
        x, axis=tuple(range(x.ndim)) if axis is None else axis, keepdims=keepdims
    ),
    "reshape": lambda x, shape: np.array(list(np.ravel(x))).reshape(shape),
    "roll": lambda x, shift, axis=None: np.roll(x, shift, axis),
    "scatter": _scattered,
    "rms_norm": lambda x, axis, eps: x / np.sqrt(np.mean(x * x, axis, keepdims=True) + eps),
    "softmax": _exponential_share,
    "solve": lambda a, b: (
        np.einsum("...ij,...j->...i", np.linalg.inv(a), b)
        if b.ndim == 1
        else np.einsum("...ij,...jk->...ik", np.linalg.inv(a), b)
    ),
    "sort": lambda x, axis=-1: np.apply_along_axis(lambda line: np.array(sorted(line)), axis, x),
    "standardize": _standardized,
    "sum": lambda x, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    "swapaxes": lambda x, axis1, axis2: np.swapaxes(x, axis1, axis2),
    "transpose": lambda x, axes=None: np.transpose(x, axes),
    "windows": _windows,
}

REDUCTIONS: list[tuple[Shape, dict[str, Any]]] = [
    ((2, 3), {}),
    ((2, 3), {"axis": 0}),
    ((2, 3), {"axis": -1, "keepdims": True}),
    ((2, 3, 2), {"axis": (0, 2)}),
    ((2, 3, 2), {"axis": (-1, 0), "keepdims": True}),
    ((3,), {"keepdims": True}),
    ((), {}),
    ((1, 4), {"axis": 0}),
]
ALONG: list[tuple[Shape, dict[str, Any]]] = [
    ((4,), {"axis": 0}),
    ((2, 3), {"axis": 0}),
    ((2, 3), {"axis": -1}),
    ((2, 3, 2), {"axis": 1}),
    ((1,), {"axis": 0}),
]
MATRICES: list[tuple[Shape, dict[str, Any]]] = [((3, 3), {}), ((2, 2, 2), {}), ((1, 1), {})]

LINE = {"stride": (1,), "padding": (0,), "dilation": (1,)}
SPARSE = {"stride": (2,), "padding": (1,), "dilation": (2,)}
PLANE = {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2)}

ARRAYS: dict[str, list[tuple[Any, dict[str, Any]]]] = {
    "affine": [(((),) * 7, {}), (((2,),) * 5, {}), (((), (), (2, 2)), {})],
    "amax": REDUCTIONS,
    "amin": REDUCTIONS,
    "astype": [((2, 3), {"dtype": float})],
    "broadcast_to": [((3,), {"shape": (2, 3)}), ((2, 1), {"shape": (3, 2, 2)}), ((), {"shape": (2, 2)})],
    "concatenate_all": [
        (((2,), (3,)), {"axis": 0}),
        (((2, 3), (2, 1), (2, 2)), {"axis": 1}),
        (((2, 2), (1, 2)), {"axis": -2}),
    ],
    "cumprod_along": ALONG,
    "cumsum_along": ALONG,
    "cofactor": MATRICES,
    "det": MATRICES,
    "einsum_all": [
        (((2, 3), (3, 2)), {"subscripts": "ij,jk->ik"}),
        (((2, 3),), {"subscripts": "ij->j"}),
        (((2, 3), (2,), (3,)), {"subscripts": "ij,i,j->"}),
        (((2, 3), (2, 2)), {"subscripts": "ab,cd->bd"}),
        (((3,), (2,)), {"subscripts": "i,j->ji"}),
    ],
    "euclidean_norm": REDUCTIONS,
    "getitem": [
        ((4,), {"index": 1}),
        ((4,), {"index": slice(None, None, -2)}),
        ((3, 2), {"index": (..., 0)}),
        ((3, 2), {"index": (None, slice(1, None))}),
        ((3, 2), {"index": np.array([0, 2, 0])}),
        ((3, 2), {"index": (np.array([0, 2, 0]), np.array([1, 1, 1]))}),
        ((2, 2), {"index": np.array([[True, False], [True, True]])}),
        ((2, 3, 2), {"index": (slice(None), np.array([1, 1]), 0)}),
    ],
    "identity": [((2, 3), {}), ((), {})],
    "inv": MATRICES,
    "log_softmax": [((4,), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": 1})],
    "logsumexp": REDUCTIONS,
    "convolve": [
        (((2, 2, 5), (3, 2, 2)), {**LINE, "groups": 1}),
        (((1, 2, 6), (4, 1, 2)), {**SPARSE, "groups": 2}),
        (((2, 1, 4, 3), (2, 1, 2, 2)), {**PLANE, "groups": 1}),
    ],
    "convolve_input": [
        (((2, 3, 4), (3, 2, 2)), {**LINE, "groups": 1, "lengths": (5,)}),
        (((1, 4, 3), (4, 1, 2)), {**SPARSE, "groups": 2, "lengths": (6,)}),
        (((2, 2, 2, 3), (2, 1, 2, 2)), {**PLANE, "groups": 1, "lengths": (4, 3)}),
    ],
    "convolve_weight": [
        (((2, 2, 5), (2, 3, 4)), {**LINE, "groups": 1, "size": (2,)}),
        (((1, 2, 6), (1, 4, 3)), {**SPARSE, "groups": 2, "size": (2,)}),
        (((2, 1, 4, 3), (2, 2, 2, 3)), {**PLANE, "groups": 1, "size": (2, 2)}),
    ],
    "attention": [
        (((3, 4), (3, 4), (3, 4)), {"heads": 2, "scale": 0.7, "mask": np.triu(np.full((3, 3), -np.inf), 1)}),
        (((2, 2, 2), (2, 3, 2), (2, 3, 2)), {"heads": 1, "scale": 1.0, "mask": np.zeros((2, 3))}),
    ],
    "cross_entropy": [
        ((3, 4), {"classes": np.array([0, 3, 0])}),
        ((1, 2), {"classes": np.array([1])}),
        ((3, 4), {"classes": np.array([0, 3, 0]), "reduction": "mean"}),
        ((2, 3), {"classes": np.array([2, 1]), "reduction": "sum"}),
    ],
    "linear": [(((3, 2), (4, 2), (4,)), {}), (((2,), (3, 2), (3,)), {}), (((2, 2, 3), (1, 3), (1,)), {})],
    "lstm": [
        (((3, 3, 8), (3, 2), (3, 2), (8, 2)), {}),
        (((1, 1, 4), (1, 1), (1, 1), (4, 1)), {}),
    ],
    "max_pool": [
        ((2, 1, 5), {**LINE, "size": (2,)}),
        ((1, 2, 6), {**SPARSE, "size": (3,)}),
        ((2, 1, 4, 3), {**PLANE, "size": (2, 2)}),
    ],
    "matmul": [
        (((2, 3), (3, 2)), {}),
        (((3,), (3,)), {}),
        (((2, 3), (3,)), {}),
        (((3,), (3, 2)), {}),
        (((2, 2, 3), (2, 3, 2)), {}),
        (((2, 2, 3), (3, 2)), {}),
        (((2, 3), (2, 3, 1)), {}),
        (((3, 1, 1, 2), (2, 2, 1)), {}),
    ],
    "mean": REDUCTIONS,
    "overlap": [
        ((2, 1, 2, 4), {**LINE, "lengths": (5,)}),
        ((1, 2, 3, 2), {**SPARSE, "lengths": (6,)}),
        ((1, 2, 2, 2, 2, 3), {**PLANE, "lengths": (4, 3)}),
    ],
    "prod": REDUCTIONS,
    "reshape": [((2, 3), {"shape": (3, 2)}), ((2, 3), {"shape": -1}), ((), {"shape": (1, 1)})],
    "roll": [
        ((4,), {"shift": 1}),
        ((2, 3), {"shift": 2}),
        ((2, 3), {"shift": -1, "axis": 1}),
        ((2, 3), {"shift": (1, 2), "axis": (0, 1)}),
    ],
    "scatter": [
        ((2,), {"index": slice(1, 3), "shape": (4,)}),
        ((3,), {"index": np.array([1, 1, 0]), "shape": (2,)}),
        ((2, 2), {"index": (slice(None), np.array([2, 0])), "shape": (2, 3)}),
    ],
    "rms_norm": [((3, 4), {"axis": (1,), "eps": 1e-5}), ((2, 3, 2), {"axis": (1, 2), "eps": 0.1})],
    "softmax": [((4,), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": 1})],
    "solve": [(((3, 3), (3,)), {}), (((2, 2), (2, 3)), {}), (((2, 2, 2), (2, 2, 1)), {})],
    "sort": [((5,), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": -1})],
    "standardize": [
        ((4, 3), {"axis": (0,), "eps": 1e-5}),
        ((2, 3, 2), {"axis": (1, 2), "eps": 0.1}),
    ],
    "sum": REDUCTIONS,
    "swapaxes": [((2, 3), {"axis1": 0, "axis2": 1}), ((2, 3, 2), {"axis1": -1, "axis2": 0})],
    "transpose": [
        ((2, 3), {}),
        ((2, 3, 2), {"axes": (1, 2, 0)}),
        ((2, 3, 2), {"axes": (-1, 0, 1)}),
        ((), {}),
    ],
    "windows": [
        ((2, 1, 5), {**LINE, "size": (2,)}),
        ((1, 2, 6), {**SPARSE, "size": (3,)}),
        ((1, 2, 4, 3), {**PLANE, "size": (2, 2)}),
    ],
}
"""Shapes (one, or a tuple of several) and static arguments for every row on arrays."""

NOT_ANALYTIC = {
    "astype",  # drops the imaginary part
    "cofactor",  # its singular vectors are conjugated
    "euclidean_norm",  # takes absolute values
    "max_pool",  # compares with minus infinity
}
PREPARED: dict[str, Callable[..., Any]] = {
    "inv": well_conditioned,
    "cofactor": well_conditioned,
    "det": well_conditioned,
    "solve": well_conditioned,
}


def _row_case(name: str, shapes: Any, static: dict[str, Any]) -> Case:
    row = TABLE[name]
    several = shapes and isinstance(shapes[0], tuple)
    return Case(
        name,
        lambda *inputs: row(*inputs, **static),
        lambda *inputs: REFERENCES[name](*inputs, **static),
        shapes if several else (shapes,),
        analytic=name not in NOT_ANALYTIC,
        prepare=PREPARED.get(name, lambda *arrays: arrays),
        row=row,
        static=static,
    )


ROW_CASES = [
    _row_case(name, shapes, static)
    for name, entries in ARRAYS.items()
    if name in TABLE
    for shapes, static in entries
]

# -- compositions -----------------------------------------------------------------------------


def _normal_distribution(x: Any) -> Any:
    """Φ(x), element by element."""
    return np.vectorize(lambda z: float(mpmath.ncdf(z)), otypes=[float])(x)


def _compositions() -> list[Case]:
    cases: list[Case] = []

    def add(
        call: Callable[..., Any], reference: Callable[..., Any], *shapes: Shape, of: str = "", **options: Any
    ) -> None:
        cases.append(Case(of, call, reference, shapes, **options))

    def activation(name: str, reference: Callable[..., Any], *arguments: Any, analytic: bool = False) -> None:
        function = getattr(autograd, name)
        for shape in ((2, 3), ()):
            add(lambda x: function(x, *arguments), reference, shape, of=name, analytic=analytic)

    activation("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x))
    activation("leaky_relu", lambda x: np.where(x > 0, x, 0.3 * x), 0.3)
    activation("elu", lambda x: np.where(x > 0, x, np.exp(x) - 1))
    activation("elu", lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1)), 0.5)
    activation(
        "selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))
    )
    activation("silu", lambda x: x / (1 + np.exp(-x)))
    activation("mish", lambda x: x * np.tanh(np.log(1 + np.exp(x))))
    activation("gelu", lambda x: x * _normal_distribution(x))
    activation(
        "gelu_tanh",
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        analytic=True,
    )
    activation("softsign", lambda x: x / (1 + np.abs(x)))
    activation("logsigmoid", lambda x: -np.log(1 + np.exp(-x)))
    activation("clip", lambda x: np.clip(x, -1.0, 1.0), -1.0, 1.0)
    activation("clip", lambda x: np.minimum(x, 0.7), None, 0.7)
    activation("clip", lambda x: np.maximum(x, 0.7), 0.7)
    add(autograd.clip, np.clip, (2, 3), (3,), (2, 1), of="clip", analytic=False)

    for shape, static in REDUCTIONS:
        axis, keepdims = static.get("axis"), static.get("keepdims", False)
        many = shape not in ((), (1, 4))

        def over(function: Any, options: dict[str, Any] = static, **more: Any) -> Callable[..., Any]:
            return lambda x: function(x, **options, **more)

        add(over(autograd.var), over(np.var), shape, of="var")
        if many:
            add(over(autograd.var, ddof=1), over(np.var, ddof=1), shape, of="var")
            add(over(autograd.std), over(np.std), shape, of="std", analytic=False)
            add(over(autograd.std, ddof=1), over(np.std, ddof=1), shape, of="std", analytic=False)
        for order in (None, 1, 2, 3, math.inf):

            def p_norm(x: Any, p: Any = order, axis: Any = axis, keepdims: bool = keepdims) -> Any:
                size = np.abs(x)
                if p == math.inf:
                    return np.max(size, axis=axis, keepdims=keepdims)
                p = p or 2
                return np.sum(size**p, axis=axis, keepdims=keepdims) ** (1 / p)

            add(over(autograd.norm, ord=order), p_norm, shape, of="norm", analytic=False)

    for name in ("cumsum", "cumprod"):
        ours, theirs = getattr(autograd, name), getattr(np, name)
        add(lambda x, f=ours: f(x), lambda x, f=theirs: f(x), (2, 3), of=name)
        add(lambda x, f=ours: f(x, axis=1), lambda x, f=theirs: f(x, axis=1), (2, 3), of=name)
        add(lambda x, f=ours: f(x, axis=-2), lambda x, f=theirs: f(x, axis=-2), (2, 3), of=name)

    for a, b in [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((2, 3), (3, 2)),
        ((), (2,)),
        ((2, 2), ()),
        ((2, 3), (2, 3, 1)),
        ((2,), (2, 2, 1)),
        ((2, 2, 2), (2,)),
    ]:
        add(autograd.dot, np.dot, a, b, of="dot")
    add(autograd.outer, np.outer, (2,), (3,), of="outer")
    add(autograd.outer, np.outer, (2, 2), (3,), of="outer")

    for subscripts, shapes in [
        ("i,i->", ((3,), (3,))),
        ("ij,jk", ((2, 3), (3, 2))),
        ("ij->ji", ((2, 3),)),
        ("ba", ((2, 3),)),
        ("ii->", ((3, 3),)),
        ("ii->i", ((3, 3),)),
        ("iij->j", ((2, 2, 3),)),
        ("...i,i->...", ((2, 2, 3), (3,))),
        ("i...,...->i...", ((2, 3), (3,))),
        ("...ij,...jk", ((2, 1, 2), (2, 2, 2))),
        ("...ij,jk", ((2, 2, 3), (3, 1))),
        ("i,j,k->kji", ((2,), (2,), (2,))),
        ("ij,kl->", ((2, 2), (2, 2))),
        (" i j , j -> i ", ((2, 3), (3,))),
        ("iji->j", ((2, 3, 2),)),
        ("iii->i", ((2, 2, 2),)),
    ]:
        add(
            lambda *x, s=subscripts: autograd.einsum(s, *x),
            lambda *x, s=subscripts: np.einsum(s, *x),
            *shapes,
            of="einsum",
        )
    for axes, shapes in [
        (1, ((2, 3), (3, 2))),
        (2, ((2, 2, 3), (2, 3, 1))),
        (0, ((2,), (3,))),
        (([0], [1]), ((3, 2), (2, 3))),
        (((0, 1), (1, 0)), ((2, 3), (3, 2))),
        ((0, -1), ((3, 2), (2, 3))),
    ]:
        add(
            lambda a, b, axes=axes: autograd.tensordot(a, b, axes=axes),
            lambda a, b, axes=axes: np.tensordot(a, b, axes=axes),
            *shapes,
            of="tensordot",
        )
    for k in (-1, 0, 2):
        for name, shape in [
            ("diag", (3, 3)),
            ("diag", (2, 4)),
            ("diag", (3,)),
            ("tril", (3, 4)),
            ("triu", (3, 4)),
            ("tril", (2, 2, 2)),
            ("triu", (2, 2, 2)),
        ]:
            ours, theirs = getattr(autograd, name), getattr(np, name)
            add(lambda x, f=ours, k=k: f(x, k), lambda x, f=theirs, k=k: f(x, k), shape, of=name)
    add(autograd.trace, np.trace, (3, 3), of="trace")
    add(autograd.trace, np.trace, (2, 3), of="trace")

    def same(name: str, shape: Shape, *arguments: Any, **options: Any) -> None:
        """A function that NumPy has with the same arguments."""
        ours, theirs = getattr(autograd, name), getattr(np, name)
        add(
            lambda x: ours(x, *arguments, **options),
            lambda x: theirs(x, *arguments, **options),
            shape,
            of=name,
        )

    same("moveaxis", (2, 3, 2), 0, -1)
    same("moveaxis", (2, 3, 2), -1, 0)
    same("moveaxis", (2, 3, 2), (0, 1), (2, 0))
    same("moveaxis", (2, 1, 3), [0, 2], [1, 0])
    same("expand_dims", (2, 3), 0)
    same("expand_dims", (2, 3), -1)
    same("expand_dims", (2, 3), (0, 2))
    same("expand_dims", (), 0)
    same("squeeze", (2, 1, 3, 1))
    same("squeeze", (2, 1, 3, 1), 1)
    same("squeeze", (2, 1, 3, 1), (1, -1))
    same("flip", (4,))
    same("flip", (2, 3))
    same("flip", (2, 3), 0)
    same("flip", (2, 3, 2), (0, -1))
    same("tile", (3,), 2)
    same("tile", (2, 3), 2)
    same("tile", (2, 3), (2, 1))
    same("tile", (2,), (2, 2, 1))
    same("tile", (), 3)
    same("repeat", (3,), 2)
    same("repeat", (2, 3), 2)
    same("repeat", (2, 3), 2, 0)
    same("repeat", (2, 3), 2, axis=-1)
    same("repeat", (3,), [1, 0, 2])
    same("take", (5,), [0, 3, 3])
    same("take", (5,), np.array([[0, -1], [2, 0]]))
    same("take", (2, 3), [5, 0])
    same("take", (2, 3), [2, 0, 2], axis=1)
    same("take", (2, 3), 1, axis=-1)
    same("pad", (3,), ((1, 2),))
    same("pad", (2, 3), ((0, 1), (2, 0)))
    same("pad", (2, 2), 1)
    add(
        lambda x: autograd.pad(x, ((1, 0), (0, 2)), value=7.0),
        lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=7.0),
        (2, 2),
        of="pad",
    )
    for index in (0, slice(1, None), (..., -1), [1, 0, 1], (None, 0), (slice(None), [2, 2])):
        add(lambda x, i=index: autograd.getitem(x, i), lambda x, i=index: x[i], (2, 3), of="getitem")

    for axis in (0, 1, -1):
        for name in ("stack", "concatenate"):
            ours, theirs = getattr(autograd, name), getattr(np, name)
            add(
                lambda *x, f=ours, axis=axis: f(x, axis=axis),
                lambda *x, f=theirs, axis=axis: f(x, axis=axis),
                (2, 2),
                (2, 2),
                (2, 2),
                of=name,
            )
    add(lambda *x: autograd.stack(x, axis=-1), lambda *x: np.stack(x, axis=-1), (), (), of="stack")
    add(lambda *x: autograd.concatenate(x), lambda *x: np.hstack(x), (1,), (3,), of="concatenate")
    return cases


COMPOSITION_CASES = _compositions()
_METHODS = (*functions.SCALAR_METHODS, *functions.ARRAY_METHODS)
_MODULES = {function.__module__ for function in _METHODS if not isinstance(function, Operation)}
COMPOSITIONS = {
    name: function
    for name in autograd.__all__
    if getattr(function := getattr(autograd, name), "__module__", "") in _MODULES
}
"""Every public function that is composed of rows: those in the modules that the methods come from."""
