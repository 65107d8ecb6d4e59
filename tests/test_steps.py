"""The backward pass as objects: the same numbers as backward(), and texts that say what they are."""

import json
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import COMPOSITION_CASES, ELEMENTWISE, ROW_CASES, Case, points, random_generator

import autograd
from autograd import (
    GraphError,
    Node,
    ShapeError,
    StaleGraphError,
    Tensor,
    Value,
    concatenate,
    custom_op,
    detect_anomaly,
    forward_steps,
    relu,
    sqrt,
    steps,
    tanh,
    where,
)
from autograd.formula import Formula, derivatives
from autograd.names import names
from autograd.operation import TABLE, Operation
from autograd.steps import Step, Steps


def same_bits(a: object, b: object) -> bool:
    left, right = np.asarray(a), np.asarray(b)
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def check_against_backward(loss: Node, leaves: Sequence[Node], seed: object = None) -> Steps:
    walk = steps(loss, seed)
    assert all(leaf.grad is None for leaf in leaves), "steps() touched a .grad"
    loss.backward(seed)
    for leaf in leaves:
        if leaf.grad is not None:
            assert same_bits(walk.gradients[leaf], leaf.grad)
    return walk


# -- the numbers ------------------------------------------------------------------------------


def look_at_everything(walk: Steps, out: object) -> None:
    """The parts that are worked out when asked for: formulas, numbers, texts, JSON."""
    json.dumps(walk.to_dict(), allow_nan=False)
    assert str(walk).count("\n") == len(walk)
    for step in walk:
        assert step.formula is None or step.formula.latex.count("{") == step.formula.latex.count("}")
        if step.is_product and step.local is not None:
            product = np.multiply(step.local, step.incoming)
            np.testing.assert_allclose(product, step.contribution, rtol=1e-12, atol=0)
    for forward in forward_steps(out):  # type: ignore[arg-type]
        assert str(forward) and json.dumps(forward.to_dict(), allow_nan=False)


@pytest.mark.parametrize("case", [*ROW_CASES, *COMPOSITION_CASES], ids=str)
def test_every_operation_on_arrays_steps_as_it_does_backward(case: Case) -> None:
    leaves = [Tensor(x, requires_grad=np.asarray(x).dtype.kind == "f") for x in case.inputs()]
    out = case.call(*leaves)
    seed = np.asarray(random_generator("seed").normal(size=out.shape), out.dtype)
    walk = check_against_backward(out, leaves, seed)
    look_at_everything(walk, out)
    for leaf in leaves:
        if leaf.requires_grad and walk.into(leaf):
            total = sum(step.contribution for step in walk.into(leaf))
            np.testing.assert_allclose(total, leaf.grad, rtol=1e-12)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_every_scalar_operation_steps_as_it_does_backward(row: Operation) -> None:
    for point in points(row):
        leaves = [Value(x) for x in point]
        out = row(*leaves) * 1.5
        look_at_everything(check_against_backward(out, leaves), out)


SHAPES = [(), (1,), (3,), (2, 1), (2, 3), (1, 3)]


