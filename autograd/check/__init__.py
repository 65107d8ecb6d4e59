"""``gradcheck``: is a derivative the derivative of its function, and if not, what is the mistake?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GradcheckError
from .arrays import ArrayProblem, VjpProblem
from .checking import check
from .derived import GradientProblem
from .graph import GraphProblem
from .problem import Problem
from .report import Report

__all__ = ["Report", "check_derivative", "check_vjp", "gradcheck"]

FAST = 8  # directions of the fast mode


def gradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 1,
    modes: str | Sequence[str] = ("reverse", "forward"),
    rtol: float = 1e-5,
    atol: float = 0.0,
    eps: float | None = None,
    seed: int = 0,
    fast_mode: bool = False,
    raise_exception: bool = True,
) -> Report:
    """Check the derivatives of a function, a layer or a model against its values, element by element.

    Everything is computed on float64 copies: inputs, parameters, ``.grad``, the training mode and
    the random state are as before when it returns or raises.

    Parameters
    ----------
    fn: takes Values, Tensors, or nested lists, tuples and dicts of them, and returns the same; whatever
        has ``parameters()`` is a model, whose parameters are checked as well.
    inputs: a list or tuple of the arguments, or one argument that is neither. Floats become Values and float
        arrays Tensors; integers in arrays, strings and the like are passed on as they are.
    order: 1, or 2 to check the second derivatives too.
    modes: which ways of differentiating to check: "reverse", "forward" or both.
    rtol, atol: a derivative may differ from the measured one by ``atol + rtol * |derivative|``, and by what
        the measurement is uncertain of.
    eps: the step of the differences relative to the size of an input; by default a sweep of steps finds it.
    seed: of the random directions, of the fast mode and of the measurement of noise.
    fast_mode: check a few random directions instead of every element; the report says what that leaves out.
    raise_exception: False to return a report that did not pass instead of raising it.

    Raises
    ------
    GradcheckError: the derivative is wrong, or could not be checked; its text is the report.

    >>> import autograd
    >>> report = gradcheck(lambda x, y: x * autograd.sin(y), [2.0, 0.5])
    >>> report.verdict
    'right'
    >>> wrong = autograd.custom_op(lambda x: x * x, lambda g, y, x: g * -2 * x, name="wrong")
    >>> print(gradcheck(wrong, [3.0], modes=["reverse"], raise_exception=False))  # doctest: +ELLIPSIS
    gradcheck of wrong: wrong rule
    1 of 1 elements of the derivative are not the function's
      input  output  mode     analytic  numeric  error    accuracy  verdict
      x      output  reverse  -6        6        1.2e+01  ...       wrong rule
    Likely mistake in x: sign (the sign is wrong)
    """
    arguments = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= {"reverse", "forward"}:
        raise ValueError(f'modes are some of "reverse" and "forward", got {modes!r}')
    if order not in (1, 2):
        raise ValueError(
            f"order is 1 or 2, got {order!r}; check a derivative as a function of its own for more"
        )
    options = {"rtol": rtol, "atol": atol, "eps": eps, "seed": seed, "fast": FAST if fast_mode else 0}
    report = _checked(GraphProblem(fn, arguments, chosen), 1, options, raise_exception)
    if order == 1 or not report:
        return report
    return _checked(GradientProblem(fn, arguments, chosen), 2, options, raise_exception)


def check_derivative(
    f: Callable[..., Any],
    df: Callable[..., Any],
    *inputs: Any,
    rtol: float = 1e-5,
    atol: float = 0.0,
    eps: float | None = None,
    seed: int = 0,
    fast_mode: bool = False,
    raise_exception: bool = True,
) -> Report:
    """Check a hand-written derivative of a plain function of arrays; no graph is involved.

    Parameters
    ----------
    f: takes the inputs and returns one array or number, of any library that converts to NumPy.
    df: takes the inputs and returns one derivative an input, each of shape output shape + input shape.
    inputs: arrays or numbers.
    rtol, atol, eps, seed, fast_mode, raise_exception: see :func:`gradcheck`.

    Raises
    ------
    GradcheckError: the derivative is wrong, or could not be checked; its text is the report.

    >>> import numpy as np
    >>> check_derivative(np.sin, np.cos, 0.5).verdict
    'right'
    >>> check_derivative(lambda w, x: w @ x, lambda w, x: (x, w), np.ones(3), np.arange(3.0)).verdict
    'right'
    """
    options = {"rtol": rtol, "atol": atol, "eps": eps, "seed": seed, "fast": FAST if fast_mode else 0}
    return _checked(ArrayProblem(f, df, inputs), 1, options, raise_exception)


def check_vjp(
    f: Callable[..., Any],
    vjp: Callable[..., Any],
    *inputs: Any,
    rtol: float = 1e-5,
    atol: float = 0.0,
    eps: float | None = None,
    seed: int = 0,
    fast_mode: bool = False,
    raise_exception: bool = True,
) -> Report:
    """Check the hand-written backward pass of a layer: gradients of the inputs from that of the output.

    Parameters
    ----------
    f: takes the inputs and returns one array or number, of any library that converts to NumPy.
    vjp: ``vjp(cotangent, *inputs)`` returns one gradient an input, each of the input's shape; the cotangent
        has the output's shape.
    inputs: arrays or numbers.
    rtol, atol, eps, seed, fast_mode, raise_exception: see :func:`gradcheck`.

    Raises
    ------
    GradcheckError: the derivative is wrong, or could not be checked; its text is the report.

    >>> import numpy as np
    >>> x, w = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    >>> check_vjp(lambda x, w: x @ w, lambda g, x, w: (g @ w.T, x.T @ g), x, w).verdict
    'right'
    """
    options = {"rtol": rtol, "atol": atol, "eps": eps, "seed": seed, "fast": FAST if fast_mode else 0}
    return _checked(VjpProblem(f, vjp, inputs), 1, options, raise_exception)


def _checked(problem: Problem, order: int, options: dict[str, Any], raise_exception: bool) -> Report:
    report = check(problem, order=order, **options)
    if raise_exception and not report:
        raise GradcheckError(str(report))
    return report
