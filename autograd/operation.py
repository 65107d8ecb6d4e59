"""``Operation``: what one row of the rule book is, and how it finds out whom it is working for.

An operation is called with floats, arrays, nodes or formulas and answers in kind:

>>> from autograd import Value, sin
>>> sin(0.0)
0.0
>>> sin(Value(0.0, label="x")).op
'sin'

A *rule* is a function ``rule(g, y, *inputs, **static)`` from the gradient ``g`` of the output
``y`` to the gradient of one input. It is written with operators and other operations only, so
what it is fed decides how it reads: floats give a number, arrays a vectorised number, nodes a
graph that can be differentiated again, formulas a text.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

Rule = Callable[..., Any]
Kind = Literal["elementwise", "linear", "multilinear", "general"]
Interval = tuple[float, float]
_PLAIN_NUMBERS = (float, np.ndarray)
REAL: Interval = (-2.0, 2.0)


class StandIn:
    """What stands in for an array while a program is recorded; see ``program/slot.py``."""

    __slots__ = ()
    rank = 1

    if TYPE_CHECKING:  # it has what an array has

        def __getattr__(self, name: str) -> Any: ...

        def __len__(self) -> int: ...


def beside(x: Any, others: Iterable[Any]) -> Any:
    """An array as a stand-in too, if one of the others is: NumPy asks an index nothing."""
    if isinstance(x, StandIn):
        return x
    for other in others:
        if isinstance(other, StandIn):
            return other.constant(x)
    return x


def as_array(x: Any, dtype: Any = None) -> Any:
    """``np.asarray``, which leaves what stands in for an array as it is.

    >>> as_array(1.0)
    array(1.)
    """
    if isinstance(x, StandIn):
        return x if dtype is None or x.dtype == dtype else x.astype(dtype)
    return np.asarray(x, dtype)


class _Documentation:
    """What ``help`` says of an operation, written when somebody asks."""

    def __init__(self, of_the_class: str | None) -> None:
        self._of_the_class = of_the_class

    def __get__(self, operation: Operation | None, kind: type) -> str | None:
        if operation is None:
            return self._of_the_class
        from .documentation import describe

        return describe(operation)


class Operation:
    """One row of the rule book: a function and its derivative.

    ``kind`` is what forward mode needs to know of the Jacobian: ``elementwise`` (it is diagonal,
    so the rule of the gradient is the rule of the tangent), ``linear`` (the operation is its own
    derivative), ``multilinear`` (the same, one argument at a time), ``general`` (the rule is
    transposed).

    Parameters
    ----------
    name, symbol: how the operation is called and how it is drawn.
    array: computes arrays; the names of its parameters past the inputs are the static arguments.
    scalar: computes floats, or None when the operation only makes sense for arrays.
    rules: one rule an input, None for an input without a derivative; or
    joint: one rule that returns the gradients of all inputs, for any number of inputs.
    slopes: for elementwise operations, the local derivatives ``slope(y, *inputs)`` themselves.
    domain: an interval of inputs on which the operation is smooth, for each of its inputs.
    definition: the operation spelled out in simpler ones, for text and pictures.
    whole: whether a recorded program holds it as one call, because it cannot be seen through.
    doc: what it computes, in a sentence; ``documentation.py`` adds the derivative, read from the rules.
    example: arguments by name for the documentation, where it cannot make them up: static ones
        without a default, and the inputs of a row that takes any number of them.
    """

    __doc__ = _Documentation(__doc__)

    def __init__(
        self,
        name: str,
        array: Callable[..., Any],
        *,
        scalar: Callable[..., float] | None = None,
        rules: Sequence[Rule | None] = (),
        joint: Rule | None = None,
        slopes: Sequence[Rule] = (),
        kind: Kind = "general",
        symbol: str | None = None,
        domain: Sequence[Interval] = (),
        definition: Callable[..., Any] | None = None,
        whole: bool = False,
        doc: str = "",
        example: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = self.__name__ = name
        self.symbol = symbol or name
        if whole and getattr(array, "__name__", "").strip("_") != name:
            # A program holds the call as one, and calls it by the name of the operation.
            named: Any = functools.partial(array)
            named.__name__ = name
            array = named
        self.array = array
        self.quiet_array: Callable[..., Any] = np.errstate(all="ignore")(array)
        self.scalar = scalar
        self.rules = tuple(rules)
        self.joint = joint
        self.slopes = tuple(slopes)
        self.kind: Kind = kind
        self.domain = tuple(domain)
        self.definition = definition
        self.whole = whole
        self.static_names = () if joint or scalar else _parameters_after(array, len(self.rules))
        self.doc = doc
        self.example = example or {}

    def __call__(self, *arguments: Any, **static: Any) -> Any:
        """Apply the operation to whatever it is given and answer in kind."""
        if len(arguments) != len(self.rules) and self.joint is None:
            arguments = self._inputs(arguments, static)
        kinds = frozenset(map(type, arguments))
        if kinds <= _ARRAYS:
            return self.compute(arguments, static)
        widest = _WIDEST.get(kinds) or _widest(kinds, arguments)
        if widest is float:
            return self._plain(arguments, static)
        return widest.apply(self, arguments, static)

    def _inputs(self, arguments: tuple[Any, ...], static: dict[str, Any]) -> tuple[Any, ...]:
        """The inputs alone: static arguments given by position join those given by name."""
        count, names = len(self.rules), self.static_names
        if not count <= len(arguments) <= count + len(names):
            more = f" to {count + len(names)}" if names else ""
            raise TypeError(f"{self.name} takes {count}{more} arguments, got {len(arguments)}")
        static.update(zip(names, arguments[count:], strict=False))
        return arguments[:count]

    def _plain(self, arguments: tuple[Any, ...], static: dict[str, Any]) -> Any:
        """Numbers in, numbers out; nothing is recorded."""
        if self.scalar is not None and all(isinstance(a, (float, int)) for a in arguments):
            return self.scalar(*[float(a) for a in arguments])
        numbers = [a if type(a) in _PLAIN_NUMBERS else _as_number(self, a) for a in arguments]
        return self.compute(numbers, static)

    def compute(self, numbers: Sequence[Any], static: dict[str, Any]) -> Any:
        """The result as arrays have it: poles and overflow are IEEE values, without a warning."""
        return (self.array if QUIET.get() else self.quiet_array)(*numbers, **static)

    def pull(
        self, g: Any, y: Any, inputs: Sequence[Any], static: dict[str, Any], wanted: Iterable[int]
    ) -> list[tuple[int, Any]]:
        """The gradients of the wanted inputs, as pairs (position, gradient)."""
        if self.joint is not None:
            gradients = self.joint(g, y, *inputs, **static)
            return [(position, gradients[position]) for position in wanted]
        pulled = []
        for position in wanted:
            rule = self.rules[position]
            if rule is not None:
                pulled.append((position, rule(g, y, *inputs, **static)))
        return pulled

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> Any:
        return (_row_called, (self.name,)) if TABLE.get(self.name) is self else self.name


def _parameters_after(function: Callable[..., Any], count: int) -> tuple[str, ...]:
    # A ufunc has no code; its parameters (out, casting, ...) are no arguments of an operation anyway.
    code = getattr(function, "__code__", None)
    return () if code is None else code.co_varnames[: code.co_argcount + code.co_kwonlyargcount][count:]


_ARRAYS = frozenset([np.ndarray, np.float32, np.float64])
_WIDEST: dict[frozenset[type], Any] = {}  # answers of `_widest` that depend on the types alone


def _widest(kinds: frozenset[type], arguments: Sequence[Any]) -> Any:
    """The type with the highest rank, which applies the operation; float if none records anything."""
    nested = [argument for argument in arguments if isinstance(argument, (list, tuple))]
    inside = [_widest(frozenset(map(type, items)), items) for items in nested]
    widest = max([float, *kinds, *inside], key=_rank)
    if not nested:
        _WIDEST[kinds] = widest
    return widest


def _rank(kind: type) -> int:
    rank = getattr(kind, "rank", 0)
    return rank if type(rank) is int else 0


def _as_number(operation: Operation, argument: Any) -> Any:
    if isinstance(argument, (int, float)):
        return float(argument)
    number = np.asarray(argument)
    if number.dtype.kind not in "biufc":
        raise TypeError(
            f"{operation.name}: cannot compute with {argument!r:.60} ({type(argument).__name__}); "
            "pass a Value, a Tensor, a number or an array of numbers"
        )
    return number


# -- how a row is written ---------------------------------------------------------------------

TABLE: dict[str, Operation] = {}
"""Every operation by its name: the rule book."""


def _row_called(name: str) -> Operation:
    return TABLE[name]


def row(
    name: str, array: Callable[..., Any], *rules: Rule | None, kind: Kind = "general", **rest: Any
) -> Operation:
    """Add an operation on arrays to the table, with one rule an input."""
    operation = Operation(name, array, rules=rules, kind=kind, **rest)
    TABLE[name] = operation
    return operation


def elementwise(
    name: str,
    array: Callable[..., Any],
    *slopes: Rule | float,
    scalar: Callable[..., float] | None = None,
    domain: Sequence[Interval] | None = None,
    bounded: bool = False,
    raises: bool = True,
    **rest: Any,
) -> Operation:
    """Add an elementwise operation to the table, with one local derivative an input.

    ``bounded`` promises slopes that are finite for every input, NaN included, so that a gradient
    of zero needs no protection; where such a slope is 0 the operation is flat, and not even an
    infinite gradient passes. ``raises`` is False where ``scalar`` never does.
    """
    scalar = scalar or getattr(math, name)
    operation = Operation(
        name,
        array,
        scalar=_ieee(scalar, array) if raises else scalar,
        rules=[_rule(slope, bounded) for slope in slopes],
        slopes=[slope if callable(slope) else _constant(float(slope)) for slope in slopes],
        kind="elementwise",
        domain=domain or [REAL] * len(slopes),
        **rest,
    )
    TABLE[name] = operation
    return operation


def _rule(slope: Rule | float, bounded: bool) -> Rule | None:
    if not callable(slope):
        return {0: None, 1: lambda g, y, *inputs: g, -1: lambda g, y, *inputs: -g}[int(slope)]
    if bounded:
        return lambda g, y, *inputs: TABLE["scale"](slope(y, *inputs), g)
    return lambda g, y, *inputs: TABLE["scale"](g, slope(y, *inputs))


def _constant(number: float) -> Rule:
    return lambda y, a, b=None, c=None: number


QUIET: ContextVar[bool] = ContextVar("autograd_quiet", default=False)
"""Whether NumPy's warnings are off already, in a walk that has many operations to compute."""


def _ieee(scalar: Callable[..., float], array: Callable[..., Any]) -> Callable[..., float]:
    """``math`` raises where IEEE 754 has an answer; NumPy knows the answer."""
    fallback = np.errstate(all="ignore")(array)

    def compute(*inputs: float) -> float:
        try:
            return scalar(*inputs)
        except (ValueError, OverflowError, ZeroDivisionError):
            return float(fallback(*map(np.float64, inputs)))

    return compute
