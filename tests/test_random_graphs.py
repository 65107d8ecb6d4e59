"""Random graphs against an oracle that knows no graph algorithm: the sum over all paths.

The oracle enumerates every path from a node to a leaf and multiplies local derivatives of its own
along it. It shares nothing with the engine: neither the rules, nor the order, nor the accumulation.
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

import autograd
from autograd import GraphError, StaleGraphError, Value, forward_steps, no_grad, steps
from autograd.steps import Steps

LONGEST = 300  # paths to one node: the oracle walks every one of them
FLAT = 1e-6  # where tanh is nearly flat, 1 - tanh² has few digits left: its error is absolute
LARGEST = 1e3  # values stay below, so that no product of a few dozen derivatives overflows

Numbers = tuple[float, ...]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# The oracle's own derivatives, with its own functions, one an argument.
UNARY: dict[str, Callable[[float], float]] = {
    "neg": lambda x: -1.0,
    "tanh": lambda x: 1 / math.cosh(x) ** 2 if abs(x) < 300 else 0.0,
    "sin": math.cos,
    "cos": lambda x: -math.sin(x),
    "atan": lambda x: 1 / (1 + x**2),
    "sigmoid": lambda x: sigmoid(x) * sigmoid(-x) if abs(x) < 300 else 0.0,
    "relu": lambda x: 1.0 if x > 0 else 0.0,
    "abs": lambda x: math.copysign(1.0, x) if x else 0.0,
    "square": lambda x: 2 * x,
    "asinh": lambda x: 1 / math.sqrt(1 + x**2),
}
BINARY: dict[str, Callable[[float, float], Numbers]] = {
    "add": lambda a, b: (1.0, 1.0),
    "sub": lambda a, b: (1.0, -1.0),
    "mul": lambda a, b: (b, a),
    "maximum": lambda a, b: (float(a > b) + 0.5 * (a == b), float(b > a) + 0.5 * (a == b)),
    "minimum": lambda a, b: (float(a < b) + 0.5 * (a == b), float(b < a) + 0.5 * (a == b)),
    "hypot": lambda a, b: (a / math.hypot(a, b), b / math.hypot(a, b)) if a or b else (0.0, 0.0),
}


@dataclass(eq=False)
class Twin:
    """The oracle's idea of a node: edges to other twins with their derivatives."""

    node: Value
    born: int
    edges: list[tuple["Twin", float]] = field(default_factory=list)
    paths: int = 1
    has_gradient: bool = True
    changed: int = 0  # of a leaf: when its data was last replaced

    def reach(self) -> set["Twin"]:
        """This twin and everything it was computed from."""
        found, stack = {self}, [self]
        while stack:
            new = [parent for parent, _ in stack.pop().edges if parent not in found]
            found.update(new)
            stack.extend(new)
        return found

    @property
    def stale(self) -> bool:
        """Whether a leaf was changed after something in this graph had been computed from it."""
        return any(parent.changed > twin.born for twin in self.reach() for parent, _ in twin.edges)


def path_sum(root: Twin, seed: float) -> tuple[dict[Twin, float], dict[Twin, float]]:
    """The derivative of every node with a path to it, and the sum of the magnitudes, path by path."""
    total: dict[Twin, float] = {}
    size: dict[Twin, float] = {}

    def walk(twin: Twin, product: float, magnitude: float) -> None:
        total[twin] = total.get(twin, 0.0) + product
        size[twin] = size.get(twin, 0.0) + magnitude
        for parent, slope in twin.edges:
            if parent.has_gradient:
                walk(parent, product * slope, magnitude * (abs(slope) + FLAT))

    walk(root, seed, abs(seed))
    return total, size


