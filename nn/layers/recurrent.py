"""Recurrent layers and their cells: the equations are those of the cells in ``nn.functional``.

The input of a layer is (time, batch, features), or (batch, time, features) with ``batch_first``, or
either without the batch. The result is the hidden states of the last layer at all times, and the
last state of every layer and direction, (layers · directions, batch, hidden).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

import autograd
from autograd import ShapeError, recurrent_ops
from autograd.array_ops import plain, shape_of

from .. import functional
from ..functional import recurrent
from ..functional.basic import linear
from ..functional.checks import one_or_more, probability
from ..module import Module, Parameter, Random, generator
from .linear import uniform


class _Recurrent(Module):
    """Layers on top of each other, in one or both directions of time."""

    gates = 1
    weight_ih_l0: Parameter

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        name = type(self).__name__
        one_or_more(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        probability(name, dropout)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.rng = bidirectional, generator(rng)
        bound = 1 / math.sqrt(hidden_size)
        self.suffixes = [
            f"_l{layer}{direction}"
            for layer in range(num_layers)
            for direction in (["", "_reverse"] if bidirectional else [""])
        ]
        rows = self.gates * hidden_size
        for place, suffix in enumerate(self.suffixes):
            directions = 2 if bidirectional else 1
            width = input_size if place < directions else directions * hidden_size
            setattr(self, f"weight_ih{suffix}", uniform(self.rng, bound, (rows, width), dtype))
            setattr(self, f"weight_hh{suffix}", uniform(self.rng, bound, (rows, hidden_size), dtype))
            if bias:
                setattr(self, f"bias_ih{suffix}", uniform(self.rng, bound, (rows,), dtype))
                setattr(self, f"bias_hh{suffix}", uniform(self.rng, bound, (rows,), dtype))

    def _weights(self, suffix: str) -> list[Parameter | None]:
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        return [getattr(self, name + suffix, None) for name in names]

    def run(self, x: Any, state: tuple[Any, ...], suffix: str) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction: x (T, N, in) and (N, H) to the states (T, N, H), the last (1, N, H)."""
        raise NotImplementedError

    def _layers(self, x: Any, states: tuple[Any, ...] | None) -> tuple[Any, list[tuple[Any, ...]], bool]:
        x, name = autograd.shapes.as_number(x), type(self).__name__
        shape = shape_of(x)
        single = len(shape) == 2
        if len(shape) not in (2, 3) or shape[-1] != self.input_size:
            raise ShapeError(
                f"{name}: the input has shape {shape}, not (time, batch, {self.input_size})"
                f"{' with the batch first' if self.batch_first else ''}"
            )
        if single:
            x = autograd.expand_dims(x, 1)
        elif self.batch_first:
            x = autograd.swapaxes(x, 0, 1)
        time, batch, _ = shape_of(x)
        if not time:
            raise ShapeError(f"{name}: the input has shape {shape}, a series of no times")
        count, dtype = len(self.suffixes), plain(self.weight_ih_l0).dtype
        kinds = 2 if isinstance(self, LSTM) else 1
        if states is None:
            states = (np.zeros((count, batch, self.hidden_size), dtype),) * kinds
        elif len(states) != kinds:
            raise ShapeError(f"{name}: the first state is a pair (h, c), and {len(states)} were given")
        else:
            states = tuple(map(autograd.shapes.as_number, states))
            expected = (count, self.hidden_size) if single else (count, batch, self.hidden_size)
            for state in states:
                if shape_of(state) != expected:
                    raise ShapeError(f"{name}: a state has shape {shape_of(state)}, not {expected}")
            if single:
                states = tuple(autograd.expand_dims(s, 1) for s in states)
        finals = []
        directions = 2 if self.bidirectional else 1
        for place in range(0, len(self.suffixes), directions):
            if place and self.dropout:
                x = functional.dropout(x, self.dropout, self.training, rng=self.rng)
            outputs = []
            for offset in range(directions):
                suffix = self.suffixes[place + offset]
                first = tuple(s[place + offset] for s in states)
                inputs = autograd.flip(x, 0) if offset else x
                output, last = self.run(inputs, first, suffix)
                outputs.append(autograd.flip(output, 0) if offset else output)
                finals.append(last)
            x = outputs[0] if directions == 1 else autograd.concatenate(outputs, axis=2)
        if single:
            x = autograd.squeeze(x, 1)
        elif self.batch_first:
            x = autograd.swapaxes(x, 0, 1)
        return x, finals, single

    def _stacked(self, finals: list[Any], single: bool) -> Any:
        last = finals[0] if len(finals) == 1 else autograd.concatenate(finals)  # (layers · directions, N, H)
        return autograd.squeeze(last, 1) if single else last

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, bias={self.bias}, "
            f"batch_first={self.batch_first}, dropout={self.dropout}, bidirectional={self.bidirectional}"
        )


