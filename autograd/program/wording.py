"""An instruction in words: what it writes to, and a formula, in the notation of Python and NumPy."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..formula import show
from .branch import check
from .calls import draw
from .instruction import STORAGE, Instruction, parts_of, ufunc_of
from .slot import Slot, astype, number, view
from .standard import REDUCTIONS

_INFIX = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.power: "**",
    np.matmul: "@", np.dot: "@",
    np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.equal: "==",
    np.not_equal: "!=", np.logical_and: "and", np.logical_or: "or",
}  # fmt: skip
_REDUCTIONS = {getattr(np, name): reduction for name, reduction in REDUCTIONS.items()}
Names = Mapping[Slot, str]


class Wording(NamedTuple):
    """What an instruction does: ``target sign formula``, such as ``w``, ``-=`` and ``lr * w.grad``."""

    target: str
    sign: str
    formula: str

    def __str__(self) -> str:
        return " ".join(filter(None, self))


def name_of(function: Any) -> str:
    """What messages call a function: NumPy's name, with its ufunc's for a reduction.

    >>> name_of(np.add.reduce), name_of(np.tanh)
    ('add.reduce', 'tanh')
    """
    owner = ufunc_of(function)
    if owner is not None:
        return f"{owner.__name__}.{function.__name__}"
    return str(getattr(function, "__name__", function)).strip("_")


def symbol_of(function: Any) -> str:
    """What a picture and a formula call a function.

    >>> symbol_of(np.add), symbol_of(np.add.reduce), symbol_of(np.tanh)
    ('+', 'sum', 'tanh')
    """
    owner = ufunc_of(function)
    if owner is not None and function.__name__ == "reduce" and owner in _REDUCTIONS:
        return _REDUCTIONS[owner]
    return _INFIX.get(function) or {draw: "random"}.get(function) or name_of(function)


def worded(instruction: Instruction, names: Names) -> Wording:
    """An instruction with names for its slots; with numbers in their places, what it computes with."""
    function, arguments = instruction.function, instruction.arguments
    target = names[instruction.output]
    if function is check:
        return Wording("check", "", f"{target} is {'true' if arguments[1] else 'false'}")
    if not instruction.writes:
        return Wording(target, "=", formula(instruction, names))
    if function is operator.setitem:
        return Wording(f"{target}[{_index(arguments[1], names)}]", "=", text(arguments[2], names))
    owner = ufunc_of(function)
    if owner in _INFIX and function.__name__ == "at":
        return Wording(
            f"{target}[{_index(arguments[1], names)}]", f"{_INFIX[owner]}=", text(arguments[2], names)
        )
    if function is np.copyto and not instruction.options:
        return Wording(f"{target}[...]", "=", text(arguments[1], names))
    if isinstance(function, np.ufunc):
        *inputs, out = arguments
        if function in _INFIX and len(inputs) == 2 and inputs[0] is out:
            return Wording(target, f"{_INFIX[function]}=", text(inputs[1], names))
        instruction = instruction._replace(arguments=tuple(inputs))
    return Wording(f"{target}[...]", "=", formula(instruction, names))


def formula(instruction: Instruction, names: Names) -> str:
    """What an instruction computes."""
    function, arguments, options = instruction[:3]
    parts = [text(part, names) for part in arguments]
    if function in _INFIX and len(parts) == 2 and not options:
        left = _bound(parts[0]) if function is np.power else parts[0]
        return f"{left} {_INFIX[function]} {_bound(parts[1])}"
    if function is np.negative and not options:
        return f"-{_bound(parts[0])}"
    if function is np.transpose and (len(arguments) == 1 or arguments[1] is None) and not options:
        return f"{parts[0]}.T"
    if function is operator.getitem:
        return f"{parts[0]}[{_index(arguments[1], names)}]"
    if function is draw:
        return f"random({text(arguments[1], names)})"
    if function is number:
        return f"number({parts[0]})"
    if function in (astype, view):
        return f"{parts[0]}.{function.__name__}({arguments[1]})"
    parts += [
        f"{name}={text(option, names)}"
        for name, option in options.items()
        if name not in STORAGE and option is not None and not (name == "keepdims" and not option)
    ]
    return f"{symbol_of(function)}({', '.join(parts)})"


def _bound(part: str) -> str:
    """An operand; a negative number in brackets, where its sign would be taken for an operator."""
    return f"({part})" if part.startswith("-") else part


def _index(index: Any, names: Names) -> str:
    return ", ".join(text(part, names) for part in parts_of(index))


def text(part: Any, names: Names) -> str:
    """A part of an instruction: a name, a number, an index."""
    if isinstance(part, Slot):
        return names[part]
    if isinstance(part, slice):
        ends = ["" if x is None else text(x, names) for x in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, text(part.step, names)])
    if part is Ellipsis:
        return "..."
    if isinstance(part, tuple):
        return f"({', '.join(text(x, names) for x in part)}{',' if len(part) == 1 else ''})"
    if isinstance(part, list):
        return f"[{', '.join(text(x, names) for x in part)}]"
    if isinstance(part, (bool, type(None))):
        return str(part)
    return show(part) if isinstance(part, (float, int, np.ndarray, np.generic)) else str(part)
