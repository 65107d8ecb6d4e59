"""``Formula``: the rules read as text.

A formula is one more thing that an operation can be fed: it carries the text of an expression
and its value. The text is a Python expression in the names of this package.

>>> a, b = Formula("a", 2.0), Formula("b", 3.0)
>>> (a * b + a).text, (a * b + a).plain
('a * b + a', 8.0)
>>> derivatives("mul", a=2.0, b=3.0)
['d(a * b)/da = b = 3', 'd(a * b)/db = a = 2']
"""

from __future__ import annotations

from typing import Any, SupportsFloat

import numpy as np

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
    """

    __slots__ = ("plain", "strength", "text")
    rank = 3
    __hash__ = object.__hash__
    __array_ufunc__ = None

    def __init__(self, text: str, value: Any, strength: int = _ATOM) -> None:
        self.text = text
        self.plain = value
        self.strength = strength

    @classmethod
    def apply(cls, operation: Operation, arguments: tuple[Any, ...], static: dict[str, Any]) -> Formula:
        """The text of an operation on these texts, and its value."""
        parts = [as_formula(argument) for argument in arguments]
        value = operation(*[part.plain for part in parts], **static)
        if operation.definition is not None:
            return cls((spelled := operation.definition(*parts)).text, value, spelled.strength)
        if operation.symbol == "-" and len(parts) == 1:
            return cls(f"-{parts[0].inside(_NEGATION)}", value, _NEGATION)
        if operation.symbol in _STRENGTH and len(parts) == 2:
            return cls._infix(operation.symbol, parts[0], parts[1], value)
        inside = [part.text for part in parts] + [f"{key}={_literal(item)}" for key, item in static.items()]
        return cls(f"{operation.name}({', '.join(inside)})", value)

    @classmethod
    def _infix(cls, symbol: str, left: Formula, right: Formula, value: Any) -> Formula:
        strength = _STRENGTH[symbol]
        # a - (b - c) and (a ** b) ** c need their parentheses, a - b - c and a ** b ** c do not.
        first, second = (strength + 1, strength) if symbol == "**" else (strength, strength + 1)
        return cls(f"{left.inside(first)} {symbol} {right.inside(second)}", value, strength)

    def inside(self, strength: int) -> str:
        """The text, in parentheses if it binds weaker than its surroundings."""
        return self.text if self.strength >= strength else f"({self.text})"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return np.shape(self.plain)

    @property
    def dtype(self) -> Any:
        """The dtype of the value."""
        return np.asarray(self.plain).dtype

    def __repr__(self) -> str:
        return f"Formula({self.text!r} = {show(self.plain)})"


def as_formula(x: Any) -> Formula:
    """A number as a formula: its literal."""
    if isinstance(x, Formula):
        return x
    negative = np.ndim(x) == 0 and x < 0
    return Formula(_literal(x), x, _NEGATION if negative else _ATOM)


def _literal(x: Any) -> str:
    if isinstance(x, (np.ndarray, np.generic)):
        return " ".join(np.array_repr(np.asarray(x)).split()) if np.ndim(x) else repr(x.item())
    if isinstance(x, tuple):
        return f"({', '.join(map(_literal, x))}{',' if len(x) == 1 else ''})"
    return repr(x)


def show(x: Any) -> str:
    """A value for people: six digits of a number, the shape of an array."""
    if np.ndim(x) == 0 and isinstance(x, SupportsFloat):
        return f"{float(x):.6g}"
    return (
        np.array2string(np.asarray(x), precision=4, separator=", ")
        if np.size(x) <= 6
        else f"array {np.shape(x)}"
    )


def _operator(name: str, reflected: bool) -> Any:
    operation = TABLE[name]
    if reflected:
        return lambda self, other: operation(other, self)
    return lambda self, *others: operation(self, *others)


def _comparison(symbol: str, compare: Any) -> Any:
    def method(self: Formula, other: Any) -> Formula:
        right = as_formula(other)
        return Formula._infix(symbol, self, right, compare(self.plain, right.plain))

    return method


for _method, _name in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "power", "matmul": "matmul"
}.items():  # fmt: skip
    setattr(Formula, f"__{_method}__", _operator(_name, reflected=False))
    setattr(Formula, f"__r{_method}__", _operator(_name, reflected=True))
setattr(Formula, "__neg__", _operator("neg", reflected=False))  # noqa: B010 - mypy knows no __neg__
for _method, _symbol, _compare in (
    ("lt", "<", np.less), ("le", "<=", np.less_equal), ("gt", ">", np.greater),
    ("ge", ">=", np.greater_equal), ("eq", "==", np.equal), ("ne", "!=", np.not_equal),
):  # fmt: skip
    setattr(Formula, f"__{_method}__", _comparison(_symbol, _compare))


def local_derivatives(operation: Operation, *inputs: Formula, **static: Any) -> list[Formula | None]:
    """The derivative of an operation with respect to each input, as formulas.

    For elementwise operations this is the local derivative itself; for the others, whose
    derivative is no single number, the rule with ``g`` for the gradient of the output.
    """
    y = operation(*inputs, **static)
    if operation.slopes:
        return [as_formula(slope(y, *inputs)) for slope in operation.slopes if slope is not None]
    g = Formula("g", np.ones(y.shape) if y.shape else 1.0)
    found: list[Formula | None] = [None] * len(inputs)
    for position, gradient in operation.pull(g, y, inputs, static, range(len(inputs))):
        found[position] = as_formula(gradient)
    return found


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
            symbolic = "" if slope.text == show(slope.plain) else f" = {slope.text}"
            lines.append(f"d({y.text})/d{x.text}{symbolic} = {show(slope.plain)}")
    return lines
