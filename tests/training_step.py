"""A step of training as people write it, for the tests that compile it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nn


def step_of(model: Any, optimizer: Any, loss: Callable[..., Any] = nn.cross_entropy) -> Callable[..., Any]:
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step
