"""``Formula``: the rules read as text and as LaTeX.

A formula is one more thing that an operation can be fed: it carries the text of an expression
and its value. The text is a Python expression in the names of this package; the LaTeX is what
mathematics writes for it.

>>> a, b = Formula("a", 2.0), Formula("b", 3.0)
>>> (a * b + a).text, (a * b + a).plain
('a * b + a', 8.0)
>>> (1 / (a + b)).latex
'\\\\frac{1}{a + b}'
>>> derivatives("mul", a=2.0, b=3.0)
['d(a * b)/da = b = 3', 'd(a * b)/db = a = 2']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, SupportsFloat

import numpy as np

from . import array_ops as _rules  # noqa: F401 - the operators below look their rows up in the table
from . import latex, linalg_ops, ops
from .operation import TABLE, Operation

# How strongly the operators of Python bind; a call or a name binds strongest.
_ATOM = 9
_STRENGTH = {
    "==": 1,
    "!=": 1,
    "<": 1,
    "<=": 1,
    ">": 1,
    ">=": 1,
    "+": 3,
    "-": 3,
    "*": 4,
    "/": 4,
    "@": 4,
    "**": 6,
}
_NEGATION = 5


class Formula:
    """The text of an expression, with its value.

    Attributes
    ----------
    text: a Python expression.
    plain: its value, a float or an array.
    strength: how strongly its outermost operator binds, for parentheses.
    typeset: the expression in LaTeX; a name, if not given.
    """

    __slots__ = ("plain", "strength", "text", "typeset")
    rank = 4
    __hash__ = object.__hash__
    __array_ufunc__ = None

    def __init__(
        self, text: str, value: Any, strength: int = _ATOM, typeset: latex.Typeset | None = None
    ) -> None:
        self.text = text
        self.plain = value
        self.strength = strength
        self.typeset = typeset or latex.symbol(text)

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Formula:
        """The text of an operation on these texts, and its value."""
        parts = [as_formula(argument) for argument in arguments]
        return cls.of(operation, parts, static, operation(*[part.plain for part in parts], **static))

    @staticmethod
    def of(operation: Operation, parts: Sequence[Formula], static: dict[str, Any], value: Any) -> Formula:
        """The text of an operation whose value is known."""
        if operation.definition is not None:
            spelled: Formula = operation.definition(*parts)
            return Formula(spelled.text, value, spelled.strength, spelled.typeset)
        options = ", ".join(f"{key}={_literal(item)}" for key, item in static.items())
        typeset = latex.apply(operation.name, [part.typeset for part in parts], options)
        if operation.symbol == "-" and len(parts) == 1:
            return Formula(f"-{parts[0].inside(_NEGATION)}", value, _NEGATION, typeset)
        if operation.symbol in _STRENGTH and len(parts) == 2:
            return _infix(operation.symbol, parts[0], parts[1], value, typeset)
        inside = ", ".join([part.text for part in parts] + ([options] if options else []))
        return Formula(f"{operation.name}({inside})", value, _ATOM, typeset)

    @property
    def latex(self) -> str:
        """The expression as mathematics writes it."""
        return self.typeset.text

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def inside(self, strength: int) -> str:
        """The text, in parentheses if it binds weaker than its surroundings."""
        return self.text if self.strength >= strength else f"({self.text})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return np.shape(self.plain)

    @property
    def T(self) -> Formula:
        """The transpose of a matrix."""
        typeset = latex.apply("transpose", [self.typeset])
        return Formula(f"{self.inside(_ATOM)}.T", self.plain.T, _ATOM, typeset)

    def sum(self, axis: Any, keepdims: bool = False) -> Formula:
        """The sum over an axis, or over several."""
        typeset = latex.apply("sum", [self.typeset])
        kept = ", keepdims=True" if keepdims else ""
        total = self.plain.sum(axis=axis, keepdims=keepdims)
        return Formula(f"{self.inside(_ATOM)}.sum(axis={axis}{kept})", total, _ATOM, typeset)

    @property
    def dtype(self) -> Any:
        """The dtype of the value."""
        return np.asarray(self.plain).dtype

    def __repr__(self) -> str:
        return f"Formula({self.text!r} = {show(self.plain)})"


def _infix(symbol: str, left: Formula, right: Formula, value: Any, typeset: latex.Typeset) -> Formula:
    strength = _STRENGTH[symbol]
    # a - (b - c) and (a ** b) ** c need their parentheses, a - b - c and a ** b ** c do not.
    first, second = (strength + 1, strength) if symbol == "**" else (strength, strength + 1)
    return Formula(f"{left.inside(first)} {symbol} {right.inside(second)}", value, strength, typeset)


def as_formula(x: Any) -> Formula:
    """A number as a formula: its literal."""
    return x if isinstance(x, Formula) else _number(_literal(x), x)


def shown(x: Any) -> Formula:
    """A number as a formula that people read: six digits of it, of an array its shape."""
    return _number(show(x), x)


def _number(text: str, x: Any) -> Formula:
    return Formula(text, x, _NEGATION if text.startswith("-") else _ATOM, latex.number(x))


def _literal(x: Any) -> str:
    if isinstance(x, (np.ndarray, np.generic)):
        return " ".join(np.array_repr(np.asarray(x)).split()) if np.ndim(x) else repr(x.item())
    if isinstance(x, tuple):
        return f"({', '.join(map(_literal, x))}{',' if len(x) == 1 else ''})"
    return x.__name__ if isinstance(x, type) else repr(x)


def show(x: Any) -> str:
    """A value for people: six digits of a number, the shape of an array."""
    if np.ndim(x) == 0 and isinstance(x, SupportsFloat):
        return f"{float(x):.6g}"
    if np.size(x) > 6:
        return f"array {np.shape(x)}"
    return " ".join(np.array2string(np.asarray(x), precision=4, separator=", ").split())


def wording(formula: Formula) -> str:
    """The text of a formula for people: six digits of it where it is a number."""
    return show(formula.plain) if formula.text == _literal(formula.plain) else formula.text


def _operator(operation: Operation, reflected: bool) -> Any:
    if reflected:
        return lambda self, other: operation(other, self)
    return lambda self, *others: operation(self, *others)


def _comparison(symbol: str, compare: Any) -> Any:
    def method(self: Formula, other: Any) -> Formula:
        right = as_formula(other)
        typeset = latex.apply(symbol, [self.typeset, right.typeset])
        return _infix(symbol, self, right, compare(self.plain, right.plain), typeset)

    return method


for _method, _row in {
    "add": ops.add, "sub": ops.sub, "mul": ops.mul, "truediv": ops.div, "pow": ops.power,
    "matmul": linalg_ops.matmul,
}.items():  # fmt: skip
    setattr(Formula, f"__{_method}__", _operator(_row, reflected=False))
    setattr(Formula, f"__r{_method}__", _operator(_row, reflected=True))
setattr(Formula, "__neg__", _operator(ops.neg, reflected=False))  # noqa: B010 - mypy knows no __neg__
for _method, _symbol, _compare in (
    ("lt", "<", np.less), ("le", "<=", np.less_equal), ("gt", ">", np.greater),
    ("ge", ">=", np.greater_equal), ("eq", "==", np.equal), ("ne", "!=", np.not_equal),
):  # fmt: skip
    setattr(Formula, f"__{_method}__", _comparison(_symbol, _compare))


class _One(Formula):
    """The number 1, which a product leaves out: a rule fed with it reads as the local derivative."""

    __slots__ = ()
    rank = Formula.rank + 1

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Formula:
        """The other factor of a product; any other operation as usual."""
        others = [argument for argument in arguments if not isinstance(argument, cls)]
        if operation.name in ("mul", "scale") and len(others) == 1:
            return as_formula(others[0])
        return super().apply(operation, arguments, static)


def readings(
    operation: Operation,
    g: Formula,
    y: Formula,
    inputs: Sequence[Formula],
    static: dict[str, Any],
    wanted: Iterable[int],
) -> dict[int, Formula]:
    """How the rules of an operation read, for each wanted input that has one.

    Where the derivative is a number an element, ``∂y/∂input`` itself; where it is a matrix that only
    the rule knows, what the rule makes of ``g``, the gradient of y.

    >>> g, x, y = Formula("g", 1.0), Formula("x", 0.0), Formula("y", 0.0)
    >>> readings(TABLE["tanh"], g, y, [x], {}, [0])
    {0: Formula('1 - y * y' = 1)}
    """
    if operation.slopes:
        slopes = {position: operation.slopes[position] for position in wanted}
        return {i: as_formula(slope(y, *inputs)) for i, slope in slopes.items() if slope is not None}
    if not any(part.shape for part in (y, *inputs)):
        g = _One("1", 1.0, _ATOM, latex.number(1.0))
    return {i: as_formula(gradient) for i, gradient in operation.pull(g, y, inputs, static, wanted)}


def local_derivatives(operation: Operation, *inputs: Formula, **static: Any) -> list[Formula | None]:
    """The derivative of an operation with respect to each input, as formulas.

    Where the derivative is a number an element, this is that number; elsewhere the rule, with ``g``
    for the gradient of the output. None for an input without a derivative.
    """
    y = operation(*inputs, **static)
    g = Formula("g", np.ones(y.shape) if y.shape else 1.0)
    found = readings(operation, g, y, inputs, static, range(len(inputs)))
    return [found.get(position) for position in range(len(inputs))]


def derivatives(operation: Operation | str, **inputs: Any) -> list[str]:
    """Every derivative of an operation in symbols and numbers, for named inputs.

    >>> derivatives("tanh", x=0.0)
    ['d(tanh(x))/dx = 1 - tanh(x) * tanh(x) = 1']
    """
    row = TABLE[operation] if isinstance(operation, str) else operation
    formulas = [Formula(name, value) for name, value in inputs.items()]
    y = row(*formulas)
    lines = []
    for x, slope in zip(formulas, local_derivatives(row, *formulas), strict=True):
        if slope is not None:
            said = dict.fromkeys([wording(slope), show(slope.plain)])  # a constant is said once
            lines.append(" = ".join([f"d({y.text})/d{x.text}", *said]))
    return lines
