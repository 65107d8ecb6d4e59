"""What ``help`` says of an operation: its row of the rule book, read aloud.

>>> from autograd import tanh
>>> print(tanh.__doc__)
tanh(x)
<BLANKLINE>
The hyperbolic tangent, (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ).
<BLANKLINE>
    d(tanh(x))/dx = 1 - tanh(x) * tanh(x)
<BLANKLINE>
    tanh(-inf) = -1, tanh(-1) = -0.761594, tanh(0) = 0, tanh(1) = 0.761594, tanh(inf) = 1
<BLANKLINE>
An element at a time: the result has the shape of x.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence

import numpy as np

from .formula import Formula, readings, show, wording
from .operation import Operation, Rule

_MATRIX = np.array([[2.0, 1.0], [1.0, 3.0]])  # it has an inverse, and different elements in a row
_PLACES = (-np.inf, -1.0, 0.0, 1.0, np.inf)


def describe(operation: Operation) -> str:
    """The documentation of an operation: how it is called, what it computes, its derivatives, its shapes."""
    inputs = _inputs(operation)
    if not inputs:
        return operation.doc
    read = [part(operation, inputs) for part in (_call, _derivatives, _values, _shapes)]
    return "\n\n".join(filter(None, [read[0], textwrap.fill(operation.doc, 100), *read[1:]]))


def _inputs(operation: Operation) -> list[Formula]:
    """Example inputs under the names that the rules give them; none where nobody can make them up."""
    given = [Formula(name, x) for name, x in operation.example.items() if name not in operation.static_names]
    if given or operation.joint is not None:
        return given
    example = _MATRIX if operation.scalar is None else 1.0
    return [Formula(name, example) for name in _names(operation)]


def _names(operation: Operation) -> Sequence[str]:
    """What the rules call the inputs; x, or a and b, where every slope is a constant."""
    count = len(operation.rules)
    named = [_positional(slope)[1:] for slope in operation.slopes]
    named = named or [_positional(rule)[2:][:count] for rule in operation.rules if rule is not None]
    return next((names for names in named if len(names) == count), "x" if count == 1 else ("a", "b"))


def _positional(rule: Rule) -> tuple[str, ...]:
    return rule.__code__.co_varnames[: rule.__code__.co_argcount]


def _options(operation: Operation) -> list[inspect.Parameter]:
    """The static arguments."""
    names = operation.static_names
    return [inspect.signature(operation.array).parameters[name] for name in names] if names else []


def _call(operation: Operation, inputs: Sequence[Formula]) -> str:
    options = [
        option.name if option.default is option.empty else f"{option.name}={option.default!r}"
        for option in _options(operation)
    ]
    return f"{operation.name}({', '.join([x.text for x in inputs] + options)})"


def _derivatives(operation: Operation, inputs: Sequence[Formula]) -> str:
    """A line for each input that has a derivative, if its rule reads as a formula."""
    static = {name: x for name, x in operation.example.items() if name in operation.static_names}
    if any(option.default is option.empty and option.name not in static for option in _options(operation)):
        return ""
    y = operation(*inputs, **static)
    g = Formula("g", np.ones(y.shape) if y.shape else 1.0)
    found = readings(operation, g, y, inputs, static, range(len(inputs)))
    if any("array(" in reading.text for reading in found.values()):
        return ""  # the rule looks at the numbers; the sentence of the row says what it does
    numbers = operation.scalar is not None
    lines = [
        f"    d({y.text})/d{inputs[i].text} = {wording(reading)}"
        if numbers
        else f"    {inputs[i].text}.grad += {wording(reading)}"
        for i, reading in found.items()
    ]
    where = "" if numbers else f"\n\nwhere g is the gradient of {y.text}, here for matrices of shape (2, 2)."
    return "\n".join(lines) + where


def _values(operation: Operation, inputs: Sequence[Formula]) -> str:
    """What a function of one number is at the ends and in the middle: where it is infinite, or NaN."""
    if operation.scalar is None or len(inputs) != 1:
        return ""
    return "    " + ", ".join(f"{operation.name}({show(x)}) = {show(operation(x))}" for x in _PLACES)


def _shapes(operation: Operation, inputs: Sequence[Formula]) -> str:
    if operation.kind != "elementwise":
        return ""
    if len(inputs) == 1:
        return f"An element at a time: the result has the shape of {inputs[0].text}."
    return "An element at a time: the inputs are broadcast as in NumPy, and each gradient is summed back."
