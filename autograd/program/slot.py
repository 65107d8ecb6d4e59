"""``Slot``: what stands in for an array while a program is recorded.

A slot is one more thing that a rule can be fed. NumPy asks its arguments what to do with them, so
every call that a slot takes part in comes to the recorder, which really computes it and writes it
down: rules, the reverse walk and optimisers stay as they are, and compositions are seen through.
What would cut a result off from the recording, such as ``float()``, raises; a question that decides
a branch is answered, and the answer is checked whenever the program is replayed.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..errors import CutGraphError
from ..graph import Node
from ..operation import Operation, StandIn
from .dispatch import dispatched
from .layout import Layout, root

if TYPE_CHECKING:
    from .calls import Calls

FORMATTED = "\u2060"
"""Stands unseen behind a number that was made a text, which no result may be: each run has another one."""
_UNLIKE = frozenset(["compress", "partition", "resize", "sort"])
"""Methods of an array that do something else than the function of NumPy of that name."""


class Slot(StandIn, NDArrayOperatorsMixin):
    """A place in a program that holds an array, and the array that it holds while recording.

    Attributes
    ----------
    value: what was really computed; a NumPy number for results without axes. Once a program is planned,
        only the layout of it, unless it is memory from outside.
    base: the slot whose memory this one looks into; None for its own.
    weak: whether it stands for a Python number, which does not widen the dtype of an array.
    place: where on the tape such a number is; -1 for others.
    """

    __slots__ = ("base", "place", "recorder", "value", "weak")

    def __init__(
        self, recorder: Calls, value: Any, base: Slot | None = None, weak: bool = False, place: int = -1
    ) -> None:
        self.recorder = recorder
        self.value = value
        self.base = base
        self.weak = weak
        self.place = place

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """Compute an operation on arrays, and write down the calls that it makes."""
        recorder = next(a.recorder for a in arguments if isinstance(a, Slot))
        if not static and (slot := recorder.of_numbers(operation.array, arguments)) is not None:
            return slot
        numbers = [a if isinstance(a, (StandIn, float, np.ndarray)) else np.asarray(a)[()] for a in arguments]
        if operation.whole:
            return recorder.call(operation.array, tuple(numbers), static)
        return operation.compute(numbers, static)

    # -- what NumPy asks ------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if any(isinstance(x, Node) for x in inputs):
            return NotImplemented  # the node's turn
        if method == "__call__":
            return self.recorder.ufunc(ufunc, inputs, options)
        if method == "at":
            return self.recorder.write(ufunc.at, inputs, options, inputs[0])
        function = getattr(ufunc, method)
        out = options.get("out", (None,))[0]
        return (
            self.recorder.write(function, inputs, options, out)
            if out is not None
            else self.recorder.call(
                function, inputs, {name: option for name, option in options.items() if name != "out"}
            )
        )

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: dict[str, Any]) -> Any:
        if any(issubclass(kind, Node) for kind in types):
            return NotImplemented
        return dispatched(self.recorder, function, arguments, options)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self.cut("np.asarray(), also of a list with such numbers (np.stack joins them)")

    # -- what an array has ----------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the array."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size  # type: ignore[no-any-return]

    def forget(self) -> None:
        """Keep no more of an array than its layout."""
        if isinstance(self.value, np.ndarray):
            self.value = Layout.of(self.value)

    @property
    def storage(self) -> Slot:
        """The slot whose memory this one looks into; itself unless it is a view."""
        return self if self.base is None else self.base

    @property
    def nbytes(self) -> int:
        """How many bytes the elements take."""
        return self.value.nbytes  # type: ignore[no-any-return]

    @property
    def itemsize(self) -> int:
        """How many bytes an element takes."""
        return self.value.itemsize  # type: ignore[no-any-return]

    @property
    def real(self) -> Any:
        """The real parts."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary parts."""
        return np.imag(self)

    @property
    def mT(self) -> Any:
        """Matrices transposed, on the last two axes."""
        return np.swapaxes(self, -1, -2)

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return np.transpose(self)

    def __copy__(self) -> Any:
        return self if self.weak else self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return copy.copy(self)

    def __contains__(self, x: Any) -> bool:
        return bool((self == x).any())

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

    def __getitem__(self, index: Any) -> Any:
        return self.recorder.call(operator.getitem, (self, index))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.recorder.write(operator.setitem, (self, index, value), {}, self)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """The same elements in another shape."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **options)

    def ravel(self, order: Any = "C") -> Any:
        """All elements on one axis."""
        return np.reshape(self, -1, order=order)

    def flatten(self, order: Any = "C") -> Any:
        """All elements on one axis, in memory of their own."""
        return self.ravel(order).copy()

    def fill(self, x: Any) -> None:
        """Write a number into all elements."""
        self[...] = x

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return np.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of length 1."""
        return np.squeeze(self, axis)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The same numbers in another dtype; without a copy, itself if it has that dtype."""
        if not copy and self.dtype == dtype:
            return self
        return self.recorder.call(astype, (self, np.dtype(dtype)))

    def view(self, dtype: Any) -> Any:
        """The same memory, read as another dtype."""
        return self.recorder.call(view, (self, np.dtype(dtype)))

    def copy(self) -> Any:
        """The same numbers in memory of their own."""
        return self.recorder.call(np.copy, (self,), {"order": "K"})

    def weakened(self) -> Any:
        """A number without axes as a Python number, which does not widen the dtype of an array."""
        if self.weak:
            return self
        wide = self if self.dtype == float else self.astype(float)
        return self.recorder.call(number, (wide,))

    def contiguous(self) -> Any:
        """The same numbers, side by side in memory."""
        return self if self.value.flags.c_contiguous else self.recorder.call(np.copy, (self,), {"order": "C"})

    def constant(self, x: Any) -> Any:
        """A constant of the program that this slot is in."""
        return self.recorder.leaf(np.array(x))

    def owned(self) -> Any:
        """The same numbers, in memory that nothing outside of the program has."""
        return self.copy() if self.recorder.is_outside(self.storage) else self

    def dot(self, other: Any) -> Any:
        """The matrix product."""
        return np.dot(self, other)

    def sum(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any
    ) -> Any:
        """The sum over axes."""
        return self._reduce(np.add, axis, keepdims, dtype=dtype, out=out, **options)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The largest along axes."""
        return self._reduce(np.maximum, axis, keepdims, out=out, **options)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """The smallest along axes."""
        return self._reduce(np.minimum, axis, keepdims, out=out, **options)

    def _reduce(self, ufunc: Any, axis: Any, keepdims: bool, **options: Any) -> Any:
        return ufunc.reduce(self, axis=axis, keepdims=keepdims, **_given(options))

    def mean(
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, **options: Any
    ) -> Any:
        """The mean over axes."""
        function: Any = np.mean  # as the types of NumPy know no stand-ins
        return function(self, axis=axis, keepdims=keepdims, **_given(options | {"dtype": dtype, "out": out}))

    def any(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Whether an element is true."""
        return self._reduce(np.logical_or, axis, keepdims, out=out, **options)

    def all(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        """Whether all elements are true."""
        return self._reduce(np.logical_and, axis, keepdims, out=out, **options)

    def __getattr__(self, name: str) -> Any:
        """Every other method of an array, as the function of NumPy that has its name."""
        function = getattr(np, name, None)
        if name in _UNLIKE or not (callable(function) and callable(getattr(np.ndarray, name, None))):
            raise AttributeError(
                f"a recorded array has no {name}; compute with functions of autograd or NumPy"
            )
        return partial(function, self)

    # -- what would leave the program -----------------------------------------------------

    @property  # type: ignore[misc] # so that isinstance() says of a stand-in what it says of an array
    def __class__(self) -> Any:
        if not self.recorder.is_running:
            return Slot
        if self.weak:
            return bool if self.value.dtype == bool else float
        return type(self.value) if isinstance(self.value, np.generic) else np.ndarray

    def __hash__(self) -> int:
        if self.recorder.is_running:
            self.cut("a key or an element of a set")
        return id(self) >> 4

    def __bool__(self) -> bool:
        return self.recorder.branch(self)

    def cut(self, way: str) -> NoReturn:
        """Refuse a conversion to a Python number, which would be frozen in the program."""
        if not self.recorder.is_running:
            raise CutGraphError(
                f"{way} of a number that was left behind by a recording, such as in a list that the function "
                "appended to; let the function return it, and collect what it returns"
            )
        raise CutGraphError(
            f"{way} of a number that is being recorded would freeze it: the program would use the same "
            "number ever after. Compute with it as it is, with the functions of autograd or NumPy, and "
            "return it to see it"
        )

    def __float__(self) -> float:
        self.cut("float()")

    def __int__(self) -> int:
        self.cut("int()")

    def __index__(self) -> int:
        self.cut("an index made")

    def __round__(self, digits: int | None = None) -> NoReturn:
        self.cut("round()")

    def item(self) -> NoReturn:
        """Refused: a Python number would be frozen in the program."""
        self.cut("item()")

    def tolist(self) -> NoReturn:
        """Refused: Python numbers would be frozen in the program."""
        self.cut("tolist()")

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) + FORMATTED  # what messages say: the number that it is just now

    def __str__(self) -> str:
        self.cut("the text")

    def __repr__(self) -> str:
        return f"<recorded array of shape {self.shape}, {self.dtype}>"


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: option for name, option in options.items() if option is not None}


def without_marks(text: Any) -> Any:
    """A text without what stands unseen behind numbers; anything else as it is."""
    return text.replace(FORMATTED, "") if isinstance(text, str) else text


def home(slot: Slot) -> Any:
    """The memory that a slot lies in: what two slots share if writing into the one may change the other.

    A parameter lies in the flat array of its optimiser; both are memory from outside, and slots of their own.
    """
    array = slot.storage.value
    if not isinstance(array, np.ndarray):
        return slot.storage
    return id(root(array))


def astype(x: Any, dtype: Any) -> Any:
    """The same numbers in another dtype."""
    return np.asarray(x).astype(dtype)


def number(x: Any) -> Any:
    """An array without axes as a number."""
    return x[()]


def view(x: Any, dtype: Any) -> Any:
    """The same memory, read as another dtype."""
    return x.view(dtype)
