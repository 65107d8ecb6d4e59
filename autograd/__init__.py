"""Reverse- and forward-mode differentiation of scalars and arrays, from one book of rules.

>>> from autograd import Value, grad, tanh
>>> x = Value(0.5, label="x")
>>> y = tanh(x) * 2
>>> y.backward()
>>> round(x.grad, 6)
1.572895
>>> grad(lambda x: x**3)(2.0)
12.0
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from . import clash as _clash  # noqa: F401 - first of all, so that a mixture of two packages says so
from .activations import clip, elu, gelu, gelu_tanh, leaky_relu, logsigmoid, mish, selu, silu, softsign
from .anomaly import detect_anomaly
from .array_ops import (
    amax,
    amin,
    broadcast_to,
    log_softmax,
    logsumexp,
    mean,
    prod,
    reshape,
    roll,
    softmax,
    sort,
    sum,
    swapaxes,
    transpose,
)
from .blame import blame
from .custom import custom_op
from .errors import (
    AnomalyError,
    AutogradError,
    CutGraphError,
    GradcheckError,
    GraphError,
    RecordError,
    RuleError,
    ShapeError,
    StaleGraphError,
)  # fmt: skip
from .explain import explain
from .formula import Formula, derivatives
from .forward_steps import forward_steps
from .functions import cumprod, cumsum, dot, einsum, norm, outer, std, tensordot, trace, var
from .grad_mode import lend, no_grad, random_numbers, scope
from .graph import Node, order
from .linalg_ops import affine, det, inv, matmul, solve
from .ops import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    div,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    maximum,
    minimum,
    mul,
    neg,
    power,
    reciprocal,
    relu,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    sub,
    tan,
    tanh,
    where,
)  # fmt: skip
from .shapes import (
    concatenate,
    diag,
    expand_dims,
    flip,
    getitem,
    moveaxis,
    pad,
    repeat,
    squeeze,
    stack,
    take,
    tile,
    tril,
    triu,
)
from .steps import steps
from .tensor import Tensor
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Value
from .what_if import what_if

if TYPE_CHECKING:
    from .advice import check_training
    from .check import check_derivative, check_vjp, gradcheck
    from .program import Program, compile, record

_ON_DEMAND = {
    "check_training": "advice", "check_derivative": "check", "check_vjp": "check", "gradcheck": "check",
    "Program": "program", "compile": "program", "record": "program",
}  # fmt: skip
"""What a first use imports, and from where: together as much to load as all the rest."""

__all__ = [
    "AnomalyError",
    "AutogradError",
    "CutGraphError",
    "Formula",
    "GradcheckError",
    "GraphError",
    "Node",
    "Program",
    "RecordError",
    "RuleError",
    "ShapeError",
    "StaleGraphError",
    "Tensor",
    "Value",
    "abs",
    "acos",
    "acosh",
    "add",
    "affine",
    "amax",
    "amin",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "blame",
    "broadcast_to",
    "check_derivative",
    "check_training",
    "check_vjp",
    "clip",
    "compile",
    "concatenate",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "custom_op",
    "derivatives",
    "det",
    "detect_anomaly",
    "diag",
    "div",
    "dot",
    "einsum",
    "elu",
    "erf",
    "erfc",
    "exp",
    "expand_dims",
    "explain",
    "expm1",
    "flip",
    "floor",
    "forward_steps",
    "gelu",
    "gelu_tanh",
    "getitem",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "hypot",
    "inv",
    "jacobian",
    "jvp",
    "leaky_relu",
    "lend",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logsigmoid",
    "logsumexp",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "moveaxis",
    "mul",
    "neg",
    "no_grad",
    "norm",
    "order",
    "outer",
    "pad",
    "power",
    "prod",
    "random_numbers",
    "reciprocal",
    "record",
    "relu",
    "repeat",
    "reshape",
    "roll",
    "rsqrt",
    "scope",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "solve",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "steps",
    "sub",
    "sum",
    "swapaxes",
    "take",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "trace",
    "transpose",
    "tril",
    "triu",
    "value_and_grad",
    "var",
    "vjp",
    "what_if",
    "where",
]


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(_import_module(f".{_ON_DEMAND[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
