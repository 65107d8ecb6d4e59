"""explain(), blame() and what_if(): why a number is what it is."""

import math

import numpy as np
import pytest

import autograd
from autograd import (
    GraphError,
    ShapeError,
    StaleGraphError,
    Tensor,
    Value,
    affine,
    blame,
    clip,
    exp,
    explain,
    log,
    relu,
    softmax,
    sqrt,
    tanh,
    what_if,
    where,
)

# -- explain ----------------------------------------------------------------------------------


def tangled() -> tuple[Value, Value, Value]:
    x, y = Value(0.7, label="x"), Value(-1.3, label="y")
    return x, y, exp(tanh(x * y) * y + x * x) / (x + 2.0)


def test_the_terms_add_up_to_the_gradient() -> None:
    x, y, out = tangled()
    out.backward()
    for leaf in (x, y):
        why = explain(leaf, out)
        total = 0.0
        for term in why.terms:
            total += term.amount
        assert total == why.gradient == leaf.grad
        assert len(why.terms) == sum(node is leaf for each in autograd.order(out) for node in each.parents)


def test_every_gradient_on_the_way_can_be_explained_in_turn() -> None:
    x, _, out = tangled()
    stack = [explain(x, out)]
    while stack:
        why = stack.pop()
        assert math.isclose(math.fsum(term.amount for term in why.terms), why.gradient) or why.node is out
        stack.extend(term.why for term in why.terms)


def test_the_text_has_symbols_and_numbers() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    assert str(explain(a, a * b)) == (
        "a.grad = -3, one term\n  through out = a * b: d(out)/da · out.grad = b · out.grad = -3 × 1 = -3"
    )
    neuron = affine(Value(0.0, label="bias"), a, b)
    assert "= b · out.grad = -3 × 1 = -3" in str(explain(a, neuron))


def test_expanding_goes_deeper_and_no_further_than_asked() -> None:
    x, _, out = tangled()
    why = explain(x, out)
    lengths = [len(str(why.expand(depth=depth)).splitlines()) for depth in (1, 2, 3, 4, 9)]
    assert lengths == sorted(lengths) and lengths[0] == 1 + len(why.terms) < lengths[1] < lengths[2]
    assert str(why.expand(depth=1)) == str(why)
    headlines = [line.strip() for line in str(why.expand(depth=9)).splitlines() if "where" in line]
    assert len(headlines) == len(set(headlines)), "a gradient is explained once"


def test_the_budget_bounds_the_text_and_says_so() -> None:
    x = Value(1.0, label="x")
    total = x
    for _ in range(30):
        total = total + x * 2.0
    why = explain(x, total)
    assert len(why.terms) == 31 and "and 11 more" in str(why)
    assert len(str(why.expand(depth=50, budget=5)).splitlines()) <= 20
    assert "more" not in str(why.expand(depth=1, budget=31))
    for depth, budget in ((0, 5), (1, 0)):
        with pytest.raises(ValueError, match="at least 1"):
            why.expand(depth, budget)


def test_a_graph_as_deep_as_it_likes() -> None:
    x = Value(1.0, label="x")
    out = x
    for _ in range(1500):
        out = out * 1.0
    assert len(str(explain(x, out).expand(depth=2000, budget=2000)).splitlines()) == 3000


def test_what_has_no_terms_says_why() -> None:
    x = Value(1.0, label="x")
    out = x * 2.0
    assert str(explain(out, out)) == "out.grad = 1, the seed of the backward pass"
    assert "was not computed from z" in str(explain(Value(0.0, label="z"), out))
    assert "swapped" not in str(explain(Value(0.0, label="z"), out))
    assert "arguments swapped? explain(x, loss)" in str(explain(out, x))
    constant = Value(3.0, label="c").detach()
    assert "is a constant" in str(explain(constant, x * constant))


def test_arrays_show_the_sum_over_broadcast_axes() -> None:
    b = Tensor([1.0, -1.0], requires_grad=True, label="b")
    out = (relu(Tensor(np.ones((4, 2))) + b) + b).sum()
    why = explain(b, out)
    assert str(why).count("sum over axis 0, along which b was broadcast") == 2
    np.testing.assert_array_equal(sum(term.amount for term in why.terms), why.gradient)
    out.backward()
    np.testing.assert_array_equal(why.gradient, b.grad)
    assert r"\sum" in why.latex


