"""``gradcheck``: is a derivative the derivative of its function?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import GradcheckError
from .graph import GraphProblem
from .problem import ArrayProblem, Problem

__all__ = ["check_derivative", "gradcheck"]


def gradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    modes: tuple[str, ...] = ("reverse", "forward"),
    rtol: float = 1e-5,
    atol: float = 1e-8,
) -> bool:
    """Check the derivatives of a function, a layer or a model."""
    arguments = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    return _check(GraphProblem(fn, arguments), modes, rtol, atol)


def check_derivative(f: Callable[..., Any], df: Callable[..., Any], *inputs: Any) -> bool:
    """Check a hand-written derivative."""

    def claimed(problem: ArrayProblem, x: Any) -> Any:
        result = df(*problem.arguments(x))
        return result if isinstance(result, (tuple, list)) else [result]

    return _check(ArrayProblem(f, claimed, inputs), ("reverse",), 1e-5, 1e-8)


def _check(problem: Problem, modes: tuple[str, ...], rtol: float, atol: float) -> bool:
    x = problem.point
    problem.value(x)
    columns = []
    for i in range(len(x)):
        step = 1e-5 * max(1.0, abs(x[i]))
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        columns.append((problem.value(up) - problem.value(down)) / (up[i] - down[i]))
    numeric = np.stack(columns, axis=1)
    for name in modes:
        analytic = problem.derivative(name, x)
        bad = ~(np.abs(analytic - numeric) <= atol + rtol * np.abs(numeric))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            part = next(p for p in problem.inputs if p.start <= column < p.start + p.size)
            raise GradcheckError(
                f"{name}: {part.element(int(column))}: analytic {analytic[row, column]:.6g}, "
                f"numeric {numeric[row, column]:.6g} ({bad.sum()} of {bad.size} differ)"
            )
    return True