@given(st.data())
def test_random_graphs_of_arrays(data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**16), "numbers"))
    leaves = [
        Tensor(random.normal(size=shape), requires_grad=i < 3, dtype=dtype, label=f"x{i}")
        for i, (shape, dtype) in enumerate(
            data.draw(
                st.lists(
                    st.tuples(st.sampled_from(SHAPES), st.sampled_from([np.float64, np.float32])),
                    min_size=2,
                    max_size=4,
                ),
                "leaves",
            )
        )
    ]
    nodes = list(leaves)
    for _ in range(data.draw(st.integers(1, 12), "length")):
        a, b = (nodes[data.draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        kind = data.draw(
            st.sampled_from(["add", "mul", "sub", "tanh", "relu", "sum", "mean", "where", "dot"])
        )
        if kind in ("tanh", "relu"):
            nodes.append(getattr(autograd, kind)(a))
        elif kind in ("sum", "mean"):
            axis = data.draw(st.sampled_from([None, *range(a.ndim)]))
            nodes.append(
                getattr(autograd, kind)(a, axis=axis, keepdims=True)
            )  # so that all shapes go together
        elif kind == "where":
            nodes.append(where(a.data > 0, a, b))
        elif kind == "dot":
            nodes.append(a.reshape(-1) @ a.reshape(-1))
        else:
            nodes.append(getattr(autograd, kind)(a, b))
    loss = nodes[-1].sum()
    if loss.requires_grad:
        walk = check_against_backward(loss, leaves)
        assert all(
            step.after.shape == step.parent.shape for step in walk if not step.is_summed and step.complete
        )
        total = {id(step.parent): step.total for step in walk}
        assert all(sum(not s.is_summed for s in walk if id(s.parent) == key) == n for key, n in total.items())


def test_a_value_graph_with_an_array_in_it() -> None:
    a, b = Value(0.5, label="a"), Value(-2.0, label="b")
    loss = (Tensor([1.0, 2.0]) * a + tanh(b)).sum() * a
    walk = steps(loss)
    loss.backward()
    assert walk.gradients[a] == a.grad and walk.gradients[b] == b.grad
    assert [step.kind for step in walk if step.parent is b] == ["edge"]
    sums = [step for step in walk if step.kind == "sum"]
    assert sums and all(step.axes == (0,) and type(step.contribution) is float for step in sums)


def test_inside_detect_anomaly_the_steps_are_those_of_its_backward() -> None:
    with detect_anomaly():
        x = Value(0.3)
        loss = tanh(x) * x
        walk = steps(loss)
        loss.backward()
    assert walk.gradients[x] == x.grad


# -- the sequence -----------------------------------------------------------------------------


def product() -> tuple[Value, Value, Value]:
    x, out = Value(2.0, label="x"), Value(-3.0, label="y")
    return x, out, x * out


def test_a_sequence_with_everything_that_sequences_have() -> None:
    x, _, out = product()
    walk = steps(out * x)
    assert len(walk) == 4 and isinstance(walk[0], Step)
    assert walk[-1] is walk[3] and walk[1:3] == (walk[1], walk[2])
    assert list(reversed(walk)) == list(walk)[::-1]
    assert walk[2] in walk and walk.index(walk[2]) == 2
    assert walk.into(x) == tuple(step for step in walk if step.parent is x)
    assert walk.seed.kind == "seed" and walk.seed.after == 1.0
    assert repr(walk) == "<Steps: 4 from out>" and repr(walk[0]).startswith("<Step 0: ")
    with pytest.raises(IndexError):
        walk[4]
    with pytest.raises(AttributeError):
        walk[0].contribution = 0.0  # type: ignore[misc]


def test_what_a_step_knows() -> None:
    x, y, out = product()
    to_x, to_y = steps(out, 0.5)
    assert (to_x.node, to_x.parent, to_x.position) == (out, x, 0)
    assert (to_x.incoming, to_x.local, to_x.contribution, to_x.before, to_x.after) == (
        0.5,
        -3.0,
        -1.5,
        0.0,
        -1.5,
    )
    assert (to_x.arrived, to_x.total, to_x.complete) == (1, 1, True)
    assert str(to_x) == "x.grad += d(out)/dx · out.grad : 0 + (-3 × 0.5) = -1.5"
    assert to_x.formula is not None and (to_x.formula.text, to_x.numbers, to_x.formula.latex) == (
        "y",
        "-3",
        "y",
    )
    assert (to_y.parent, to_y.position, to_y.op) == (y, 1, "mul")


def test_two_edges_to_one_node_are_told_apart() -> None:
    a = Value(3.0, label="a")
    first, second = steps(a * a)
    assert "argument 1" in str(first) and "argument 2" in str(second)
    assert (first.arrived, first.complete, second.arrived, second.complete) == (1, False, 2, True)
    assert "[1 of 2]" in str(steps(a * a))


def test_steps_stay_true_when_leaves_change_later() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    walk = steps((w * w.reshape(2)).sum())
    w.add_(np.array([10.0, 10.0]))
    assert walk[2].local.tolist() == [1.0, 2.0]
    x = Value(2.0, label="x")
    walk = steps(x * x)
    x.data = 5.0
    assert walk[0].local == 2.0 and walk[0].numbers == "2"


def test_a_zero_gradient_shows_as_nothing_passed_on() -> None:
    x = Value(0.0, label="x")
    walk = steps(where(x > 0, sqrt(x), x))
    (silent,) = (step for step in walk if step.op == "sqrt")
    assert (silent.contribution, silent.local, silent.complete) == (0.0, math.inf, True)
    assert "passes nothing on" in str(silent)
    assert "passes nothing on" not in str(steps(sqrt(x + 1.0)))


def test_constants_have_no_steps() -> None:
    x = Value(1.5, label="x")
    assert [step.parent for step in steps(2.0 * x)] == [x]


def test_broadcasting_is_a_step_of_its_own() -> None:
    b = Tensor([[1.0], [2.0]], requires_grad=True, label="b")
    edge, added = steps((Tensor(np.ones((3, 2, 4))) * b).sum())[1:]
    assert (edge.kind, added.kind) == ("edge", "sum")
    assert edge.contribution.shape == (3, 2, 4) and added.contribution.shape == (2, 1)
    assert added.axes == (0, 2) and edge.is_summed and not added.is_summed
    assert edge.after == 0.0 and added.after.tolist() == [[12.0], [12.0]]
    assert (edge.arrived, added.arrived, added.total) == (0, 1, 1)
    assert "sum over axes 0, 2, along which b was broadcast" in str(added)


def test_errors_are_those_of_backward() -> None:
    x = Value(1.0)
    with pytest.raises(GraphError, match="nothing was recorded"):
        steps(x.detach())
    out = x * 2
    x.data = 3.0
    with pytest.raises(StaleGraphError):
        steps(out)
    with pytest.raises(ShapeError, match="seed"):
        steps(Tensor([1.0, 2.0], requires_grad=True) * 2)


# -- the formulas -----------------------------------------------------------------------------


def test_a_rule_that_only_takes_numbers_still_has_its_step() -> None:
    sine = custom_op(math.sin, lambda g, y, x: g * math.cos(x), name="sine")
    x = Value(0.25, label="x")
    (step,) = steps(sine(x))
    assert step.formula is not None and step.formula.text == "sine'(x)" and step.local == math.cos(0.25)


@pytest.mark.parametrize("make", [Value, lambda data: Tensor(data, requires_grad=True)])
def test_a_hook_sees_gradients_and_no_formulas(make: Callable[[float], Node]) -> None:
    seen = []

    def look(g: object, y: object, x: object) -> object:
        seen.append(g)
        return g

    hook = Operation("hook", lambda x: x, scalar=lambda x: x, rules=[look], kind="linear")
    x = make(2.0)
    walk = steps(hook(x * 3.0) * 5.0)
    assert len(seen) == 1
    look_at_everything(walk, walk.seed.node)
    assert [float(g) for g in seen] == [5.0] and float(walk.gradients[x]) == 15.0


def test_a_neuron_reads_as_products() -> None:
    b, w, x = Value(0.5, label="b"), Value(2.0, label="w"), Value(-1.0, label="x")
    texts = [step.formula.text for step in steps(autograd.affine(b, w, x)) if step.formula]
    assert texts == ["1", "x", "w"]


def test_a_matrix_product_shows_its_rule() -> None:
    w = Tensor(np.ones((3, 2)), requires_grad=True, label="w")
    (step,) = (step for step in steps((np.ones((4, 3)) @ w).sum()) if step.parent is w)
    assert step.local is None and step.formula is not None
    assert "@ v1.grad" in step.formula.text and r"\mathsf{T}" in step.formula.latex
    np.testing.assert_array_equal(step.formula.plain, step.contribution)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.slopes])
