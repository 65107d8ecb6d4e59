"""A step of training as it is and compiled, on two equal models, for the tests that compare them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from training_step import step_of

import autograd
import nn
from autograd import Tensor, Value

RANDOM = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


CLASSES, FLAT = RANDOM.integers(0, 3, 5), numbers(5, 6)
KINDS: dict[str, Callable[[float], Any]] = {
    "Tensor": lambda x: Tensor([x, x + 1], requires_grad=True, label="w"),
    "Value": lambda x: Value(x, label="w"),
}


def total(x: Any) -> Any:
    """A loss of a node of either kind."""
    return x.sum() if isinstance(x, Tensor) else x


def dense(*middle: Any, units: int = 8) -> Any:
    return nn.Sequential(nn.Linear(6, 8, rng=0), *middle, nn.Linear(units, 3, rng=1))


def both(make: Callable[[], Any], optimizer: Callable[[Any], Any], loss: Any = nn.cross_entropy) -> list[Any]:
    """Two equal models, each with its step; the second's is compiled."""
    models = [make(), make()]
    optimizers = [optimizer(model.parameters()) for model in models]
    steps = [step_of(model, o, loss) for model, o in zip(models, optimizers, strict=True)]
    return [models, optimizers, steps[0], autograd.compile(steps[1])]


def twice(make: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any, Any, Any]:
    """What two steps change, and the steps; the second is compiled."""
    (one, eager), (two, step) = make(), make()
    return one, two, eager, autograd.compile(step)


def same_state(models: list[Any]) -> None:
    """Parameters, buffers and gradients are the same to the bit."""
    one, two = (model.state_dict() for model in models)
    for name in one:
        np.testing.assert_array_equal(two[name], one[name], err_msg=name)
    for p, q in zip(models[0].parameters(), models[1].parameters(), strict=True):
        np.testing.assert_array_equal(q.grad, p.grad, err_msg=p.label)


def trained(calls: int = 4) -> tuple[list[Any], list[Any], Any, Any]:
    """Models, optimisers and steps, as ``both`` has them, after some steps."""
    models, optimizers, eager, compiled = both(
        lambda: dense(nn.ReLU(), nn.Dropout(0.5, rng=3)), lambda p: nn.SGD(p, lr=0.1)
    )
    for _ in range(calls):
        assert compiled(FLAT, CLASSES).item() == eager(FLAT, CLASSES).item()
    return models, optimizers, eager, compiled
