"""gradcheck: every verdict, where it must be given and where it must not."""

import random
import re
import time
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    GradcheckError,
    Tensor,
    Value,
    check_derivative,
    check_vjp,
    custom_op,
    gradcheck,
)

X = np.array([0.3, -0.7, 1.9])


def verdict(*arguments: Any, **options: Any) -> str:
    return gradcheck(*arguments, raise_exception=False, **options).verdict


def plain(f: Any, df: Any, *inputs: Any, **options: Any) -> str:
    return check_derivative(f, df, *inputs, raise_exception=False, **options).verdict


def square_with(rule: Any) -> Any:
    """x² with a derivative of one's own."""
    return custom_op(lambda x: x * x, rule, name="square_with")


WRONG = square_with(lambda g, y, x: g * x)


# -- right --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fn", "inputs"),
    [
        (lambda x: x**3, [2.0]),
        (lambda x: x**3, 2.0),
        (lambda x: x**3, [3]),
        (lambda x: autograd.sin(x), [Value(0.5)]),
        (lambda x: autograd.sin(x), Tensor([0.5, 1.5])),
        (lambda x: autograd.sin(x).sum(), X),
        (lambda x, y: (x * y, x - y), [X, 2.0]),
        (lambda p: p["w"] * p["rest"][0] + p["rest"][1], [{"w": X, "rest": [1.0, (2.0)]}]),
        (lambda x: {"a": x * x, "b": [x, 2 * x]}, [X]),
        (lambda x, n: x**n, [X + 2, np.array([1, 2, 3])]),
        (lambda x, how: x.sum() if how == "sum" else x, [X, "sum"]),
        (lambda x: x + np.array([1, 2, 3]), [X]),
        (lambda xs: sum(x * x for x in xs), [[1.0, 2.0, 3.0]]),
        (square_with(lambda g, y, x: g * 2 * x), [X]),
    ],
)
def test_right(fn: Any, inputs: Any) -> None:
    report = gradcheck(fn, inputs, order=2)
    assert report
    assert report.verdict == "right"
    assert report.mistake is None
    assert not report.elements


@pytest.mark.parametrize("x", [1e-9, 1e-3, 1.0, 1e6])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_right_at_any_scale(x: float, scale: float) -> None:
    for f, df in [(np.log, np.reciprocal), (np.sin, np.cos), (np.sqrt, lambda x: 0.5 / np.sqrt(x))]:
        assert plain(lambda x, f=f: scale * f(x), lambda x, df=df: scale * df(x), x) == "right"
        refusing = lambda x, f=f: scale * f(float(x))  # noqa: E731 - float() refuses complex numbers
        assert plain(refusing, lambda x, df=df: scale * df(x), x) == "right"


@pytest.mark.parametrize("size", [2e-5, -1e-3])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_a_small_error_is_wrong_at_any_scale(size: float, scale: float) -> None:
    for x in [1e-9, 1.0, 1e6]:
        for f, df in [(np.log, np.reciprocal), (np.sin, np.cos)]:
            claimed = lambda x, df=df: scale * (1 + size) * df(x)  # noqa: E731
            assert plain(lambda x, f=f: scale * f(x), claimed, x) == "wrong rule"
            assert plain(lambda x, f=f: scale * f(float(x)), claimed, x) == "wrong rule"


def test_zero_derivatives_that_are_round_off_are_right() -> None:
    def normalised(x: Any) -> Any:
        centered = x - x.mean()
        return (centered / autograd.sqrt((centered * centered).mean() + 1e-5)).sum()

    assert verdict(normalised, [np.random.default_rng(0).normal(size=8)]) == "right"
    assert verdict(autograd.tanh, [np.array([40.0, 1e6])]) == "right"
    assert verdict(lambda x: 0 * x, [X]) == "right"


def test_one_wrong_element_among_a_thousand_is_found() -> None:
    x = np.linspace(0.5, 1.5, 1000)
    slopes = np.cos(x)
    slopes[617] *= 1 + 2e-5
    report = check_derivative(lambda x: np.sin(x).sum(), lambda x: slopes, x, raise_exception=False)
    assert [element.input for element in report.elements] == ["x[617]"]


# -- wrong rule ---------------------------------------------------------------------------------


def test_a_wrong_rule_is_raised_with_the_report_as_text() -> None:
    report = gradcheck(WRONG, [X], raise_exception=False)
    assert not report
    assert report.verdict == "wrong rule"
    assert report.counts == {"wrong rule": 6, "right": 12}
    assert {element.mode for element in report.elements} == {"reverse", "forward"}
    worst = report.elements[0]
    assert worst.analytic == pytest.approx(worst.numeric / 2)
    assert worst.accuracy < 1e-9 < worst.error
    with pytest.raises(GradcheckError, match=re.escape(str(report))):
        gradcheck(WRONG, [X])


