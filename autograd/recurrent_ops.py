"""The rule book, part five: a long short-term memory over a whole sequence.

It is a loop over a dozen operations; one row, because with a node for each of them a sequence of
20 steps was measured to spend most of its time between the array operations. All that the backward
pass needs is part of the result, so nothing is computed twice. Inside, the batch is the last axis, so
that each gate is one contiguous block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_ops import Number, concatenate_all, shape_of
from .operation import Operation, StandIn, row

PARTS = 7
"""The result holds h, c, the gates i, f, o, g and tanh(c), one after another on its axis of features."""


def _lstm(z: Any, h: Any, c: Any, weight: Any) -> Any:
    steps, batch, rows = z.shape
    width = rows // 4
    # The weights have the gates as i, f, g, o. With g last, one call squashes the three that are σ, and
    # with their signs changed, σ(a) = 1 / (1 + exp(-a)) is a call less.
    i_f, g, o = slice(0, 2 * width), slice(2 * width, 3 * width), slice(3 * width, rows)
    recurrent = np.concatenate([-weight[i_f], -weight[o], weight[g]])
    result = np.empty_like(z, shape=(steps, PARTS, width, batch), order="C")
    flat = result.reshape(steps, PARTS * width, batch)
    sums = flat[:, 2 * width : 6 * width]
    np.negative(z[:, :, i_f].swapaxes(1, 2), out=sums[:, i_f])
    np.negative(z[:, :, o].swapaxes(1, 2), out=sums[:, g])
    sums[:, o] = z[:, :, g].swapaxes(1, 2)
    h, c = h.T, c.T
    for gates, now in zip(sums, result, strict=True):
        h_now, c_now, i, f, out, new, tanh_c = now
        squashed = gates[: 3 * width]
        gates += recurrent.dot(h)
        np.exp(squashed, out=squashed)
        squashed += 1
        np.reciprocal(squashed, out=squashed)
        np.tanh(new, out=new)
        np.multiply(f, c, out=c_now)
        np.multiply(i, new, out=h_now)
        c_now += h_now
        np.tanh(c_now, out=tanh_c)
        np.multiply(out, tanh_c, out=h_now)
        h, c = h_now, c_now
    return flat.swapaxes(1, 2)


def _lstm_joint(gradient: Number, y: Number, z: Number, h: Number, c: Number, weight: Number) -> list[Number]:
    steps, batch, rows = shape_of(z)
    width = rows // 4
    gradient, y = gradient.swapaxes(1, 2), y.swapaxes(1, 2)

    def part(of: Number, first: int, last: int | None = None) -> Number:
        return of[:, first * width : (first + 1 if last is None else last) * width]

    hidden, state, i, f, o, g, tanh_c = (part(y, n) for n in range(PARTS))  # (T, H, N) each
    # ``*=`` works in place on arrays; there would be no room for more of them in the cache.
    slopes = 1 - part(y, 2, 5)
    slopes *= part(y, 2, 5)  # of i, f, o
    slope_g, slope_c = 1 - g * g, 1 - tanh_c * tanh_c
    # What c' and h pass on to the sums that the gates are squashed from.
    through_c = concatenate_all(
        g * part(slopes, 0), _before(c.T, state) * part(slopes, 1), i * slope_g, axis=1
    ).reshape((steps, 3, width, batch))
    through_h, to_c = tanh_c * part(slopes, 2), o * slope_c
    to_h, to_state = part(gradient, 0), _asked(part(gradient, 1))
    to_ifg: Number = None
    to_o: Number = None
    if _asked(part(gradient, 2, PARTS)) is not None:
        to_state = part(gradient, 1) + part(gradient, 6) * slope_c
        direct = part(gradient, 2, 5) * slopes
        to_ifg = concatenate_all(part(direct, 0, 2), part(gradient, 5) * slope_g, axis=1)
        to_o = part(direct, 2)
    back, back_o = weight[: 3 * width].T, weight[3 * width :].T
    dh: Number = 0.0
    dc: Number = 0.0
    sums: list[Number] = []  # the gradients of those sums: o and then i, f, g, of the last time first
    for t in reversed(range(steps)):
        dh += to_h[t]
        dc += dh * to_c[t]
        if to_state is not None:
            dc += to_state[t]
        d_ifg, d_o = (through_c[t] * dc).reshape((3 * width, batch)), through_h[t] * dh
        if to_ifg is not None:
            d_ifg, d_o = d_ifg + to_ifg[t], d_o + to_o[t]
        sums += d_o, d_ifg
        dh = back @ d_ifg
        dh += back_o @ d_o
        dc *= f[t]
    dz = concatenate_all(*reversed(sums), axis=0).reshape((steps, rows, batch)).swapaxes(1, 2)  # (T, N, 4H)
    dz_rows = dz.reshape((steps * batch, rows))
    before = _before(h, hidden.swapaxes(1, 2)).reshape((steps * batch, width))
    return [dz_rows.reshape((steps, batch, rows)), dh.T, dc.T, dz_rows.T @ before]


def _asked(gradient: Number) -> Number:
    """The gradient of a part, or None where it is nothing but zeros: hardly anyone asks for all parts."""
    return None if isinstance(gradient, (np.ndarray, StandIn)) and not gradient.any() else gradient


def _before(first: Number, states: Number) -> Number:
    """The state before each step: the first, then all but the last."""
    return concatenate_all(first.reshape((1, *shape_of(first))), states[:-1], axis=0)


lstm: Operation = row(
    "lstm",
    _lstm,
    joint=_lstm_joint,
    doc="A long short-term memory: the sums of the gates without h's part, z (T, N, 4H), h and c (N, H), the "
    "weight of h (4H, H) to (T, N, 7H), see ``PARTS``.",
)
