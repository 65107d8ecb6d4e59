"""``Value``: a scalar node.

>>> from autograd import Value
>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> c = a * b + a
>>> c.backward()
>>> c.data, a.grad, b.grad
(-4.0, -2.0, 2.0)
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from . import functions, ops
from .grad_mode import MODE, recorder_now
from .graph import CONSTANT, Node, get_data, next_number, note_change
from .operation import Operation, StandIn

_new = object.__new__
current_mode = MODE.get


class Value(Node):
    """A number that remembers where it came from.

    Parameters
    ----------
    data: a real number; integers and NumPy scalars become floats.
    label: a name for pictures and messages.

    Raises
    ------
    TypeError: the data is not one real number.

    >>> x = Value(3)
    >>> y = x**2 + 2 * x
    >>> y.backward()
    >>> y.data, x.grad
    (15.0, 8.0)
    """

    __slots__ = ()
    rank = 2

    def __init__(self, data: Any, label: str = "") -> None:
        self._data = as_float(data)
        self._grad = None
        self.operation = None
        self._parents = ()
        self.number = next_number()
        self.label = label
        self.scope = ""

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """Compute an operation on scalars and record it; with arrays the result is a Tensor."""
        if operation.scalar is None or static:
            return _as_tensor(operation, arguments, static)
        parents = arguments
        try:
            numbers = list(map(get_data, arguments))
        except AttributeError:  # some are no Values yet
            if not all(map(_is_scalar, arguments)):
                return _as_tensor(operation, arguments, static)
            parents = tuple([a if isinstance(a, Value) else constant(a) for a in arguments])
            numbers = list(map(get_data, parents))
        recorder = recorder_now()
        if recorder is not None:
            return recorder.scalar(operation, parents)
        return record_node(operation, float(operation.scalar(*numbers)), parents)

    @property
    def data(self) -> float:
        """The number. Assigning to a leaf makes graphs that were computed from it stale."""
        return self.plain  # type: ignore[no-any-return]

    @data.setter
    def data(self, data: Any) -> None:
        if self._parents:
            raise AttributeError(f"cannot assign .data of {self.name()}: only a leaf's data can be replaced")
        recorder = recorder_now()
        if recorder is not None:
            recorder.touch(self)
        self._data = as_float(data)
        self.number = note_change()

    def add_(self, change: Any) -> None:
        """Add to a leaf's data; graphs that were computed from it become stale."""
        self.data = self.plain + change

    def item(self) -> float:
        """The number, as a Tensor's ``item`` gives it."""
        return float(self.leave("item()"))

    def detach(self) -> Value:
        """The same number as a constant, outside the graph."""
        return constant(self._data if self._parents else self.plain, self.label)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        grad = "" if self.grad is None else f", grad={_show(self.grad)}"
        return f"Value({_show(self._data)}{grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    # The operators live below, made from the table; their types for readers and checkers:
    __add__: Callable[[Value, Any], Any]
    __radd__: Callable[[Value, Any], Any]
    __sub__: Callable[[Value, Any], Any]
    __rsub__: Callable[[Value, Any], Any]
    __mul__: Callable[[Value, Any], Any]
    __rmul__: Callable[[Value, Any], Any]
    __truediv__: Callable[[Value, Any], Any]
    __rtruediv__: Callable[[Value, Any], Any]
    __pow__: Callable[[Value, Any], Any]
    __rpow__: Callable[[Value, Any], Any]
    __neg__: Callable[[Value], Any]
    __abs__: Callable[[Value], Any]

    def __pos__(self) -> Value:
        return self

    if TYPE_CHECKING:  # the functions that are methods too, see functions.SCALAR_METHODS

        def __getattr__(self, name: str) -> Any: ...


def _as_tensor(operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
    from .tensor import Tensor

    return Tensor.apply(operation, arguments, static)


def _show(number: Any) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def as_float(data: Any) -> float:
    """A real number as a float, or a TypeError that says what to pass."""
    if type(data) is float:
        return data
    if isinstance(data, StandIn) and data.shape == ():
        return data.weakened()  # type: ignore[no-any-return]
    if isinstance(data, Node):
        return float(data)
    if isinstance(data, Real) or (
        isinstance(data, (np.ndarray, np.generic)) and data.shape == () and data.dtype.kind in "biuf"
    ):
        return float(data)
    hint = "; use autograd.Tensor for arrays" if isinstance(data, (list, tuple, np.ndarray)) else ""
    raise TypeError(f"a Value holds one real number, got {type(data).__name__} {data!r:.60}{hint}")


def _is_scalar(argument: Any) -> bool:
    return isinstance(argument, (Value, Real)) or (
        isinstance(argument, (np.ndarray, np.generic, StandIn)) and argument.shape == ()
    )


def constant(data: Any, label: str = "") -> Value:
    """A leaf without a derivative."""
    node = Value(data, label)
    node.operation = CONSTANT
    return node


def record_node(operation: Operation, data: Any, parents: tuple[Value, ...]) -> Value:
    node: Value = _new(Value)
    node._data = data
    node._grad = None
    node.label = ""
    node.number = next_number()
    mode = current_mode()
    if mode is None:
        node.scope = ""
        node.operation = operation
        node._parents = parents
        return node
    node.scope = mode.scope
    node.operation, node._parents = (operation, parents) if mode.recording else (CONSTANT, ())
    if mode.watch is not None:
        mode.watch.after_forward(node, operation, parents)
    return node


def _binary(operation: Operation) -> tuple[Callable[[Value, Any], Any], Callable[[Value, Any], Any]]:
    scalar = operation.scalar
    assert scalar is not None

    def forward(self: Value, other: Any) -> Any:
        if type(other) is float:
            other = constant(other)
        if type(other) is Value and current_mode() is None:
            # The same as `_record`, spelled out: most nodes of a scalar program are made here.
            node: Value = _new(Value)
            node._data = scalar(self._data, other._data)
            node._grad = None
            node.label = ""
            node.scope = ""
            node.number = next_number()
            node.operation = operation
            node._parents = (self, other)
            return node
        return operation(self, other) if _is_operand(other) else NotImplemented

    def reflected(self: Value, other: Any) -> Any:
        return operation(other, self) if _is_operand(other) else NotImplemented

    return forward, reflected


def _is_operand(other: Any) -> bool:
    return isinstance(other, (Node, Real, np.ndarray, np.generic)) or hasattr(type(other), "rank")


for _name, _operation in {
    "add": ops.add, "sub": ops.sub, "mul": ops.mul, "truediv": ops.div, "pow": ops.power
}.items():  # fmt: skip
    _forward, _reflected = _binary(_operation)
    setattr(Value, f"__{_name}__", _forward)
    setattr(Value, f"__r{_name}__", _reflected)


def as_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a number as a method of it."""

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        return function(self, *arguments, **options)

    method.__name__ = function.__name__
    method.__doc__ = f"See :func:`autograd.{function.__name__}`."
    return method


def _unary(operation: Operation) -> Callable[[Value], Any]:
    scalar = operation.scalar
    assert scalar is not None

    def method(self: Value) -> Any:
        if current_mode() is not None:
            return operation(self)
        return record_node(operation, scalar(self._data), (self,))

    method.__name__ = operation.name
    method.__doc__ = f"See :func:`autograd.{operation.name}`."
    return method


for _function in functions.SCALAR_METHODS:
    setattr(
        Value,
        _function.__name__,
        _unary(_function) if isinstance(_function, Operation) else as_method(_function),
    )
Value.__neg__ = _unary(ops.neg)
Value.__abs__ = _unary(ops.abs)