class RandomGraph(RuleBasedStateMachine):
    """Builds graphs of any form and differentiates them at any moment, several times."""

    twins = Bundle("twins")

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[Twin, float] = {}  # what every leaf's .grad has to be
        self.size: dict[Twin, float] = {}  # and the magnitude of what was added up
        self.recording = True
        self.now = 0

    def clock(self) -> int:
        self.now += 1
        return self.now

    def mode(self) -> contextlib.AbstractContextManager[object]:
        return contextlib.nullcontext() if self.recording else no_grad()

    def given(self, node: Value, has_gradient: bool = True) -> Twin:
        return Twin(node, self.clock(), has_gradient=has_gradient)

    @initialize(target=twins, values=st.tuples(*[st.floats(-2, 2)] * 3))
    def some_leaves(self, values: Numbers) -> object:
        return multiple(*[self.given(Value(value, label=f"x{i}")) for i, value in enumerate(values)])

    # -- building -----------------------------------------------------------------------------

    @rule(target=twins, value=st.floats(-2, 2))
    def leaf(self, value: float) -> Twin:
        return self.given(Value(value))

    @rule(target=twins, twin=twins)
    def detach(self, twin: Twin) -> Twin:
        return self.given(twin.node.detach(), has_gradient=False)

    def computed(self, operation: Callable[..., Value], parents: list[Twin], slopes: Numbers) -> Twin:
        """The twin of a result; with recording off it is a constant, and so is what gets too large."""
        with self.mode():
            node = operation(*[parent.node for parent in parents])
        if not self.recording:
            assert node.parents == () and not node.requires_grad
            return self.given(node, has_gradient=False)
        assert node.op and [id(p) for p in node.parents] == [id(p.node) for p in parents]
        paths = sum(parent.paths for parent in parents) + 1
        if abs(node.data) > LARGEST or paths > LONGEST:
            return self.given(node.detach(), has_gradient=False)
        return Twin(node, self.clock(), list(zip(parents, slopes, strict=True)), paths)

    @rule(target=twins, name=st.sampled_from(sorted(UNARY)), x=twins)
    def one(self, name: str, x: Twin) -> Twin:
        return self.unary(name, x)

    def unary(self, name: str, x: Twin) -> Twin:
        return self.computed(getattr(autograd, name), [x], (UNARY[name](x.node.data),))

    @rule(target=twins, name=st.sampled_from(sorted(BINARY)), a=twins, b=twins)
    def two(self, name: str, a: Twin, b: Twin) -> Twin:
        return self.binary(name, a, b)

    def binary(self, name: str, a: Twin, b: Twin) -> Twin:
        return self.computed(getattr(autograd, name), [a, b], BINARY[name](a.node.data, b.node.data))

    @rule(target=twins, name=st.sampled_from(sorted(BINARY)), x=twins)
    def twice_the_same(self, name: str, x: Twin) -> Twin:
        return self.binary(name, x, x)

    @rule(target=twins, x=twins, number=st.sampled_from([-1.5, 0.0, 2.0]), reflected=st.booleans())
    def with_a_number(self, x: Twin, number: float, reflected: bool) -> Twin:
        with self.mode():
            node = number - x.node if reflected else x.node * number
        if not self.recording:
            return self.given(node, has_gradient=False)
        (constant,) = (parent for parent in node.parents if parent is not x.node)
        twin = self.given(constant, has_gradient=False)
        edges = [(twin, 1.0), (x, -1.0)] if reflected else [(x, number), (twin, x.node.data)]
        return Twin(node, self.clock(), edges, x.paths + 1)

    @rule(target=twins, bias=twins, pairs=st.lists(st.tuples(twins, twins), min_size=1, max_size=4))
    def affine(self, bias: Twin, pairs: list[tuple[Twin, Twin]]) -> Twin:
        weights, inputs = [w for w, _ in pairs], [x for _, x in pairs]
        slopes = (1.0, *[x.node.data for x in inputs], *[w.node.data for w in weights])
        return self.computed(autograd.affine, [bias, *weights, *inputs], slopes)

    @rule(target=twins, condition=twins, a=twins, b=twins)
    def where(self, condition: Twin, a: Twin, b: Twin) -> Twin:
        chosen = float(condition.node.data != 0)
        return self.computed(autograd.where, [condition, a, b], (0.0, chosen, 1.0 - chosen))

    @rule(
        target=twins,
        twin=twins,
        moves=st.lists(
            st.tuples(st.sampled_from(sorted(BINARY)), twins, st.sampled_from(sorted(UNARY))), max_size=6
        ),
    )
    def many(self, twin: Twin, moves: list[tuple[str, Twin, str]]) -> Twin:
        """Several operations in a row, for graphs that are deep."""
        for binary, other, unary in moves:
            twin = self.unary(unary, self.binary(binary, twin, other))
        return twin

    @rule(on=st.booleans())
    def switch_recording(self, on: bool) -> None:
        self.recording = on

    # -- changing -----------------------------------------------------------------------------

    @rule(twin=twins, value=st.floats(-2, 2), once_in_a_while=st.integers(0, 3))
    def replace_data(self, twin: Twin, value: float, once_in_a_while: int) -> None:
        if twin.node.is_leaf and once_in_a_while == 3:  # or else nearly every graph would be stale
            twin.node.data = value
            twin.changed = self.clock()

    @rule(twin=twins)
    def zero_grad(self, twin: Twin) -> None:
        if twin.node.is_leaf:
            twin.node.zero_grad()
            self.expected.pop(twin, None)
            self.size.pop(twin, None)

    # -- differentiating ----------------------------------------------------------------------

    @rule(root=twins, seed=st.sampled_from([None, 1.0, -0.5, 3.0, 0.0]), times=st.integers(1, 2))
    def backward(self, root: Twin, seed: float | None, times: int) -> None:
        error = GraphError if not root.has_gradient else StaleGraphError if root.stale else None
        if error is None:
            for _ in range(times):
                self.one_backward(root, seed)
            return
        before = {twin: twin.node.grad for twin in root.reach()}
        for attempt in (root.node.backward, lambda seed: steps(root.node, seed)):
            with pytest.raises(error):
                attempt(seed)
        assert all(twin.node.grad == grad for twin, grad in before.items())

    def one_backward(self, root: Twin, seed: float | None) -> None:
        total, size = path_sum(root, 1.0 if seed is None else seed)
        leaves = [twin for twin in total if not twin.edges]
        before = {leaf: leaf.node.grad for leaf in leaves}
        walk = steps(root.node, seed)
        assert all(leaf.node.grad == before[leaf] for leaf in leaves), "steps() changed a .grad"
        root.node.backward(seed)
        for twin, derivative in total.items():
            gradient = walk.gradients[twin.node]
            assert math.isclose(gradient, derivative, rel_tol=1e-9, abs_tol=1e-9 * size[twin] + 1e-300)
            if twin.edges:
                assert bits(twin.node.grad) == bits(gradient)
            else:
                earlier = before[twin]
                assert bits(twin.node.grad) == bits(gradient if earlier is None else earlier + gradient)
                self.expected[twin] = self.expected.get(twin, 0.0) + derivative
                self.size[twin] = self.size.get(twin, 0.0) + size[twin]
        self.check_steps(root, walk)

    def check_steps(self, root: Twin, walk: Steps) -> None:
        gradient: dict[Value, float] = {root.node: walk.seed.after}
        total = Counter(id(step.parent) for step in walk)
        arrived: Counter[int] = Counter()
        for step in walk:
            arrived[id(step.parent)] += 1
            assert (step.arrived, step.total) == (arrived[id(step.parent)], total[id(step.parent)])
            assert arrived[id(step.node)] == total[id(step.node)], (
                "a gradient was passed on before it was complete"
            )
            assert bits(step.incoming) == bits(gradient[step.node])
            assert bits(step.before) == bits(gradient.get(step.parent, 0.0))
            assert step.contribution == step.incoming * step.local
            gradient[step.parent] = step.after
        assert [step.index for step in reversed(walk)] == list(reversed(range(len(walk))))
        assert all(step.value == step.node.data for step in forward_steps(root.node))

    @invariant()
    def gradients_add_up(self) -> None:
        for twin, derivative in self.expected.items():
            gradient = twin.node.grad
            assert math.isclose(gradient, derivative, rel_tol=1e-9, abs_tol=1e-9 * self.size[twin] + 1e-300)


def bits(number: float) -> str:
    """Equal floats of equal sign have equal texts; 0.0 and -0.0 are two."""
    assert type(number) is float
    return number.hex()


TestRandomGraph = RandomGraph.TestCase
# Hypothesis ends some examples early; of these more than 125 have all 100 steps.
TestRandomGraph.settings = settings(
    max_examples=170, stateful_step_count=100, suppress_health_check=[HealthCheck.too_slow], deadline=None
)
