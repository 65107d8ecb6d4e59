"""Every verdict of a gradient check: one case that has it, and its nearest neighbour that has not."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, check_derivative, check_vjp, custom_op, gradcheck
from autograd.check import Report

X = np.array([0.3, -0.7, 1.9])
EYE = np.eye(3)


def derivative(f: Any, df: Any, *inputs: Any, **options: Any) -> Callable[[], Report]:
    return lambda: check_derivative(f, df, *inputs, raise_exception=False, **options)


def vjp(f: Any, back: Any, *inputs: Any) -> Callable[[], Report]:
    return lambda: check_vjp(f, back, *inputs, raise_exception=False)


def graph(f: Any, *inputs: Any, **options: Any) -> Callable[[], Report]:
    return lambda: gradcheck(f, list(inputs), raise_exception=False, **options)


def square(x: Any) -> Any:
    return x * x


def writes(x: Any) -> Any:
    x[0] = 0.0
    return x * x


def noisy(size: float) -> Callable[[Any, Any], Any]:
    return lambda g, x: g * 2 * x * (1 + size * np.random.rand())


def single(x: Any) -> Any:
    return np.sin(x.astype(np.float32))


def on_a_flag(on: bool) -> Any:
    """Right in the first derivative; in the second as well, or not."""
    return custom_op(square, lambda g, y, x: g * 2 * (x if on else getattr(x, "data", x)), name="flagged")


def dropped(training: bool) -> Any:
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Dropout(0.5))
    return model.train() if training else model.eval()


# A verdict, a word of its sentence, what has it, and what is next to that and right.
VERDICTS: list[tuple[str, str, Callable[[], Report], Callable[[], Report]]] = [
    ("wrong rule", "are not the function's",
     derivative(np.sin, lambda x: -np.cos(x), 0.5), derivative(np.sin, np.cos, 0.5)),
    ("wrong rule", "2 derivatives were returned for 1 inputs",
     derivative(np.sin, lambda x: (np.cos(x), 0.0), 0.5), derivative(np.sin, lambda x: (np.cos(x),), 0.5)),
    ("wrong rule", "has shape (3,), it needs (3, 3)",
     derivative(square, lambda x: 2 * x, X), derivative(square, lambda x: np.diag(2 * x), X)),
    ("wrong rule", "are not the function's",
     graph(on_a_flag(False), X, order=2), graph(on_a_flag(True), X, order=2)),
    ("kink", "at a kink", graph(autograd.relu, 0.0), graph(autograd.relu, 1e-9)),
    ("kink", "at a kink", graph(abs, 0.0), graph(lambda x: abs(x) * x, 0.0)),
    ("not deterministic", "varied by", graph(lambda x: x * np.random.rand(), X),
     graph(lambda x: x * np.random.default_rng(0).random(), X)),
    ("not deterministic", ".eval()", graph(dropped(True), X[None]), graph(dropped(False), X[None])),
    ("not deterministic", "the derivative (vjp) was another one", vjp(square, noisy(0.1), X),
     vjp(square, noisy(1e-9), X)),
    ("not deterministic", "the derivative (vjp) was another one", vjp(square, noisy(1e-4), X),
     vjp(square, noisy(0.0), X)),
    ("modifies its input", "changed x", derivative(writes, lambda x: np.diag(2 * x), X),
     derivative(lambda x: writes(x.copy()), lambda x: np.diag(2 * x * (x != x[0])), X)),
    ("modifies its input", "changed the cotangent", vjp(square, lambda g, x: np.multiply(g, 2 * x, out=g), X),
     vjp(square, lambda g, x: np.multiply(g, 2 * x), X)),
    ("not finite", "output[1] is -inf", graph(autograd.log, np.array([1.0, 0.0])),
     graph(autograd.log, np.array([1.0, 1e-9]))),
    ("not finite", "x[1] is inf", graph(lambda x: 1 / x, np.array([1.0, math.inf])),
     graph(lambda x: 1 / x, np.array([1.0, 1e9]))),
    ("not finite", "so is the slope", graph(autograd.sqrt, np.array([1.0, 0.0])),
     graph(autograd.sqrt, np.array([1.0, 1e-12]))),
    ("precision too low", "float64", derivative(single, lambda x: np.diag(np.cos(x)), X),
     derivative(np.sin, lambda x: np.diag(np.cos(x)), X.astype(np.float32))),
    ("precision too low", "integers", graph(square, np.array([1, 2])), graph(square, np.array([1.0, 2.0]))),
    ("precision too low", "returned integers",
     derivative(lambda x: np.rint(x).astype(int), lambda x: 0 * EYE, X),
     derivative(np.rint, lambda x: 0 * EYE, X)),
    ("complex result", "real and the imaginary part", derivative(lambda x: x * 1j, lambda x: EYE, X),
     derivative(lambda x: np.abs(np.fft.fft(x)[0]) ** 2, lambda x: 2 * x.sum() * np.ones(3), X)),
    ("complex result", "real and the imaginary part", derivative(square, lambda x: 2j * EYE, X),
     derivative(square, lambda x: np.diag(2 * x), X)),
    ("several results", "tuple of 2", derivative(lambda x: (x, x), lambda x: EYE, X),
     graph(lambda x: (x, x), X)),
    ("several results", "dict of 1", vjp(lambda x: {"y": x}, lambda g, x: g, X),
     graph(lambda x: {"y": x}, X)),
    ("nothing to check", "no input has a derivative", graph(lambda s: Value(1.0), "text"),
     graph(lambda s, x: x, "text", X)),
    ("nothing to check", "all are empty", graph(square, np.zeros((0, 3))), graph(square, np.ones((1, 3)))),
    ("nothing to check", "returned nothing", graph(lambda x: x[:0], X), graph(lambda x: x[:1], X)),
    ("nothing to check", "None (NoneType) was returned", graph(lambda x: None, X), graph(lambda x: 0.0, X)),
    ("nothing to check", "no input has a derivative", derivative(square, lambda x: 2 * x, 1 + 2j),
     derivative(square, lambda x: 2 * x, 1.0)),
    ("nothing to check", "fast_mode=True", graph(square, np.ones(5000)),
     graph(square, np.ones(5000), fast_mode=True)),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "word", "has_it", "has_not"), VERDICTS)
def test_each_verdict_where_it_belongs_and_not_beside_it(
    verdict: str, word: str, has_it: Callable[[], Report], has_not: Callable[[], Report]
) -> None:
    report = has_it()
    assert report.verdict == verdict, report
    assert word in report.reason
    assert bool(report) == (verdict == "kink")
    assert has_not().verdict == "right"


def test_every_verdict_is_in_the_table() -> None:
    told = (Report.__doc__ or "").partition("verdict: ")[2].partition("reason:")[0]
    assert {verdict for verdict, *_ in VERDICTS} == {part for part in told.split('"')[1::2]} - {"right"}


@pytest.mark.parametrize("options", [{"rtol": -1.0}, {"atol": -1e-9}, {"eps": 0.0}])
def test_options_out_of_range_are_refused(options: Any) -> None:
    with pytest.raises(ValueError, match="rtol and atol are at least 0"):
        gradcheck(square, [X], **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_derivative(square, square, Value(2.0)), "floats or arrays; .* use gradcheck"),
        (lambda: check_vjp(square, noisy(0.0), Tensor(X)), "floats or arrays; .* use gradcheck"),
        (lambda: check_derivative(square, square), r"and a point: check_derivative\(f, df, 2.0\)"),
        (lambda: check_derivative(square, 3.0, 2.0), r"two functions .*: check_derivative\(f, df, 2.0\)"),
        (lambda: check_vjp(square, noisy(0.0)), r"and a point: check_vjp\(f, vjp, 2.0\)"),
        (lambda: gradcheck(nn.Linear, [X]), r"an instance, Linear\(...\), not the class"),
    ],
)
def test_a_call_that_cannot_be_meant_says_how_to_write_it(call: Callable[[], Report], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


# -- what is wrong in one place, or right in a hard one -----------------------------------------


def test_a_small_output_is_not_lost_beside_a_large_one() -> None:
    """Even where it passes through 0."""

    def f(x: Any) -> Any:
        return np.stack([1e8 * np.cos(x), 1e-8 * np.sin(x)])

    for sign, verdict in ((1.0, "right"), (-1.0, "wrong rule")):
        slopes = lambda x, sign=sign: np.array([-1e8 * np.sin(x), sign * 1e-8 * np.cos(x)])  # noqa: E731
        for x in (0.0, 0.3):
            assert check_derivative(f, slopes, x, raise_exception=False).verdict == verdict


def test_one_wrong_element_among_900_outputs_is_named() -> None:
    widths = np.linspace(0.5, 1.5, 900)
    slopes = widths * np.cos(0.3 * widths)
    slopes[457] *= 1 + 3e-5
    report = check_derivative(lambda x: np.sin(x * widths), lambda x: slopes, 0.3, raise_exception=False)
    assert [element.output for element in report.elements] == ["output[457]"]


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e100, 1e300])
def test_numbers_of_any_size(x: float) -> None:
    for f, df in ((np.log, np.reciprocal), (np.sqrt, lambda x: 0.5 / np.sqrt(x))):
        assert check_derivative(f, df, x)
        wrong = check_derivative(f, lambda x, df=df: (1 + 2e-5) * df(x), x, raise_exception=False)
        assert wrong.verdict == "wrong rule"


def test_what_only_differences_can_see_is_looked_at_before_the_complex_step_is_believed() -> None:
    flat = lambda x: np.log(np.real(x))  # noqa: E731 - its complex step is 0, and no difference exists nearby
    assert check_derivative(flat, lambda x: 1 / x, 1e-9)
    steep = lambda x: math.exp(-1 / float(x) ** 2)  # noqa: E731 - 100 orders of magnitude within one step
    slope = lambda x: 2 / x**3 * math.exp(-1 / x**2)  # noqa: E731
    assert check_derivative(steep, slope, 0.05)
    assert not check_derivative(steep, lambda x: (1 + 2e-5) * slope(x), 0.05, raise_exception=False)


def test_round_off_of_the_claim_is_nobodys_mistake() -> None:
    """The derivative of sin x / tan x is a difference of two numbers near 1/x."""
    assert gradcheck(lambda x: autograd.sin(x) / autograd.tan(x), [np.array([2e-5, -1.5e-6, 1e-4])])


def test_what_cannot_be_told_is_said() -> None:
    report = check_derivative(lambda x: 1e16 + math.sin(x), math.cos, 0.5)
    assert report.counts == {"below resolution": 1}
    assert report.reason.startswith("0 of 1 elements") and "cannot be resolved" in str(report)
    offset = check_derivative(lambda x: 1e6 + math.sin(x), lambda x: -math.cos(x), 0.5, raise_exception=False)
    assert offset.verdict == "wrong rule"


# -- scalars ------------------------------------------------------------------------------------

ONE_AT_A_TIME = custom_op(lambda x: math.sin(x), lambda g, y, x: g * math.cos(x), name="one_at_a_time")


@pytest.mark.parametrize(
    ("f", "inputs", "verdict"),
    [
        (lambda x: x * x if x.data > 0 else -x, [0.7], "right"),
        (lambda x: x * x if x.data > 0 else -x, [-0.7], "right"),
        (lambda xs: max(xs, key=lambda x: x.data) * 2, [[1.0, 3.0, 2.0]], "right"),
        (lambda x: (x * np.array([1.0, 2.0, 3.0])).sum(), [0.7], "right"),
        (lambda x, y: autograd.stack([x, y]).sum() * x, [0.7, 1.2], "right"),
        (lambda x: x * round(x.data), [0.7], "right"),
        (ONE_AT_A_TIME, [0.4], "right"),
        (lambda x: ONE_AT_A_TIME(x) * -x.data, [0.4], "wrong rule"),
        (lambda x: x * float(x.data), [0.7], "wrong rule"),
        (lambda x: Value(math.sin(x.data)), [0.7], "wrong rule"),
    ],
)
def test_functions_of_scalars_may_take_one_number_at_a_time(f: Any, inputs: Any, verdict: str) -> None:
    assert gradcheck(f, inputs, raise_exception=False).verdict == verdict


def test_a_scalar_network_of_1482_parameters_takes_less_than_five_seconds() -> None:
    network = nn.MLP(64, [16, 16, 10], "tanh", rng=0)
    assert len(network.parameters()) == 1482
    start = time.process_time()
    report = gradcheck(network, [list(np.random.default_rng(0).normal(size=64))])
    assert time.process_time() - start < 5
    assert report.counts == {"right": 2 * 10 * (1482 + 64)}
    assert report.methods == {"complex step": 1482 + 64}
