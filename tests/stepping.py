"""Graphs to step through, and what a test asks of the page that does."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, Value, tanh
from nn import MLP

Open = Callable[..., Any]


def neuron() -> Value:
    """A graph in which ``m`` is used twice."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.9, label="b")
    m = w * x
    m.label = "m"
    loss: Value = tanh(m + b) * m
    loss.label = "loss"
    return loss


def network() -> Value:
    model = MLP(2, [4, 4, 1], "tanh", rng=0)
    loss: Value = (model([Value(0.5, label="x1"), Value(-1.0, label="x2")]) - 1.0) ** 2
    loss.label = "loss"
    return loss


def layer() -> Tensor:
    random = np.random.default_rng(0)
    x = Tensor(random.normal(size=(8, 4)), label="x")
    w = Tensor(random.normal(size=(4, 3)), requires_grad=True, label="w")
    b = Tensor(random.normal(size=3), requires_grad=True, label="b")
    h = tanh(x @ w + b)
    loss: Tensor = (h * h).mean()
    loss.label = "loss"
    return loss


def until(page: Any, condition: str) -> None:
    """Wait for a condition; Playwright's own way needs what the page's security policy forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        time.sleep(0.05)
    raise AssertionError(f"never came true: {condition}")


def position(page: Any) -> int:
    return int(page.evaluate("story.position"))


def count(page: Any) -> int:
    return int(page.evaluate("story.moments.length"))


def state(page: Any) -> str:
    """All that is seen, except the pulse that runs along an edge and where the focus is."""
    return str(
        page.evaluate("""() => {
            const graph = document.getElementById('graph').cloneNode(true);
            graph.querySelectorAll('.pulse').forEach((each) => each.remove());
            graph.querySelectorAll('[tabindex]').forEach((each) => each.removeAttribute('tabindex'));
            const said = document.querySelector('aside').innerText;
            return graph.innerHTML + said + document.getElementById('count').textContent;
        }""")
    )


def perceptron(*widths: int) -> Value:
    """Layers of neurons, every product and every sum a node of its own."""
    random = np.random.default_rng(0)
    values = [Value(0.5, label="x1"), Value(-1.0, label="x2")]
    for layer, width in enumerate(widths):
        out = []
        for neuron in range(width):
            total = Value(0.1, label=f"b{layer}{neuron}")
            for i, value in enumerate(values):
                total = total + Value(random.uniform(-1, 1), label=f"w{layer}{neuron}{i}") * value
            out.append(tanh(total))
        values = out
    return values[0]  # type: ignore[no-any-return]
