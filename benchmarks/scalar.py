"""Scalar graphs: one training step's forward and backward on moons, beside micrograd and microgpt's style.

The work: 100 points of two moons, a network 2-16-16-1 with relu, the mean hinge loss and an L2 penalty,
written with Python's ``sum`` of products: about 65,000 nodes. All are timed in one process on one thread,
each in two blocks of consecutive steps, as in training, with the garbage collector as Python sets it; the
medians of the processor time are compared. micrograd comes from its package; the third is our own writing
of the style in which a node keeps a tuple of its local gradients.

    python benchmarks/scalar.py [repetitions]
"""

import gc
import itertools
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from micrograd.engine import Value as Micrograd

from autograd import Value, affine
from chainrule.datasets import moons


class LocalGradients:
    """A scalar that keeps the tuple of its local gradients."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data: float, children: tuple = (), local_grads: tuple = ()) -> None:
        self.data = data
        self.grad = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other: Any) -> "LocalGradients":
        other = other if isinstance(other, LocalGradients) else LocalGradients(other)
        return LocalGradients(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> "LocalGradients":
        other = other if isinstance(other, LocalGradients) else LocalGradients(other)
        return LocalGradients(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self) -> "LocalGradients":
        return LocalGradients(max(0, self.data), (self,), (float(self.data > 0),))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        ordered: list[LocalGradients] = []
        visited: set[LocalGradients] = set()

        def build(node: LocalGradients) -> None:
            if node not in visited:
                visited.add(node)
                for child in node._children:
                    build(child)
                ordered.append(node)

        build(self)
        self.grad = 1
        for node in reversed(ordered):
            for child, local_grad in zip(node._children, node._local_grads, strict=True):
                child.grad += local_grad * node.grad


WIDTHS = (2, 16, 16, 1)


def initial_weights() -> list[list[list[float]]]:
    """For each layer, for each neuron: its weights, then its bias."""
    draw = random.Random(1)
    return [
        [[draw.uniform(-1, 1) for _ in range(inputs)] + [0.0] for _ in range(outputs)]
        for inputs, outputs in itertools.pairwise(WIDTHS)
    ]


def program(
    kind: Callable[[float], Any], neuron: Callable[..., Any], rate: float = 0.0, cleared: Any = 0
) -> Callable[[Any, Any], Any]:
    """The whole step for one kind of scalar: forward to the loss, backward, an update if there is a rate.

    Gradients are ``cleared`` before.
    """
    weights = [[[kind(w) for w in row] for row in layer] for layer in initial_weights()]
    parameters = [w for layer in weights for row in layer for w in row]

    def step(points: Any, labels: Any) -> Any:
        scores = []
        for point in points:
            activations = [kind(x) for x in point]
            for depth, layer in enumerate(weights):
                activations = [neuron(row[:-1], activations, row[-1]) for row in layer]
                if depth < len(weights) - 1:
                    activations = [a.relu() for a in activations]
            scores.append(activations[0])
        losses = [(1 + -y * s).relu() for y, s in zip(labels, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        for parameter in parameters:
            parameter.grad = cleared
        loss.backward()
        if rate:
            for parameter in parameters:
                parameter.data -= rate * parameter.grad
        return loss

    return step


def sum_of_products(weights: list, inputs: list, bias: Any) -> Any:
    return sum((w * x for w, x in zip(weights, inputs, strict=True)), bias)


def one_node(weights: list, inputs: list, bias: Any) -> Any:
    return affine(bias, *weights, *inputs)


def bytes_per_node() -> float:
    """What one node of a graph of two-argument nodes keeps, number and label included."""
    tracemalloc.start()
    leaf = Value(1.0, label="leaf")
    node = leaf
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(100_000):
        node = node * leaf
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / 100_000


def long_chain(length: int = 1_000_000) -> tuple[float, float, float]:
    """Seconds to build, reverse and free a chain, the cyclic garbage collector off while freeing."""
    start = time.process_time()
    leaf = Value(1.0)
    node = leaf
    for _ in range(length):
        node = node + leaf
    built = time.process_time()
    node.backward()
    reversed_ = time.process_time()
    gc.disable()
    del node
    freed = time.process_time()
    gc.enable()
    assert leaf.grad == length + 1
    return built - start, reversed_ - built, freed - reversed_


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    sys.setrecursionlimit(100_000)
    points, labels = (array.tolist() for array in moons(100, 0.1, seed=1))
    steps = {
        "micrograd": program(Micrograd, sum_of_products),
        "local gradients": program(LocalGradients, sum_of_products),
        "chainrule, sums of products": program(Value, sum_of_products),
        "chainrule, one node a neuron": program(Value, one_node),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    losses = {}
    for _ in range(2):
        for name, step in steps.items():
            gc.collect()
            for _ in range(repetitions):
                start = time.process_time()
                losses[name] = step(points, labels).data
                times[name].append(time.process_time() - start)
    reference = losses["micrograd"]
    assert all(abs(loss - reference) < 1e-9 for loss in losses.values()), losses
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(f"Python {sys.version.split()[0]}, one thread, medians of {2 * repetitions}; losses equal to 1e-9")
    columns = ("one forward + backward", "ms", "× faster than micrograd", "ratio to local gradients")
    print("{:30} {:>8} {:>24} {:>25}".format(*columns))
    for name, seconds in medians.items():
        print(
            f"{name:30} {seconds * 1e3:8.1f} {medians['micrograd'] / seconds:24.1f} "
            f"{seconds / medians['local gradients']:25.2f}"
        )
    print(f"bytes a node: {bytes_per_node():.0f}")
    print(
        "chain of 1,000,000 nodes: built in {:.2f} s, backward {:.2f} s, freed in {:.2f} s".format(
            *long_chain()
        )
    )


if __name__ == "__main__":
    main()