def test_each_mode_is_checked_by_itself() -> None:
    shy = custom_op(lambda x: x * x, lambda g, y, x: g * 2 * x, name="shy")
    assert gradcheck(shy, [X], modes=["forward"]).modes == ("forward",)
    assert gradcheck(shy, [X], modes=["reverse"]).counts == {"right": 9}
    with pytest.raises(ValueError, match="modes"):
        gradcheck(shy, [X], modes=["sideways"])


def test_a_cut_graph_is_a_wrong_rule() -> None:
    assert verdict(lambda x: Tensor(np.sin(x.data)), [X]) == "wrong rule"
    assert verdict(lambda x: x * x.data, [X]) == "wrong rule"


def test_a_rule_that_returns_a_wrong_shape_is_a_wrong_rule() -> None:
    report = gradcheck(square_with(lambda g, y, x: g.sum(axis=0)), [X], raise_exception=False)
    assert report.verdict == "wrong rule"
    assert "shape" in report.reason


def test_nan_in_a_derivative_is_a_wrong_rule_where_the_function_has_one() -> None:
    report = gradcheck(square_with(lambda g, y, x: g * np.nan), [X], raise_exception=False)
    assert report.verdict == "wrong rule"
    assert report.mistake == "not finite"


def test_second_derivatives() -> None:
    def forgetful(g: Any, y: Any, x: Any) -> Any:
        return g * 2 * getattr(x, "data", x)  # right once, but without a derivative of its own

    once = square_with(forgetful)
    assert gradcheck(once, [X])
    report = gradcheck(once, [X], order=2, raise_exception=False)
    assert report.verdict == "wrong rule"
    assert report.order == 2
    assert report.elements[0].output.startswith("d output / d x[")
    assert "second derivatives" in str(report)
    with pytest.raises(ValueError, match="order"):
        gradcheck(once, [X], order=3)


# -- kinks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, 1e-14, -1e-14])
@pytest.mark.parametrize("fn", [autograd.relu, autograd.abs, lambda x: autograd.maximum(x, -x) + 1])
def test_a_kink_within_reach_is_no_failure(fn: Any, x: float) -> None:
    report = gradcheck(fn, [np.array([x, 2.0])])
    assert report.verdict in ("kink", "right")  # what is near enough to resolve is simply right
    if x == 0:
        assert report.verdict == "kink"
        assert [element.verdict for element in report.elements] == ["kink", "kink"]
        assert "kink" in str(report)
        assert all(0.49 < element.accuracy < 1.01 for element in report.elements)  # half the jump


@pytest.mark.parametrize("x", [1e-3, -1e-6, 1e-9])
def test_a_kink_that_smaller_steps_avoid_is_not_mentioned(x: float) -> None:
    assert verdict(autograd.relu, [np.array([x, 1.0])]) == "right"


def test_a_wrong_rule_beside_or_at_a_kink_is_still_wrong() -> None:
    wrong = custom_op(lambda x: np.maximum(x, 0.0), lambda g, y, x: g * 3.0 * (x >= 0), name="wrong_relu")
    assert verdict(wrong, [np.array([0.0])]) == "wrong rule"
    assert verdict(wrong, [np.array([1e-6])]) == "wrong rule"
    assert plain(lambda x: abs(float(x)), lambda x: 2.0, 0.0) == "wrong rule"


def test_a_kink_beside_a_wrong_element_does_not_hide_its_mistake() -> None:
    def rule(g: Any, y: Any, x: Any) -> Any:
        return g * (x > 0) * 2

    double = custom_op(lambda x: np.maximum(x, 0.0), rule, name="double")
    report = gradcheck(double, [np.array([0.3, 0.0, -0.7])], raise_exception=False)
    assert report.verdict == "wrong rule"
    assert report.counts["kink"] == 2
    assert report.findings[0].sentence == "it is 2 times what it should be"


def test_a_jump_of_the_function_is_no_failure() -> None:
    assert verdict(autograd.floor, [np.array([2.0, 2.5])]) in ("right", "kink")
    assert verdict(autograd.sign, [np.array([0.0, 2.5])]) in ("right", "kink")


# -- what cannot be checked ---------------------------------------------------------------------


def test_not_deterministic() -> None:
    report = gradcheck(lambda x: x * np.random.rand(), [X], raise_exception=False)
    assert report.verdict == "not deterministic"
    assert "output" in report.reason
    seldom = iter(range(10_000))
    rarely = lambda x: x * (1.0 + (next(seldom) % 7 == 0))  # noqa: E731
    assert verdict(rarely, [X]) == "not deterministic"
    counted = []
    assert verdict(lambda x: (counted.append(1), x * x)[1], [X]) == "right"