class RNN(_Recurrent):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` at each time (Elman 1990); relu on demand.

    >>> outputs, last = RNN(2, 3, rng=0)(np.ones((5, 4, 2), np.float32))
    >>> outputs.shape, last.shape
    ((5, 4, 3), (1, 4, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            rng=rng,
            dtype=dtype,
        )
        self.nonlinearity = _known(type(self).__name__, nonlinearity)

    def run(self, x: Any, state: tuple[Any, ...], suffix: str) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction."""
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        step = recurrent.rnn_step if self.nonlinearity == "tanh" else recurrent.rnn_relu_step
        return _scan(step, linear(x, w_ih, b_ih), state[0], w_hh, b_hh)

    def forward(self, x: Any, h: Any = None) -> tuple[Any, Any]:
        """The hidden states of the last layer, and the last of every layer."""
        y, finals, single = self._layers(x, None if h is None else (h,))
        return y, self._stacked([h for (h,) in finals], single)


class GRU(_Recurrent):
    """A gated recurrent unit (Cho et al. 2014), with r, z, n one after another in the weights::

        r, z = σ(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + r · (W_hn h + b_hn))
        h' = (1 - z) · n + z · h

    >>> outputs, last = GRU(2, 3, batch_first=True, rng=0)(np.ones((4, 5, 2), np.float32))
    >>> outputs.shape, last.shape
    ((4, 5, 3), (1, 4, 3))
    """

    gates = 3

    def run(self, x: Any, state: tuple[Any, ...], suffix: str) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction."""
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        return _scan(recurrent.gru_step, linear(x, w_ih, b_ih), state[0], w_hh, b_hh)

    def forward(self, x: Any, h: Any = None) -> tuple[Any, Any]:
        """The hidden states of the last layer, and the last of every layer."""
        y, finals, single = self._layers(x, None if h is None else (h,))
        return y, self._stacked([h for (h,) in finals], single)


class LSTM(_Recurrent):
    """A long short-term memory (Hochreiter and Schmidhuber 1997), i, f, g, o one after another::

        i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh)      g = tanh(...)
        c' = f · c + i · g                               h' = o · tanh(c')

    >>> outputs, (h, c) = LSTM(2, 3, rng=0)(np.ones((5, 4, 2), np.float32))
    >>> outputs.shape, h.shape, c.shape
    ((5, 4, 3), (1, 4, 3), (1, 4, 3))
    """

    gates = 4

    def run(self, x: Any, state: tuple[Any, ...], suffix: str) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction: the same as ``lstm_cell`` at each time, in one operation."""
        w_ih, w_hh, b_ih, b_hh = self._weights(suffix)
        z = linear(x, w_ih, None if b_ih is None else b_ih + b_hh)  # (T, N, 4H)
        everything = recurrent_ops.lstm(z, *state, w_hh)  # (T, N, 7H)
        width = self.hidden_size
        last = everything[-1:, :, :width], everything[-1:, :, width : 2 * width]
        return everything[:, :, :width], last

    def forward(self, x: Any, hc: tuple[Any, Any] | None = None) -> tuple[Any, tuple[Any, Any]]:
        """The hidden states of the last layer, and the last (h, c) of every layer."""
        y, finals, single = self._layers(x, hc)
        h, c = (self._stacked(list(each), single) for each in zip(*finals, strict=True))
        return y, (h, c)


def _known(name: str, nonlinearity: Literal["tanh", "relu"]) -> Literal["tanh", "relu"]:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}")
    return nonlinearity


def _scan(step: Any, z: Any, h: Any, w_hh: Any, b_hh: Any) -> tuple[Any, tuple[Any, ...]]:
    """Run a step over time: z (T, N, gates · H), h (N, H)."""
    outputs = []
    for t in range(shape_of(z)[0]):
        h = step(autograd.getitem(z, t), h, w_hh, b_hh)
        outputs.append(h)
    return autograd.stack(outputs), (autograd.expand_dims(h, 0),)


class _Cell(Module):
    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        one_or_more(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        draw, bound = generator(rng), 1 / math.sqrt(hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.gates * hidden_size
        self.weight_ih = uniform(draw, bound, (rows, input_size), dtype)
        self.weight_hh = uniform(draw, bound, (rows, hidden_size), dtype)
        self.bias_ih = uniform(draw, bound, (rows,), dtype) if bias else None
        self.bias_hh = uniform(draw, bound, (rows,), dtype) if bias else None

    def _first(self, x: Any) -> Any:
        return np.zeros((*shape_of(x)[:-1], self.hidden_size), plain(self.weight_hh).dtype)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.input_size}, {self.hidden_size}, bias={self.bias_ih is not None}"


class RNNCell(_Cell):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`` (Elman 1990); relu on demand.

    >>> RNNCell(2, 3, rng=0)(np.ones((4, 2), np.float32)).shape
    (4, 3)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        *,
        rng: Random = None,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, rng=rng, dtype=dtype)
        self.nonlinearity = _known(type(self).__name__, nonlinearity)

    def forward(self, x: Any, h: Any = None) -> Any:
        """The new h; it starts at zero."""
        h = self._first(x) if h is None else h
        cell = functional.rnn_cell if self.nonlinearity == "tanh" else functional.rnn_relu_cell
        return cell(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class GRUCell(_Cell):
    """One step of a :class:`GRU`.

    >>> GRUCell(2, 3, rng=0)(np.ones((4, 2), np.float32)).shape
    (4, 3)
    """

    gates = 3

    def forward(self, x: Any, h: Any = None) -> Any:
        """The new h; it starts at zero."""
        h = self._first(x) if h is None else h
        return functional.gru_cell(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class LSTMCell(_Cell):
    """One step of an :class:`LSTM`.

    >>> h, c = LSTMCell(2, 3, rng=0)(np.ones((4, 2), np.float32))
    >>> h.shape, c.shape
    ((4, 3), (4, 3))
    """

    gates = 4

    def forward(self, x: Any, hc: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """The new (h, c); both start at zero."""
        hc = (self._first(x), self._first(x)) if hc is None else hc
        return functional.lstm_cell(x, hc, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
