"""The rule book, part five: a long short-term memory over a whole sequence.

It is a loop over a dozen operations; one row, because with a node for each of them a sequence of
20 steps was measured to spend most of its time between the array operations. All that the backward
pass needs is part of the result, so nothing is computed twice. The batch is the last axis, so that
each gate is one contiguous block.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_ops import Number, concatenate_all, shape_of
from .linalg_ops import over_batch
from .operation import Operation, row

PARTS = 7
"""The result holds h, c, the gates i, f, o, g and tanh(c), one after another on its axis of features."""


def _lstm(z: Any, h: Any, c: Any, weight: Any, bias: Any) -> Any:
    steps, rows, batch = z.shape
    width = rows // 4
    # The weights have the gates as i, f, g, o. With g last, one call squashes the three that are σ, and
    # with their signs changed, σ(a) = 1 / (1 + exp(-a)) is a call less.
    i_f, g, o = slice(0, 2 * width), slice(2 * width, 3 * width), slice(3 * width, rows)
    recurrent = np.concatenate([-weight[i_f], -weight[o], weight[g]]).astype(z.dtype, copy=False)
    h = h.astype(z.dtype, copy=False)  # the input may be wider than the weights
    given = np.empty_like(z)
    bias = bias[:, None]
    np.subtract(-bias[i_f], z[:, i_f], out=given[:, i_f])
    np.subtract(-bias[o], z[:, o], out=given[:, g])
    np.add(bias[g], z[:, g], out=given[:, o])
    result = np.empty((steps, PARTS, width, batch), z.dtype)
    flat = result.reshape(steps, PARTS * width, batch)
    for own, gates, now in zip(given, flat[:, 2 * width : 6 * width], result, strict=True):
        h_now, c_now, i, f, out, new, tanh_c = now
        squashed = gates[: 3 * width]
        np.dot(recurrent, h, out=gates)
        gates += own
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
    return flat


def _lstm_joint(
    gradient: Number, y: Number, z: Number, h: Number, c: Number, weight: Number, bias: Number
) -> list[Number]:
    steps, rows, batch = shape_of(z)
    width = rows // 4

    def part(of: Number, first: int) -> Number:
        return of[:, first * width : (first + 1) * width]

    hidden, state, i, f, o, g, tanh_c = (part(y, n) for n in range(PARTS))  # (T, H, N) each
    slope_i, slope_f, slope_g, slope_o = i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)
    slope_c = 1 - tanh_c * tanh_c
    # What c' and h pass on to the sums that the gates are squashed from.
    from_c = concatenate_all(g * slope_i, _before(c, state) * slope_f, i * slope_g, axis=1)  # (T, 3H, N)
    from_c = from_c.reshape(steps, 3, width, batch)
    from_h, to_c = tanh_c * slope_o, o * slope_c
    to_h, to_state = part(gradient, 0), part(gradient, 1)
    to_ifg: Number = None
    to_o: Number = None
    # Hardly anyone asks for more than h and c; where nobody did, this would add zeros.
    if not isinstance(gradient, np.ndarray) or gradient[:, 2 * width :].any():
        to_state = to_state + part(gradient, 6) * slope_c
        to_i, to_f, to_o, to_g = (part(gradient, n) for n in range(2, 6))
        to_ifg = concatenate_all(to_i * slope_i, to_f * slope_f, to_g * slope_g, axis=1)
        to_o = to_o * slope_o
    back, back_o = weight[: 3 * width].T, weight[3 * width :].T
    dh: Number = 0.0
    dc: Number = 0.0
    sums: list[Number] = []  # the gradients of those sums: i, f, g and then o, of each time
    for t in reversed(range(steps)):
        dh = to_h[t] + dh
        dc = to_state[t] + dc + dh * to_c[t]
        d_ifg, d_o = (from_c[t] * dc).reshape(3 * width, batch), from_h[t] * dh
        if to_o is not None:
            d_ifg, d_o = d_ifg + to_ifg[t], d_o + to_o[t]
        sums[:0] = d_ifg, d_o
        dh = back @ d_ifg + back_o @ d_o
        dc = dc * f[t]
    dz = concatenate_all(*sums, axis=0).reshape(steps, rows, batch)
    return [dz, dh, dc, over_batch(dz, _before(h, hidden)), dz.sum(axis=(0, 2))]


def _before(first: Number, states: Number) -> Number:
    """The state before each step: the first, then all but the last."""
    return concatenate_all(first.reshape(1, *shape_of(first)), states[:-1], axis=0)


lstm: Operation = row(
    "lstm",
    _lstm,
    joint=_lstm_joint,
    doc="A long short-term memory: the input's part of the gates z (T, 4H, N), h and c (H, N), the weight "
    "of h (4H, H), the bias (4H,) to (T, 7H, N), see ``PARTS``.",
)