def test_modifies_its_input() -> None:
    def changes(x: Any) -> Any:
        x += 1
        return x * x

    def wipes(g: Any, x: Any) -> Any:
        gradient = g * 2 * x
        x[:] = 0
        return gradient

    assert plain(changes, lambda x: np.diag(2 * x + 2), X) == "modifies its input"
    assert plain(lambda x: (x + 1) ** 2, lambda x: np.diag(2 * x + 2), X) == "right"
    assert check_vjp(lambda x: x * x, wipes, X, raise_exception=False).verdict == "modifies its input"
    assert (X == [0.3, -0.7, 1.9]).all()

    def writes(x: Any) -> Any:
        x.data[0] = 5.0
        return x * x

    report = gradcheck(writes, [X], raise_exception=False)
    assert report.verdict == "modifies its input"
    assert "x" in report.reason


def test_not_finite() -> None:
    report = gradcheck(autograd.log, [np.array([1.0, 0.0])], raise_exception=False)
    assert report.verdict == "not finite"
    assert "output[1] is -inf" in report.reason
    assert verdict(autograd.sqrt, [np.array([1.0, 0.0])]) == "not finite"
    assert verdict(autograd.sqrt, [np.array([1.0, 1e-12])]) == "right"
    assert verdict(lambda x: autograd.where(x > 0, autograd.log(x), x), [np.array([1.0, -1.0])]) == "right"


def test_precision_too_low() -> None:
    def single(x: Any) -> Any:
        return np.sin(np.asarray(x, np.float32)).astype(float)

    report = check_derivative(single, lambda x: np.diag(np.cos(x)), X, raise_exception=False)
    assert report.verdict == "precision too low"
    assert "float64" in report.reason
    assert plain(single, lambda x: np.diag(np.cos(x)), X, rtol=1e-2) == "right"
    assert plain(single, lambda x: np.diag(-np.cos(x)), X) == "wrong rule"
    integers = gradcheck(lambda x: x * 2, [np.array([1, 2, 3])], raise_exception=False)
    assert integers.verdict == "precision too low"
    assert "float64" in integers.reason


def test_float32_inputs_are_checked_as_float64() -> None:
    report = gradcheck(lambda x: autograd.sin(x), [X.astype(np.float32)])
    assert report.verdict == "right"
    assert "x is float32 and was checked as float64" in report.notes
    assert "float64" in str(check_derivative(np.sin, lambda x: np.diag(np.cos(x)), X.astype(np.float32)))


@pytest.mark.parametrize("inputs", [[], [np.zeros((0, 3))], ["text"], [None], [[]], [{}], [True]])
def test_nothing_to_check_is_an_error(inputs: Any) -> None:
    report = gradcheck(lambda *arguments: Tensor([1.0]), inputs, raise_exception=False)
    assert report.verdict == "nothing to check"
    with pytest.raises(GradcheckError, match="nothing to check"):
        gradcheck(lambda *arguments: Tensor([1.0]), inputs)


def test_no_output_is_an_error() -> None:
    assert verdict(lambda x: [], [X]) == "nothing to check"
    assert verdict(lambda x: x[:0], [X]) == "nothing to check"


def test_too_much_to_check_is_an_error() -> None:
    report = gradcheck(lambda x: x, [np.ones(5000)], raise_exception=False)
    assert report.verdict == "nothing to check"
    assert "fast_mode" in report.reason


def test_complex_results_and_several_results_get_a_clear_answer() -> None:
    assert plain(lambda x: x * 1j, lambda x: np.eye(3), X) == "complex result"
    report = check_derivative(lambda x: (x, x), lambda x: np.eye(3), X, raise_exception=False)
    assert report.verdict == "several results"
    assert "tuple of 2" in report.reason
    assert gradcheck(lambda x: (x, [2 * x]), [X]).counts == {"right": 36}


# -- what is left behind ------------------------------------------------------------------------


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))


