"""The rule book, part three: products of matrices, systems of equations, and a neuron.

Written as part two is: see ``array_ops.py``.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from .array_ops import Number, broadcast_to, newaxis, reshape, shape_of, sum, swapaxes, transpose
from .operation import Operation, row

# -- linear algebra ---------------------------------------------------------------------------


def _dropaxis(x: Number, axis: int) -> Number:
    shape = shape_of(x)
    at = len(shape) + axis
    return reshape(x, (*shape[:at], *shape[at + 1 :]))


def over_batch(a: Number, b: Number) -> Number:
    """The sum of ``a @ bᵀ`` over all axes but the last two, as one product."""
    last = len(shape_of(a)) - 1
    rows = (last - 1, *range(last - 1), last)
    a, b = transpose(a, rows), transpose(b, rows)
    return reshape(a, (shape_of(a)[0], -1)) @ reshape(b, (shape_of(b)[0], -1)).T


def _matmul_left(g: Number, y: Number, a: Number, b: Number) -> Number:
    axes_a, axes_b = len(a.shape), len(b.shape)
    if axes_a == axes_b == 2:
        return g @ b.T
    if axes_b == 1:
        return newaxis(g, -1) * b
    if axes_a == 1:
        return _dropaxis(matmul(b, newaxis(g, -1)), -1)
    if axes_a == 2:  # one product over the batch, not one an item
        return over_batch(g, b)
    return g @ (b.T if axes_b == 2 else swapaxes(b, -1, -2))


def _matmul_right(g: Number, y: Number, a: Number, b: Number) -> Number:
    axes_a, axes_b = len(a.shape), len(b.shape)
    if axes_a == axes_b == 2:
        return a.T @ g
    if axes_a == 1:
        return a * g if axes_b == 1 else newaxis(a, -1) * newaxis(g, -2)
    if axes_b == 1:
        return _dropaxis(matmul(swapaxes(a, -1, -2), newaxis(g, -1)), -1)
    if axes_b == 2:  # one product over the batch, not one an item
        return reshape(a, (-1, a.shape[-1])).T @ reshape(g, (-1, g.shape[-1]))
    return (a.T if axes_a == 2 else swapaxes(a, -1, -2)) @ g


matmul: Operation = row(
    "matmul",
    np.matmul,
    _matmul_left,
    _matmul_right,
    kind="multilinear",
    symbol="@",
    doc="The product of matrices, (..., n, k) @ (..., k, m) to (..., n, m); a vector is a row at the left "
    "and a column at the right.",
)


def _einsum_joint(g: Number, y: Number, *inputs: Number, subscripts: str) -> list[Number]:
    letters, result = subscripts.split("->")
    terms = letters.split(",")
    gradients = []
    for position, term in enumerate(terms):
        others = [x for i, x in enumerate(inputs) if i != position]
        known = [t for i, t in enumerate(terms) if i != position] + [result]
        found = "".join(letter for letter in term if any(letter in t for t in known))
        gradient = einsum_all(*others, g, subscripts=f"{','.join(known)}->{found}")
        # A letter that only this input has was summed alone: its gradient is the same all along.
        sizes = dict(zip(term, shape_of(inputs[position]), strict=True))
        kept = tuple(sizes[letter] if letter in found else 1 for letter in term)
        if found != term:
            gradient = broadcast_to(reshape(gradient, kept), shape_of(inputs[position]))
        gradients.append(gradient)
    return gradients


einsum_all: Operation = row(
    "einsum_all",
    lambda *inputs, subscripts: np.einsum(subscripts, *inputs),
    joint=_einsum_joint,
    kind="multilinear",
    symbol="einsum",
    doc="einsum with explicit output and no letter twice in one input, see ``functions.einsum``.",
)


def _transposed(x: Number) -> Number:
    return swapaxes(x, -1, -2)


def _solve_matrix_rule(g: Number, y: Number, a: Number, b: Number) -> Number:
    back = solve(_transposed(a), g)
    if len(shape_of(b)) == 1:
        return -newaxis(back, -1) * newaxis(y, -2)
    return -matmul(back, _transposed(y))


def _cofactor(x: Any) -> Any:
    """By singular values, which a matrix without an inverse has too: U diag(products of the others) Vᵀ."""
    u, s, v = np.linalg.svd(x)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    sign = np.linalg.det(u) * np.linalg.det(v)
    return sign[..., None, None] * np.matmul(u * others[..., None, :], v)


def _cofactor_rule(g: Number, y: Number, x: Number) -> Number:
    s = _transposed(inv(x))
    along = sum(g * s, axis=(-2, -1), keepdims=True) * y
    return along - matmul(matmul(y, _transposed(g)), s)


inv: Operation = row(
    "inv",
    np.linalg.inv,
    lambda g, y, x: -matmul(matmul(_transposed(y), g), _transposed(y)),
    doc="The inverse of a matrix, or of each in (..., n, n); numpy.linalg.LinAlgError where there is none.",
)
cofactor: Operation = row(
    "cofactor",
    _cofactor,
    _cofactor_rule,
    whole=True,
    doc="``det(x) inv(x)ᵀ``, also where there is no inverse: the slope of the determinant (Jacobi 1841).",
)
det: Operation = row(
    "det",
    np.linalg.det,
    lambda g, y, x: newaxis(newaxis(g, -1), -1) * cofactor(x),
    doc="The determinant of a matrix, or of each in (..., n, n).",
)
solve: Operation = row(
    "solve",
    np.linalg.solve,
    _solve_matrix_rule,
    lambda g, y, a, b: solve(_transposed(a), g),
    doc="The solution x of a @ x = b: a (..., n, n), b (n,) or (..., n, m); numpy.linalg.LinAlgError where a "
    "has no inverse.",
)

# -- a neuron ---------------------------------------------------------------------------------


def _affine(bias: Any, *pairs: Any) -> Any:
    half = len(pairs) // 2
    return functools.reduce(operator.add, map(operator.mul, pairs[:half], pairs[half:]), bias)


def _affine_joint(g: Number, y: Number, bias: Number, *pairs: Number) -> list[Number]:
    half = len(pairs) // 2
    return [g, *[g * x for x in pairs[half:]], *[g * w for w in pairs[:half]]]


affine: Operation = row(
    "affine",
    _affine,
    joint=_affine_joint,
    scalar=_affine,
    definition=_affine,
    symbol="w·x + b",
    doc="``bias + w1 * x1 + ... + wn * xn`` as one node, called ``affine(bias, *weights, *inputs)``.",
    example={"bias": 0.5, "w1": 2.0, "w2": -3.0, "x1": 1.0, "x2": 1.5},
)