def test_the_latex_of_every_elementwise_rule_is_well_formed(name: str) -> None:
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    row = TABLE[name]
    inputs = [Formula(letter, 0.5) for letter in "xyz"[: len(row.slopes)]]
    for formula in [row(*inputs), *autograd.formula.local_derivatives(row, *inputs)]:
        if formula is not None:
            assert formula.latex.count("{") == formula.latex.count("}")
            parser.parse(f"${formula.latex}$")


def test_latex_puts_parentheses_where_mathematics_needs_them() -> None:
    a, b = Formula("a", 2.0), Formula("b", 3.0)
    assert ((a + b) * (a - b)).latex == r"\left(a + b\right) \cdot \left(a - b\right)"
    assert ((a + b) / (a * b)).latex == r"\frac{a + b}{a \cdot b}"
    assert ((a / b) ** (a + b)).latex == r"\left(\frac{a}{b}\right)^{a + b}"
    assert (a - (b - a)).latex == r"a - \left(b - a\right)"
    assert (a * -b).latex == r"a \cdot \left(-b\right)" and (-a * b).latex == r"-a \cdot b"
    assert (2.0 * a)._repr_latex_() == r"$2 \cdot a$"
    assert derivatives("div", a=1.0, b=2.0)[0] == "d(a / b)/da = 1 / b = 0.5"


