"""One step of each recurrent layer as a function."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import ShapeError, relu, sigmoid, tanh
from autograd.array_ops import shape_of

from .basic import linear


def rnn_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` (Elman 1990).

    x (batch, in), h (batch, hidden), w_ih (hidden, in), w_hh (hidden, hidden), biases (hidden,).

    >>> import numpy as np
    >>> rnn_cell(np.zeros((1, 2)), np.zeros((1, 3)), np.ones((3, 2)), np.ones((3, 3)))
    array([[0., 0., 0.]])
    """
    check_state("rnn_cell", x, (h,), w_ih, w_hh)
    return rnn_step(linear(x, w_ih, b_ih), h, w_hh, b_hh)


def rnn_relu_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """``h' = relu(W_ih x + b_ih + W_hh h + b_hh)``; the shapes are those of :func:`rnn_cell`.

    >>> import numpy as np
    >>> rnn_relu_cell(np.ones((1, 2)), np.zeros((1, 1)), np.ones((1, 2)), np.ones((1, 1)))
    array([[2.]])
    """
    check_state("rnn_relu_cell", x, (h,), w_ih, w_hh)
    return rnn_relu_step(linear(x, w_ih, b_ih), h, w_hh, b_hh)


def lstm_cell(
    x: Any, hc: tuple[Any, Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    """One step of a long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    With the rows of the weights for i, f, g, o one after another::

        i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh)      g = tanh(...)
        c' = f · c + i · g                               h' = o · tanh(c')

    x (batch, in), hc = (h, c) with (batch, hidden) each, w_ih (4 hidden, in), w_hh (4 hidden, hidden),
    biases (4 hidden,). Returns (h', c').

    >>> import numpy as np
    >>> state = np.zeros((1, 3)), np.ones((1, 3))
    >>> h, c = lstm_cell(np.zeros((1, 2)), state, np.ones((12, 2)), np.ones((12, 3)))
    >>> c
    array([[0.5, 0.5, 0.5]])
    """
    check_state("lstm_cell", x, hc, w_ih, w_hh, 4)
    return lstm_step(linear(x, w_ih, b_ih), hc, w_hh, b_hh)


def gru_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of a gated recurrent unit (Cho et al. 2014), in the form of PyTorch and cuDNN.

    With the rows of the weights for r, z, n one after another::

        r, z = σ(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + r · (W_hn h + b_hn))
        h' = (1 - z) · n + z · h

    x (batch, in), h (batch, hidden), w_ih (3 hidden, in), w_hh (3 hidden, hidden), biases (3 hidden,).

    >>> import numpy as np
    >>> gru_cell(np.zeros((1, 2)), np.ones((1, 1)), np.zeros((3, 2)), np.zeros((3, 1)))
    array([[0.5]])
    """
    check_state("gru_cell", x, (h,), w_ih, w_hh, 3)
    return gru_step(linear(x, w_ih, b_ih), h, w_hh, b_hh)


def check_state(name: str, x: Any, states: tuple[Any, ...], w_ih: Any, w_hh: Any, gates: int = 1) -> None:
    """Refuse states that do not fit the input or the weights.

    Raises
    ------
    ShapeError: the shapes do not fit.
    """
    hidden = shape_of(w_hh)[-1]
    rows, expected = (gates * hidden,), (*shape_of(x)[:-1], hidden)
    if (
        shape_of(w_hh) != (*rows, hidden)
        or shape_of(w_ih)[:1] != rows
        or any(shape_of(state) != expected for state in states)
    ):
        given = " and ".join(str(shape_of(state)) for state in states)
        raise ShapeError(
            f"{name}: the input has shape {shape_of(x)}, the state {given}, w_ih {shape_of(w_ih)} and w_hh "
            f"{shape_of(w_hh)}; the state must be {expected}, and the weights have {rows[0]} rows for "
            f"{hidden} columns in w_hh"
        )


# The same steps once the input's part of the sum is known: a layer computes it for all times at once.


def rnn_step(z: Any, h: Any, w_hh: Any, b_hh: Any) -> Any:
    """``tanh(z + W_hh h + b_hh)``."""
    return tanh(z + linear(h, w_hh, b_hh))


def rnn_relu_step(z: Any, h: Any, w_hh: Any, b_hh: Any) -> Any:
    """``relu(z + W_hh h + b_hh)``."""
    return relu(z + linear(h, w_hh, b_hh))


def lstm_step(z: Any, hc: tuple[Any, Any], w_hh: Any, b_hh: Any) -> tuple[Any, Any]:
    """The new (h, c); z is (batch, 4 hidden)."""
    h, c = hc
    a_i, a_f, a_g, a_o = _parts(z + linear(h, w_hh, b_hh), 4)
    c = sigmoid(a_f) * c + sigmoid(a_i) * tanh(a_g)
    return sigmoid(a_o) * tanh(c), c


def gru_step(z: Any, h: Any, w_hh: Any, b_hh: Any) -> Any:
    """The new h; z is (batch, 3 hidden)."""
    x_r, x_z, x_n = _parts(z, 3)
    h_r, h_z, h_n = _parts(linear(h, w_hh, b_hh), 3)
    update = sigmoid(x_z + h_z)
    return (1 - update) * tanh(x_n + sigmoid(x_r + h_r) * h_n) + update * h


def _parts(x: Any, count: int) -> list[Any]:
    """Equal pieces of the last axis."""
    width = shape_of(x)[-1] // count
    return [autograd.getitem(x, (..., slice(i * width, (i + 1) * width))) for i in range(count)]
