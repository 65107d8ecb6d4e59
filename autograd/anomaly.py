"""``detect_anomaly``: the first NaN or infinity becomes an error that says where it came from."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import AnomalyError
from .grad_mode import Mode, mode
from .graph import Node
from .operation import Operation

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Watch:
    """Checks each result as it appears, and remembers which line of the user's code made it."""

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}

    def after_forward(self, node: Node, operation: Operation, parents: Sequence[Node]) -> None:
        """Remember where a node was made, and refuse it if it is not finite."""
        self.lines[node.number] = _line()
        if not np.all(np.isfinite(node.plain)):
            inputs = ", ".join(f"{parent.name()} = {_short(parent.plain)}" for parent in parents)
            line = self.lines[node.number]
            raise AnomalyError(f"forward: {operation.name} gave {_bad(node.plain)} from {inputs}, at {line}")

    def after_backward(self, node: Node, gradients: dict[Node, Any]) -> None:
        """Refuse a gradient that is not finite, right after the step that made it."""
        for parent in node.parents:
            gradient = gradients.get(parent)
            if gradient is not None and not np.all(np.isfinite(getattr(gradient, "plain", gradient))):
                where = parent.name() if parent.shape else f"{parent.name()} = {_short(parent.plain)}"
                raise AnomalyError(
                    f"backward: the rule of {node.op} gave {_bad(gradient)} as the gradient of {where}; "
                    f"{node.op} was computed at {self._line_of(node)}"
                )

    def check_root(self, root: Node) -> None:
        """Refuse a loss that is not finite, also one recorded before the watch began."""
        if not np.all(np.isfinite(root.plain)):
            raise AnomalyError(
                f"backward: the loss itself, {root.name()}, is {_bad(root.plain)}; it was computed at "
                f"{self._line_of(root)}"
            )

    def _line_of(self, node: Node) -> str:
        return self.lines.get(node.number, "a line from before detect_anomaly()")


def detect_anomaly() -> contextlib.AbstractContextManager[Mode]:
    """Turn the first non-finite result, forward or backward, into an AnomalyError.

    The message names the operation, the labels of its inputs and the line of code.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0, label="x"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd.errors.AnomalyError: forward: log gave -inf from Value 'x', a leaf = 0, at <doctest ...
    """
    return mode(watch=Watch())


def _line() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def _bad(data: Any) -> str:
    flat = np.ravel(getattr(data, "plain", data))
    first = flat[~np.isfinite(flat)][0]
    return (
        f"{first}"
        if flat.size == 1
        else f"{first} (in {np.count_nonzero(~np.isfinite(flat))} of {flat.size})"
    )


def _short(data: Any) -> str:
    return f"{data:.6g}" if np.ndim(data) == 0 else f"array of shape {np.shape(data)}"