def test_labels_cannot_break_the_latex() -> None:
    assert Formula("50%_{x}", 1.0).latex == r"\mathrm{50\%\_\{x\}}"


# -- names and forward ------------------------------------------------------------------------


def test_names_are_unique_readable_and_the_same_every_time() -> None:
    def build() -> list[str]:
        x, first, second = Value(1.0, label="x"), Value(2.0, label="h"), Value(3.0, label="h")
        loss = relu(x * first + second * Value(4.0)) + 1.0
        return list(names(autograd.order(loss)).values())

    assert build() == build() == ["x", "h", "h#2", "v1", "a", "v2", "v3", "v4", "1", "out"]


def test_names_make_way_for_labels() -> None:
    labelled, other = Value(1.0, label="a"), Value(2.0)
    out = labelled * other
    out.label = "v1"
    assert list(names(autograd.order(out + 1.0 * out)).values())[:2] == ["a", "b"]
    assert "v1" in str(steps(out)) and len(set(names(autograd.order(out * out + out)).values())) == 5


def test_forward_steps_are_one_a_computed_node() -> None:
    x = Value(2.0, label="x")
    squared, out = forward_steps((x * x).exp())
    assert (squared.name, squared.value, squared.formula.text, squared.numbers) == (
        "v1",
        4.0,
        "x * x",
        "2 * 2",
    )
    assert str(out).startswith("out = exp(v1) = exp(4) = 54.59")
    assert forward_steps(x) == ()


def test_to_dict_is_json_with_the_graph_and_every_step() -> None:
    x = Tensor([0.0, 4.0], requires_grad=True, label="x")
    walk = steps(sqrt(x).sum())
    told = json.loads(json.dumps(walk.to_dict(), allow_nan=False))
    assert [node["name"] for node in told["nodes"]] == ["x", "v1", "out"]
    assert told["nodes"][1]["parents"] == [0] and told["nodes"][0]["data"]["values"] == [0.0, 4.0]
    assert told["steps"][-1]["local"]["values"] == ["inf", 0.25]
    assert told["seed"]["after"] == {"shape": [], "dtype": "float64"} or told["seed"]["after"] == 1.0
    big = steps((Tensor(np.ones(1000), requires_grad=True) * 2.0).sum()).to_dict(limit=10)
    assert big["nodes"][0]["data"] == {
        "shape": [1000],
        "dtype": "float64",
        "min": 1.0,
        "max": 1.0,
        "values": None,
    }


def test_html_is_escaped() -> None:
    x = Value(1.0, label="<b>")
    assert "&lt;b&gt;" in steps(x * 2)._repr_html_() and "<b>" not in steps(x * 2)._repr_html_()


def test_concatenation_passes_each_part_its_own() -> None:
    a, b = Tensor([1.0], requires_grad=True, label="a"), Tensor([2.0, 3.0], requires_grad=True, label="b")
    walk = check_against_backward((concatenate([a, b]) * np.array([1.0, 2.0, 3.0])).sum(), [a, b])
    assert [step.after.tolist() for step in walk[-2:]] == [[1.0], [2.0, 3.0]]


@pytest.mark.parametrize("x", [Value(3.0, "x"), Tensor(3.0, requires_grad=True, label="x")], ids=repr)
def test_a_seed_is_no_part_of_the_graph(x: Value | Tensor) -> None:
    """Whoever passes x wants the derivative by x, and no gradient of the result."""
    y = x * x
    for start in (lambda: y.backward(x), lambda: steps(y, x), lambda: y.backward(y)):
        with pytest.raises(GraphError, match=r"is part of the graph.*from its \.grad"):
            start()
    assert x.grad is None
    y.backward(Value(2.0))
    assert x.grad == 12