def test_html_and_latex_are_well_formed() -> None:
    x, _, out = tangled()
    x.label = "<x>"
    why = explain(x, out)
    page = why._repr_html_()
    assert "&lt;x&gt;" in page and "<x>" not in page
    assert page.count("<details") == page.count("</details>") > 3 and page.count("<div") == page.count(
        "</div>"
    )
    assert why.latex.startswith(r"\begin{aligned}") and why.latex.count("{") == why.latex.count("}")
    assert why.latex.count(r"\left(") == why.latex.count(r"\right)")
    assert why._repr_latex_().startswith("$")


def test_explaining_touches_nothing_and_refuses_what_backward_refuses() -> None:
    x = Value(2.0, label="x")
    out = x * x
    explain(x, out, seed=2.0)
    assert x.grad is None and out.grad is None
    assert explain(x, out, seed=2.0).gradient == 8.0
    x.data = 3.0
    with pytest.raises(StaleGraphError):
        explain(x, out)


# -- blame ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compute", "data", "op", "advice"),
    [
        (log, 0.0, "log", "log1p"),
        (log, -1.0, "log", "log1p"),
        (sqrt, -1.0, "sqrt", "NaN below 0"),
        (exp, 1000.0, "exp", "logsumexp"),
        (lambda x: 1.0 / x, 0.0, "div", "division by 0"),
        (lambda x: x**0.5, -1.0, "power", "base positive"),
        (autograd.acos, 2.0, "acos", "inside [-1, 1]"),
        (lambda x: x * x, 1e300, "mul", "too large"),
    ],
)
@pytest.mark.parametrize("make", [Value, lambda data, label: Tensor([data, 0.5], True, label)])
def test_the_first_result_that_is_not_finite_is_blamed(
    make: object, compute: object, data: float, op: str, advice: str
) -> None:
    x = make(data, label="x")  # type: ignore[operator]
    loss = (tanh(compute(x)) * 0.0 + compute(x) * 2.0).sum() if isinstance(x, Tensor) else compute(x) * 2.0  # type: ignore[operator]
    found = blame(loss)
    assert found and found.node is not None and found.what == "data" and not math.isfinite(found.value)
    assert found.node.op == op and advice in found.advice
    assert dict(found.inputs) == {"x": data} and "x" in found.text
    loss.backward()
    assert str(blame(loss)) == str(found)


@pytest.mark.parametrize("compute", [log, sqrt, exp, lambda x: 1.0 / x, lambda x: x**0.5, autograd.atanh])
def test_nothing_is_blamed_where_all_is_finite(compute: object) -> None:
    x = Value(0.5, label="x")
    loss = compute(x)  # type: ignore[operator]
    for _ in range(2):
        assert not blame(loss) and str(blame(loss)) == "everything is finite"
        loss.backward()


def test_a_gradient_at_a_pole_is_blamed_on_its_rule() -> None:
    x = Tensor([4.0, 0.0], requires_grad=True, label="x")
    root = sqrt(x)
    found = blame((root * 3.0).sum())
    assert (found.node, found.what, found.cause) == (x, "gradient", root)
    assert "inf × 3" in found.text and "at index 1" in found.text and "sqrt(x + 1e-12)" in found.advice


def test_a_gradient_that_grew_too_large_is_blamed_on_the_way() -> None:
    x = Value(1.0, label="x")
    found = blame(x * 1e200 * 1e-200 * 1e200, seed=1e200)
    assert found and found.what == "gradient" and "clip them" in found.advice


def test_a_seed_that_is_not_finite_is_blamed_itself() -> None:
    assert "the seed" in blame(Value(1.0) * 2.0, seed=math.nan).text


def test_what_behind_a_choice_is_not_finite_is_harmless() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True, label="x")
    masked = softmax(where(np.array([True, False, True]), x, -np.inf))
    found = blame((masked * x).sum())
    assert not found and found.harmless and found.node is not None
    assert not blame(clip(x, None, 2.5).sum()) and blame(clip(x, None, 2.5).sum()).node is None
    loss = (log(x - 1.0) + masked).sum()
    assert blame(loss).node is not None and blame(loss).node.op == "log", "the mask is not to blame"


