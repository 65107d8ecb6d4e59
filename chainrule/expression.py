"""Expressions typed by a person, such as ``tanh(w*x + b)``: read as Python is read, and never run as it.

Only what is listed here can be computed: numbers, names that were given a value, operators, and
calls of the functions of :mod:`autograd` listed below. There are no attributes, no indices and no
strings, so an expression from a stranger can do no more than compute.

>>> result = Expression("tanh(w*x + b)").value({"w": 2.0, "x": 3.0, "b": -6.0})
>>> result.data, result.op
(0.0, 'tanh')
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import autograd
from autograd import Node, Tensor, Value
from autograd.operation import TABLE

__all__ = ["FUNCTIONS", "Expression", "ExpressionError", "assignment"]

_LONGEST, _DEEPEST, _MOST_NUMBERS = 4000, 200, 10_000
# Of the functions that are no single operation on numbers, these; none of them makes arrays larger.
_MORE = """sum mean prod amax amin std var softmax log_softmax logsumexp matmul dot norm
    clip elu gelu gelu_tanh leaky_relu logsigmoid mish selu silu softsign""".split()  # noqa: SIM905

FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(autograd, name)
    for name in sorted(
        {name for name, operation in TABLE.items() if operation.scalar and hasattr(autograd, name)}
        | {name for name in _MORE if hasattr(autograd, name)}
    )
    if name != "affine"
}
"""What an expression may call."""

_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: autograd.div,
    ast.Pow: autograd.power,
    ast.MatMult: operator.matmul,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class ExpressionError(ValueError):
    """An expression that cannot be read or computed; the message says what and where."""


class Expression:
    """An expression, read but not yet computed.

    Raises
    ------
    ExpressionError: it is no expression, or holds something that an expression may not hold.

    >>> Expression("a * b + a + pi").names
    ['a', 'b']
    >>> Expression("__import__('os')")
    Traceback (most recent call last):
        ...
    chainrule.expression.ExpressionError: there is no function '__import__'; some are ...
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise ExpressionError(f"the expression has {len(text):,} characters; {_LONGEST:,} are allowed")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError as error:
            raise ExpressionError(_pointed(text.strip(), error.msg, (error.offset or 1) - 1)) from None
        except (ValueError, RecursionError, MemoryError):
            raise ExpressionError("the expression is nested too deeply or holds a NUL") from None
        self._free: dict[str, None] = {}
        self._check(self._tree, 0)

    @property
    def names(self) -> list[str]:
        """The names that need a value, in the order in which they appear."""
        return [name for name in self._free if name not in _CONSTANTS]

    def value(self, values: Mapping[str, Any]) -> Node:
        """Compute it: a Value of numbers, a Tensor where lists are among the values.

        Raises
        ------
        ExpressionError: a name has no value, or an operation does not fit its arguments.
        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise ExpressionError(f"no value for {', '.join(missing)}: give each one, such as {missing[0]}=1")
        leaves = {name: _leaf(name, value) for name, value in values.items() if name in self._free}
        try:
            result = self._compute(self._tree, leaves)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise error if isinstance(error, ExpressionError) else ExpressionError(str(error)) from error
        if not isinstance(result, Node):
            raise ExpressionError(f"{self.text!r:.60} is the number {result}: there is no name in it")
        return result

    def _check(self, node: ast.expr, depth: int) -> None:
        if depth > _DEEPEST:
            self._refuse(node, f"more than {_DEEPEST} levels of nesting")
        inside: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            inside = [node.left, node.right]
        elif isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            inside = [node.operand]
        elif isinstance(node, ast.Name):
            self._free[node.id] = None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id not in FUNCTIONS:
                self._refuse_function(node.func)
            inside = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(keyword.arg is None for keyword in node.keywords):
                self._refuse(node, "** has no meaning here")
        elif not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
            hint = "; a power is written **" if isinstance(getattr(node, "op", None), ast.BitXor) else ""
            self._refuse(
                node,
                f"{type(node).__name__} is not allowed: only numbers, names, + - * / ** @ and calls{hint}",
            )
        for each in inside:
            self._check(each, depth + 1)

    def _compute(self, node: ast.expr, leaves: Mapping[str, Node]) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return leaves[node.id] if node.id in leaves else _CONSTANTS[node.id]
        if isinstance(node, ast.UnaryOp):
            return _UNARY[type(node.op)](self._compute(node.operand, leaves))
        if isinstance(node, ast.BinOp):
            left, right = self._compute(node.left, leaves), self._compute(node.right, leaves)
            # A power of whole numbers could be too large for any memory; one of floats is inf.
            return _BINARY[type(node.op)](_as_float(left), _as_float(right))
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        arguments = [self._compute(argument, leaves) for argument in node.args]
        options = {str(keyword.arg): self._compute(keyword.value, leaves) for keyword in node.keywords}
        return FUNCTIONS[node.func.id](*arguments, **options)

    def _refuse_function(self, name: ast.Name) -> NoReturn:
        from difflib import get_close_matches

        near = get_close_matches(name.id, FUNCTIONS, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"some are {', '.join(list(FUNCTIONS)[::9])}"
        self._refuse(name, f"there is no function {name.id!r}; {hint}")

    def _refuse(self, node: ast.expr, what: str) -> NoReturn:
        raise ExpressionError(_pointed(self.text.strip(), what, node.col_offset))


def assignment(text: str) -> tuple[str, Any]:
    """A name and its value, a number or nested lists of numbers, from ``name=value``.

    Raises
    ------
    ExpressionError: it is none.

    >>> assignment("w=-2.5"), assignment("x=[1, 2]")
    (('w', -2.5), ('x', [1.0, 2.0]))
    """
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise ExpressionError(f"{text!r:.60} is not of the form name=value, such as x=2 or x=[1,2]")
    if name in FUNCTIONS:
        raise ExpressionError(f"{name!r} is a function and cannot be given a value; choose another name")
    try:
        return name, _numbers(ast.literal_eval(value.strip()), [_MOST_NUMBERS])
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        special = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}.get(value.strip())
        if special is None:
            raise ExpressionError(f"{value!r:.60} is not a number or a list of numbers") from None
        return name, special


def _numbers(value: Any, left: list[int]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_numbers(item, left) for item in value]
    left[0] -= 1
    if type(value) not in (int, float) or left[0] < 0:
        raise ValueError
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _leaf(name: str, value: Any) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, (list, tuple)):
        try:
            return Tensor(value, requires_grad=True, label=name, dtype=float)
        except (TypeError, ValueError):
            raise ExpressionError(f"{name} is no regular array: its lists differ in length") from None
    return Value(value, label=name)


def _as_float(value: Any) -> Any:
    if type(value) is not int:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _pointed(text: str, what: str, column: int) -> str:
    """A message with the place in the expression, where that helps."""
    if not text.isprintable() or not text or len(text) > 100:
        return what
    return f"{what}\n  {text}\n  {' ' * column}^"
