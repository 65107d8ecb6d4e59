"""``custom_op``: an operation of the user's own, with its own rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .array_ops import shape_of
from .errors import RuleError
from .graph import Node
from .operation import Operation, Rule


def custom_op(forward: Callable[..., Any], rule: Rule, *, name: str | None = None) -> Operation:
    """Make an operation from a function and the rule of its derivative.

    Parameters
    ----------
    forward: computes the result from floats (for Values) or arrays (for Tensors).
    rule: ``rule(g, y, *inputs)`` from the gradient g of the output y to the gradients of the inputs,
        a tuple with one an input (or just the gradient, for a single input), each of its input's shape;
        None for an input without a derivative. Written with operators and autograd functions it can
        be differentiated again, and forward mode is derived from it.
    name: how messages and pictures call it; the function's own name by default.

    Raises
    ------
    RuleError: from a backward, when the rule returns the wrong number or shape of gradients.

    >>> from autograd import Value
    >>> cube = custom_op(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x, name="cube")
    >>> x = Value(2.0)
    >>> cube(x).backward()
    >>> x.grad
    12.0
    """
    title = name or forward.__name__

    def joint(g: Any, y: Any, *inputs: Any, **static: Any) -> list[Any]:
        returned = rule(g, y, *inputs, **static)
        gradients = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        if len(gradients) != len(inputs):
            raise RuleError(
                f"the rule of {title} returned {len(gradients)} gradients for {len(inputs)} inputs; "
                "return a tuple with one gradient an input, None where there is no derivative"
            )
        return [
            _checked(gradient, x, y, title, i)
            for i, (gradient, x) in enumerate(zip(gradients, inputs, strict=True))
        ]

    return Operation(title, forward, scalar=forward, joint=joint, whole=True, doc=forward.__doc__ or "")


def _checked(gradient: Any, x: Any, y: Any, title: str, position: int) -> Any:
    if gradient is None:
        return x * 0.0
    shape = shape_of(gradient)
    # An elementwise rule may leave summing over broadcast axes to the engine; others may not.
    if shape != shape_of(x) and (shape != shape_of(y) or shape_of(y) == ()):
        raise RuleError(
            f"the rule of {title} returned a gradient of shape {shape} for input {position}, which has "
            f"shape {shape_of(x)}"
        )
    # Scalars are Python floats throughout, also where a rule computed with NumPy's.
    return float(gradient) if type(x) is float and not isinstance(gradient, Node) else gradient