def test_a_model_is_checked_with_its_parameters() -> None:
    report = gradcheck(model(), X[None])
    assert report.counts == {"right": 2 * 2 * (3 + 16 + 10)}

    class Broken(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(np.ones(3))

        def forward(self, x: Any) -> Any:
            return WRONG(self.weight) * x

    report = gradcheck(Broken(), [X], raise_exception=False)
    assert {element.input.partition("[")[0] for element in report.elements} == {"weight"}
    assert gradcheck(nn.MLP(2, [3, 1], "tanh", rng=0), [[0.5, -1.0]])


def test_a_network_of_1482_parameters_takes_less_than_five_seconds() -> None:
    widths = [(64, 16), (16, 16), (16, 10)]
    layers = [layer for i, shape in enumerate(widths) for layer in (nn.Linear(*shape, rng=i), nn.ReLU())][:-1]
    network = nn.Sequential(*layers)
    assert sum(parameter.size for parameter in network.parameters()) == 1482
    start = time.process_time()
    report = gradcheck(network, np.random.default_rng(0).normal(size=(1, 64)))
    assert time.process_time() - start < 5
    assert report.counts == {"right": 2 * 10 * (1482 + 64)}


def test_a_model_is_left_as_it_was() -> None:
    layers = model()
    layers.train()
    for parameter in layers.parameters():
        parameter.grad = np.ones(parameter.shape)
    before = [(p.data.copy(), p.grad.copy(), p.dtype) for p in layers.parameters()]
    x = Tensor(X[None], requires_grad=True)
    random_states = random.getstate(), np.random.get_state()[1].copy()
    gradcheck(layers, [x])
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: WRONG(layers(x) * np.random.rand()), [x])

    def fails(x: Any) -> Any:
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match="of its own"):
        gradcheck(fails, [x])
    assert layers.training
    assert x.grad is None
    assert random.getstate() == random_states[0]
    assert (np.random.get_state()[1] == random_states[1]).all()
    for parameter, (data, grad, dtype) in zip(layers.parameters(), before, strict=True):
        assert (parameter.data == data).all()
        assert (parameter.grad == grad).all()
        assert parameter.dtype == dtype == np.float32


def test_a_model_that_cannot_be_copied_is_put_back() -> None:
    layers = model()
    layers.secret = (each for each in range(3))  # a generator cannot be copied
    data = [parameter.data.copy() for parameter in layers.parameters()]
    assert gradcheck(layers, [X[None]])
    assert all((p.data == d).all() for p, d in zip(layers.parameters(), data, strict=True))
    assert all(p.dtype == np.float32 for p in layers.parameters())


def test_the_mode_around_it_does_not_matter() -> None:
    with autograd.no_grad():
        assert gradcheck(autograd.sin, [X])
        assert not autograd.Value(1.0).exp().parents


# -- fast mode ----------------------------------------------------------------------------------


def test_fast_mode_says_what_it_leaves_out() -> None:
    report = gradcheck(model(), [X[None]], fast_mode=True)
    assert report.verdict == "right"
    assert "all 32 random combinations of elements are the function's" in str(report)
    assert "not the elements themselves" in str(report)
    assert "58 elements" in str(report)
    assert not gradcheck(WRONG, [X], fast_mode=True, raise_exception=False)
    assert gradcheck(lambda x: autograd.sin(x), [np.ones(5000)], fast_mode=True)
    assert gradcheck(lambda x: x**3, [X], order=2, fast_mode=True)
    assert check_vjp(lambda x: x * x, lambda g, x: 2 * g * x, X, fast_mode=True)
    assert check_derivative(lambda x: x * x, lambda x: np.diag(2 * x), X, fast_mode=True)


# -- the report ---------------------------------------------------------------------------------


def test_the_report_as_text_table_and_dictionary() -> None:
    report = gradcheck(WRONG, [np.ones(20)], raise_exception=False)
    text = str(report)
    assert repr(report) == text
    assert len(text.splitlines()) < 25
    assert "more elements" in text
    page = report._repr_html_()
    assert page.count("<tr") == 1 + report.shown
    assert "#ffd6d6" in page
    numbers = report.to_dict()
    assert numbers["verdict"] == "wrong rule"
    assert numbers["mistake"] == "factor"
    assert numbers["elements"][0]["input"].startswith("x[")
    labelled = gradcheck(WRONG, [Tensor(X, label="<script>")], raise_exception=False)
    assert labelled.elements[0].input.startswith("<script>[")
    assert "<script" not in labelled._repr_html_()


def test_eps_fixes_the_step() -> None:
    assert gradcheck(autograd.sin, [X], eps=1e-3)
    coarse = check_derivative(lambda x: abs(float(x)), lambda x: 1.0, 0.01, eps=0.1, raise_exception=False)
    assert coarse.verdict != "wrong rule"


# -- other libraries ----------------------------------------------------------------------------


def test_a_function_of_another_array_library() -> None:
    class Foreign:
        """The least that an array library has: a namespace with asarray, and conversion to NumPy."""

        def __init__(self, data: Any) -> None:
            self.inner = np.asarray(data)

        def __array_namespace__(self) -> Any:
            class Namespace:
                asarray = Foreign

            return Namespace

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array(self.inner, dtype=dtype)

        def cube(self) -> "Foreign":
            return Foreign(self.inner**3)

    report = check_vjp(lambda x: x.cube(), lambda g, x: 3 * g.inner * x.inner**2, Foreign(X))
    assert report.verdict == "right"
