"""Long, deep and repeated: what must not depend on recursion, on the garbage collector or on the past."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import ShapeError, Tensor, Value, grad, hvp, jacobian, jvp, order, vjp
from nn import MLP, SGD

LONG = 1_000_000
FREE_LISTS = 6_000  # blocks that Python keeps for the next floats and tuples


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Whatever is freed here is freed by reference counts alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def allocated(work: Callable[[], Any]) -> tuple[Any, int]:
    """The result of some work, and how many bytes it still holds when it is done."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = work()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return result, held


def test_a_chain_of_a_million_nodes(no_collector: None) -> None:
    x = Value(1.0)
    before = sys.getallocatedblocks()
    y = x
    for _ in range(LONG // 2):
        y = y * 1.0 + x
    assert y.data == LONG // 2 + 1
    y.backward()  # a recursive walk would overflow the stack
    assert x.grad == LONG // 2 + 1
    assert sys.getallocatedblocks() - before > LONG
    del y  # and so would freeing the nodes one inside the other
    assert sys.getallocatedblocks() - before < FREE_LISTS


def test_a_chain_of_tensors(no_collector: None) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    before = sys.getallocatedblocks()
    y = x
    for _ in range(50_000):
        y = y + x
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [50_001.0, 50_001.0])
    del y
    assert sys.getallocatedblocks() - before < FREE_LISTS


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: grad(f)(1.0),
        lambda f: grad(grad(f))(1.0),
        lambda f: jvp(f, (1.0,), (1.0,)),
        lambda f: vjp(f, 1.0)[1](1.0),
        lambda f: jacobian(f)(1.0),
        lambda f: hvp(f, (1.0,), (1.0,)),
        lambda f: grad(f)(Value(1.0)),
        lambda f: grad(lambda t: autograd.sum(f(t)))(np.ones(3)),
        lambda f: jvp(lambda t: autograd.sum(f(t)), (np.ones(3),), (np.ones(3),)),
    ],
)
def test_transforms_free_their_graph(no_collector: None, transform: Any) -> None:
    def function(x: Any) -> Any:
        y = x
        for _ in range(3000):
            y = y + x * x
        return y

    before = sys.getallocatedblocks()
    transform(function)
    assert sys.getallocatedblocks() - before < FREE_LISTS


def test_transforms_of_a_long_chain() -> None:
    def function(x: Any) -> Any:
        y = x
        for _ in range(5_000):
            y = y + x * x
        return y

    assert grad(function)(1.0) == 10_001.0
    assert grad(grad(function))(1.0) == 10_000.0
    assert jvp(grad(function), (1.0,), (1.0,)) == (10_001.0, 10_000.0)


def test_doubling_sixty_times() -> None:
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    start = time.perf_counter()
    y.backward()
    assert time.perf_counter() - start < 0.1  # 61 nodes, though 2^60 paths
    assert y.data == x.grad == 2.0**60
    assert len(order(y)) == 61


@pytest.mark.parametrize(
    ("name", "step"),
    [("two arguments", lambda y, x: y * x), ("one argument", lambda y, x: y.tanh())],
)
def test_bytes_of_a_scalar_node(name: str, step: Callable[[Any, Any], Any]) -> None:
    count = 20_000
    x = Value(1.0)

    def build() -> Any:
        y = x
        for _ in range(count):
            y = step(y, x)
        return y

    y, held = allocated(build)
    assert held / count <= 200, f"{held / count:.0f} bytes a node with {name}"
    del y


def test_memory_is_flat_over_many_training_steps(no_collector: None) -> None:
    weights = [Value(0.1), Value(-0.2)]
    parameter = Tensor([0.5, 0.5], requires_grad=True)

    def update(loss: Any, *leaves: Any) -> None:
        for leaf in leaves:
            leaf.zero_grad()
        loss.backward()
        for leaf in leaves:
            leaf.add_(-0.01 * leaf.grad)

    def train(steps: int = 10_000) -> None:
        for number in range(steps):
            update((weights[0] * (number % 7 - 3.0) + weights[1] - 0.5) ** 2, *weights)
            if number % 10 == 0:
                update((parameter * parameter).sum(), parameter)

    train(100)
    _, held = allocated(train)
    assert held < 20_000


def test_memory_is_flat_with_an_optimizer_and_a_model(no_collector: None) -> None:
    model = MLP(2, [4, 1], rng=0)
    optimizer = SGD(model.parameters(), lr=0.01)

    def train(steps: int = 300) -> None:
        for _ in range(steps):
            loss = (model([0.5, -1.0]) - 1.0) ** 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    train(20)
    _, held = allocated(train)
    assert held < 20_000


def test_transforms_leave_nothing_behind(no_collector: None) -> None:
    array = np.ones(3)

    def work() -> None:
        for _ in range(300):
            grad(grad(lambda x: x**3))(2.0)
            jvp(lambda x: x * x, (array,), (array,))

    work()
    _, held = allocated(work)
    assert held < 20_000


def test_a_failed_backward_leaves_nothing_behind(no_collector: None) -> None:
    x = Value(2.0)

    def fail() -> None:
        for _ in range(200):
            y = x * x
            with contextlib.suppress(ShapeError):
                y.backward([1.0, 2.0])

    fail()
    _, held = allocated(fail)
    assert held < 20_000
