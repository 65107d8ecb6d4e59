"""``Tensor``: an array node. The rules are those of Value; only the numbers are wider.

>>> import numpy as np
>>> from autograd import Tensor
>>> w = Tensor(np.array([1.0, -2.0]), requires_grad=True, label="w")
>>> loss = (w * w).sum()
>>> loss.backward()
>>> w.grad
array([ 2., -4.])
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import array_ops, functions, linalg_ops, ops, shapes
from .errors import ShapeError
from .grad_mode import MODE, recorder_now
from .graph import CONSTANT, Node, get_grad, next_number, note_change, set_grad
from .operation import Operation, StandIn, as_array
from .value import as_method, constant

_new = object.__new__


class Tensor(Node):
    """An array that remembers where it came from.

    Parameters
    ----------
    data: an array, a number or nested lists of numbers; copied.
    requires_grad: whether gradients are computed for this leaf.
    label: a name for pictures and messages.
    dtype: the dtype to store; the data's own by default.

    Raises
    ------
    TypeError: the data is not numeric, or gradients are asked of integers.

    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> x.mean(axis=0).data
    array([2., 3.])
    """

    __slots__ = ("_keeps_grad", "_lent", "_static")
    rank = 3

    _static: dict[str, Any]
    _keeps_grad: bool
    _lent: bytes | None  # what the array held when .data last gave it away to be written into

    def __init__(self, data: Any, requires_grad: bool = False, label: str = "", dtype: Any = None) -> None:
        array = _as_array(data, dtype)
        shared = (array is data or array.base is not None) and not isinstance(array, StandIn)
        self._data = array.copy(order="K") if shared else array  # laid out as it was
        set_grad(self, None)
        self.operation = CONSTANT
        self._parents = ()
        self.number = next_number()
        self.label = label
        self.scope = ""
        self._static = {}
        self._keeps_grad = False
        self._lent = None
        if requires_grad:
            self.requires_grad_()

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """Compute an operation on arrays and record it if an input has a derivative."""
        mode = MODE.get()
        recorder = None if mode is None else mode.recorder
        recording = mode is None or mode.recording
        recorded = False
        parents: list[Node] = []
        numbers: list[Any] = []
        for parent in arguments:
            if not isinstance(parent, Node):
                parent = _constant(parent, operation)
            if recording:
                if parent.operation is not CONSTANT:
                    recorded = True
                if parent._lent is not None:
                    if recorder is not None:  # it has to see the node before that counts as changed
                        recorder.touch(parent)
                    parent.sync()
            parents.append(parent)
            numbers.append(parent._data)
        try:
            if recorder is None:
                data = operation.compute(numbers, static)
            else:
                data = recorder.compute(operation, parents, static)
        except (ValueError, IndexError) as error:
            shapes = ", ".join(parent.name() for parent in parents)
            raise type(error)(f"{operation.name} of {shapes}: {error}") from error
        node: Tensor = _new(Tensor)
        node._data = data if type(data) is np.ndarray else as_array(data)
        set_grad(node, None)
        node.label = ""
        node.scope = "" if mode is None else mode.scope
        node.number = next_number()
        node._keeps_grad = False
        node._lent = None
        node._static = static
        if recorded:
            node.operation = operation
            node._parents = tuple(parents)
        else:
            node.operation = CONSTANT
            node._parents = ()
            if node._data.base is not None:  # a constant must not change with what it was cut from
                node._data = np.copy(node._data)  # laid out as it was
        if mode is not None and mode.watch is not None:
            mode.watch.after_forward(node, operation, parents)
        if recorder is not None:
            recorder.made.append(node)
        return node

    # -- data ---------------------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The array. Writing into a leaf's, or assigning it, makes graphs computed from it stale."""
        if self._parents:
            if isinstance(self._data, StandIn):
                return self._data  # type: ignore[return-value]
            view: np.ndarray[Any, Any] = self._data.view()
            view.flags.writeable = False
            return view
        recorder = recorder_now()
        if recorder is not None:
            recorder.touch(self)
            return self._data  # type: ignore[no-any-return]
        if self._lent is None:
            self._lent = self._data.tobytes()
        return self._data  # type: ignore[no-any-return]

    @data.setter
    def data(self, data: Any) -> None:
        if self._parents:
            raise AttributeError(f"cannot assign .data of {self.name()}: only a leaf's data can be replaced")
        array = _as_array(data, None)
        recorder = recorder_now()
        if recorder is not None:
            recorder.touch(self)
            self._data = array if array is self._data else array.copy()
            self.number = note_change()
            return
        self._data = np.array(array)
        grad = get_grad(self)
        if grad is not None:  # it keeps fitting the data, or goes
            set_grad(self, grad.astype(self._data.dtype) if grad.shape == self.shape else None)
        self.number = note_change()
        self._lent = None

    def add_(self, change: Any) -> None:
        """Add to a leaf's data in place; graphs that were computed from it become stale."""
        if self._parents:
            raise AttributeError(f"cannot change {self.name()} in place: only a leaf's data can be")
        data = self.plain
        data += change
        self.number = note_change()

    def lies_in(self, memory: np.ndarray[Any, Any]) -> bool:
        """Whether a leaf's data is this array itself."""
        data = self._data
        return (data.value if isinstance(data, StandIn) else data) is memory

    def move_to_(self, memory: np.ndarray[Any, Any]) -> None:
        """Keep a leaf's data in this memory from now on, a part of a larger array; the numbers stay."""
        if self._parents or memory.shape != self.shape or memory.dtype != self._data.dtype:
            raise ShapeError(
                f"{self.name()} does not fit into memory of shape {memory.shape}, {memory.dtype}"
            )
        recorder = recorder_now()
        if recorder is not None:
            recorder.touch(self)
        if recorder is not None and isinstance(self._data, StandIn):
            recorder.relocate(self, memory)
        else:
            memory[...] = self._data
            self._data = memory
        note_change()

    def sync(self) -> bool:
        """Notice that the array behind ``.data`` was written into, and count it as a change."""
        if self._lent is None or isinstance(self._data, StandIn):
            return False
        now = self._data.tobytes()
        changed: bool = self._lent != now
        if changed:
            self.number = note_change()
        # Two references, the slot's and the call's: nobody outside can write into the array any more.
        self._lent = None if sys.getrefcount(self._data) == 2 else now
        return changed

    @property
    def grad(self) -> Any:
        """The gradient, an array of this tensor's shape and dtype; None before a backward."""
        recorder = recorder_now()
        return get_grad(self) if recorder is None else recorder.gradient_of(self)

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if gradient is not None and not isinstance(gradient, Node):
            if isinstance(gradient, StandIn):
                gradient = as_array(gradient, self._data.dtype)
            else:
                gradient = np.array(gradient, dtype=self._data.dtype)
            if gradient.shape != self.shape:
                raise ShapeError(f"a gradient of shape {gradient.shape} does not fit {self.name()}")
        recorder = recorder_now()
        if recorder is not None:
            recorder.assign(self)
        set_grad(self, gradient)

    @property
    def static(self) -> dict[str, Any]:
        """The arguments of the operation that are not nodes: axes, shapes, indices."""
        return self._static

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the array."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def T(self) -> Tensor:
        """The transpose, all axes reversed."""
        return array_ops.transpose(self)  # type: ignore[no-any-return]

    def retain_grad(self) -> None:
        """Ask that the next backward leaves the gradient in this node, though it is no leaf."""
        self._keeps_grad = True

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Switch the gradient of a leaf on or off; returns the tensor."""
        if self._parents:
            raise TypeError(f"requires_grad can only be switched on a leaf, not on {self.name()}")
        if requires_grad and self._data.dtype.kind != "f":
            raise TypeError(
                f"a Tensor of dtype {self._data.dtype} has no gradient; pass floats or dtype=float"
            )
        if (recorder := recorder_now()) is not None:
            recorder.remember(self)
        self.operation = None if requires_grad else CONSTANT
        note_change()
        return self

    def detach(self) -> Tensor:
        """A copy of the data as a constant, outside the graph."""
        data = self._data if self._parents else self.plain  # of an older graph it is a constant
        return Tensor(data.owned() if isinstance(data, StandIn) else data, label=self.label)

    def item(self) -> float:
        """The only element as a Python number."""
        return self.leave("item()").item()  # type: ignore[no-any-return]

    def astype(self, dtype: Any) -> Tensor:
        """The same numbers in another dtype, recorded; integers, which have no derivative, are a constant."""
        if np.dtype(dtype).kind != "f":
            return Tensor(self.plain.astype(dtype))
        return array_ops.astype(self, dtype=dtype)  # type: ignore[no-any-return]

    # The operators and methods are made from the table below; their types for readers and checkers:
    __add__: Callable[[Tensor, Any], Any]
    __radd__: Callable[[Tensor, Any], Any]
    __sub__: Callable[[Tensor, Any], Any]
    __rsub__: Callable[[Tensor, Any], Any]
    __mul__: Callable[[Tensor, Any], Any]
    __rmul__: Callable[[Tensor, Any], Any]
    __truediv__: Callable[[Tensor, Any], Any]
    __rtruediv__: Callable[[Tensor, Any], Any]
    __pow__: Callable[[Tensor, Any], Any]
    __rpow__: Callable[[Tensor, Any], Any]
    __matmul__: Callable[[Tensor, Any], Any]
    __rmatmul__: Callable[[Tensor, Any], Any]
    __neg__: Callable[[Tensor], Any]
    __abs__: Callable[[Tensor], Any]

    def __pos__(self) -> Tensor:
        return self

    if TYPE_CHECKING:  # the functions that are methods too, see functions.ARRAY_METHODS

        def __getattr__(self, name: str) -> Any: ...

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Tensor:
        return shapes.getitem(self, index)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        if isinstance(self._data, StandIn):
            self._data.cut("the text")
        body = np.array2string(self._data, separator=", ", prefix="Tensor(", precision=6)
        label = f", label={self.label!r}" if self.label else ""
        dtype = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        return f"Tensor({body}{dtype}{', requires_grad=True' if self.requires_grad else ''}{label})"

    def __format__(self, spec: str) -> str:
        return format(self._data.item() if self.size == 1 else self._data, spec) if spec else repr(self)


def _as_array(data: Any, dtype: Any) -> Any:
    if isinstance(data, Node):
        data = data.leave("Tensor()")
    try:
        array = as_array(data, dtype)
    except ValueError:  # of rows that differ in length
        array = None
    if array is None or array.dtype.kind not in "biuf":
        raise TypeError(
            "a Tensor holds real numbers in a regular array, all rows of one length, got "
            f"{type(data).__name__} {data!r:.60}"
        )
    return array


def _constant(argument: Any, operation: Operation) -> Node:
    """An operand that is no node: Python numbers stay floats, so that they do not widen a dtype."""
    if isinstance(argument, (int, float)) and not isinstance(argument, np.generic):
        return constant(argument)
    if isinstance(argument, (list, tuple)):
        argument = shapes.as_number(argument)
        if isinstance(argument, Node):
            return argument
    try:
        return Tensor(argument)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{operation.name}: {error}") from error


# -- operators and methods --------------------------------------------------------------------


def _operator(operation: Callable[..., Any], reflected: bool) -> Callable[[Tensor, Any], Any]:
    def forward(self: Tensor, other: Any) -> Any:
        return operation(self, other)

    def backward(self: Tensor, other: Any) -> Any:
        return operation(other, self)

    return backward if reflected else forward


for _name, _operation in {
    "add": ops.add, "sub": ops.sub, "mul": ops.mul, "truediv": ops.div, "pow": ops.power,
    "matmul": linalg_ops.matmul,
}.items():  # fmt: skip
    setattr(Tensor, f"__{_name}__", _operator(_operation, reflected=False))
    setattr(Tensor, f"__r{_name}__", _operator(_operation, reflected=True))
Tensor.__neg__ = as_method(ops.neg)
Tensor.__abs__ = as_method(ops.abs)

for _function in (*functions.SCALAR_METHODS, *functions.ARRAY_METHODS):
    setattr(Tensor, _function.__name__, as_method(_function))


def _reshape(self: Tensor, *shape: Any) -> Any:
    """See :func:`autograd.reshape`; the shape may be given as one tuple or one by one."""
    return array_ops.reshape(self, shape=shape[0] if len(shape) == 1 else shape)


def _transpose(self: Tensor, *axes: Any) -> Any:
    """See :func:`autograd.transpose`; the axes may be given as one tuple or one by one."""
    return array_ops.transpose(self, axes=axes[0] if len(axes) == 1 else axes or None)


# NumPy's methods take these as one tuple or one by one, and have shorter names for two.
for _name, _method in {
    "reshape": _reshape,
    "transpose": _transpose,
    "max": as_method(array_ops.amax),
    "min": as_method(array_ops.amin),
}.items():
    setattr(Tensor, _name, _method)