def test_data_that_were_given_are_blamed_as_such() -> None:
    w = Value(math.nan, label="w")
    assert "earlier update" in blame(w * 2.0).advice and blame(w * 2.0).node is w
    data = Tensor([[1.0, math.inf]], label="X")
    found = blame((data @ Tensor([[1.0], [2.0]], requires_grad=True)).sum())
    assert found.node is data and "clean the input" in found.advice and "index (0, 1)" in found.text


def test_a_gradient_left_from_before_is_told_apart() -> None:
    x = Tensor([1.0], requires_grad=True, label="x")
    x.grad = np.array([math.nan])
    loss = (x * 2.0).sum()
    assert "zero_grad()" in blame(loss).advice and blame(loss).what == "gradient"
    x.data = np.array([3.0])
    assert "stale" in blame(loss).text and "detect_anomaly" in blame(loss).advice
    x.zero_grad()
    assert not blame(loss)


def test_blame_touches_nothing() -> None:
    x = Value(0.0, label="x")
    loss = sqrt(x)
    blame(loss)
    assert x.grad is None and loss.grad is None


# -- what_if ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [1e-3, -1e-3, 0.5])
def test_the_change_is_the_true_one(delta: float) -> None:
    def f(x: object) -> Value:
        return exp(tanh(x * 3.0) + relu(x - 0.1) * affine(x, x, 2.0))  # type: ignore[operator]

    x = Value(0.4, label="x")
    result = what_if(x, delta, f(x))
    assert result.after == f(Value(0.4 + delta)).data and result.before == f(Value(0.4)).data
    assert result.change == result.after - result.before
    assert result.predicted == pytest.approx(autograd.grad(f)(0.4) * delta, rel=1e-12)


def test_the_error_shrinks_with_the_square_of_the_nudge() -> None:
    x = Value(0.4, label="x")
    loss = exp(x * x)
    errors = [what_if(x, delta, loss).error for delta in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.05)
    assert what_if(x, 0.25, x * 3.0).error == pytest.approx(0.0, abs=1e-15)


def test_arrays_and_results_on_the_way_can_be_nudged() -> None:
    w = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, label="w")
    hidden = tanh(w) @ np.array([1.0, 2.0, 3.0])
    loss = (hidden * hidden).mean()
    result = what_if(w, 1e-6, loss)
    assert result.change == pytest.approx(result.predicted, rel=1e-4)
    nudged = np.arange(6.0).reshape(2, 3) + 1e-6
    again = (tanh(nudged) @ np.array([1.0, 2.0, 3.0])) ** 2
    assert result.after == pytest.approx(float(again.mean()), rel=1e-14)
    middle = what_if(hidden, np.array([0.1, 0.0]), loss)
    assert middle.predicted == pytest.approx(float(hidden.data[0]) * 0.1)
    assert middle.name == "v2" and "the sum of" in str(middle)


def test_a_nudge_touches_nothing() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    loss = (x.reshape(2) * x).sum()
    what_if(x, 1.0, loss)
    assert x.data.tolist() == [1.0, 2.0] and x.grad is None
    loss.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_loss_that_does_not_depend_on_it_does_not_change() -> None:
    result = what_if(Value(1.0, label="x"), 0.5, Value(2.0) * 3.0)
    assert (result.change, result.predicted) == (0.0, 0.0)


def test_what_cannot_be_nudged_is_refused() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    with pytest.raises(GraphError, match="is a constant"):
        what_if(x.detach(), 0.1, (x * x).sum())
    with pytest.raises(ShapeError, match="does not fit"):
        what_if(x, np.ones(3), (x * x).sum())
    with pytest.raises(ShapeError, match="seed"):
        what_if(x, 0.1, x * x)
    loss = (x * x).sum()
    x.data = np.array([3.0, 4.0])
    with pytest.raises(StaleGraphError):
        what_if(x, 0.1, loss)


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("steps", lambda x, loss: autograd.steps(3.0)),
        ("explain", lambda x, loss: explain(3.0, loss)),
        ("explain", lambda x, loss: explain(x, 3.0)),
        ("blame", lambda x, loss: blame([loss])),
        ("what_if", lambda x, loss: what_if(3.0, 0.1, loss)),
        ("check_training", lambda x, loss: autograd.check_training([x], 3.0)),
    ],
)
def test_what_is_no_node_is_refused_by_name(name: str, look: object) -> None:
    x = Value(1.0, label="x")
    with pytest.raises(TypeError, match=f"^{name} takes a Value or a Tensor, got (float|list)"):
        look(x, x * 2.0)  # type: ignore[operator]
