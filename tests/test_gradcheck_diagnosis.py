"""The diagnosis: each mistake is named where it is made, and no mistake is named for another."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import check_derivative, check_vjp, gradcheck
from autograd.check.mistakes import MISTAKES

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from gradcheck.cases import Case, right_cases, wrong_cases

KINDS = {mistake.name for mistake in MISTAKES} - {"missing factor"}  # which has a test of its own
# What is at once two mistakes; the one named is as good as the one made.
ALIKE = {"x·sigmoid / first term", "x²·exp / second term", "exp·sin / first term", "exp / exp fed twice"}


def report_of(case: Case) -> Any:
    return check_derivative(case.function, case.claimed, *case.inputs, raise_exception=False)


def some(kind: str) -> list[Case]:
    """One case of each sort, of the middle scale."""
    cases = [case for case in wrong_cases() if case.kind == kind and "×1 / 0" in case.name]
    return [case for case in cases if not any(alike in case.name for alike in ALIKE)][:40]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_mistake_is_named_where_it_is_made(kind: str) -> None:
    cases = some(kind)
    assert cases
    for case in cases:
        report = report_of(case)
        assert report.verdict == "wrong rule" or case.relative < 2e-5, case.name
        if report.verdict == "wrong rule":
            assert report.mistake == kind, f"{case.name}\n{report}"


def test_nothing_is_named_where_nothing_is_wrong() -> None:
    for case in right_cases():
        if case.name.endswith("×1 / 0"):
            report = report_of(case)
            assert report.ok, f"{case.name}\n{report}"
            assert report.mistake is None


X = np.array([0.3, -0.7, 1.9])
W = np.arange(6.0).reshape(2, 3) + 1


def named(f: Any, df: Any, *inputs: Any) -> tuple[str, str]:
    (finding,) = check_derivative(f, df, *inputs, raise_exception=False).findings
    return finding.name, finding.sentence


def test_the_sentence_says_what_to_look_for() -> None:
    cube = (lambda x: x**3, lambda x: np.diag(6 * x**2), X)
    assert named(*cube) == ("factor", "a constant factor: it is 2 times what it should be")
    third = (lambda x: (x**2).mean(), lambda x: 2 * x, X)
    assert named(*third)[1] == "a constant factor: it is 3 times what it should be"
    tanh = (np.tanh, lambda x: np.diag(1 - x * x), X)
    assert named(*tanh)[1] == "this is the derivative of tanh, fed the input in place of the output"
    assert named(np.sin, lambda x: np.diag(np.cosh(x)), X)[1] == "this is the derivative of sinh"
    product = (lambda x: x * np.exp(x), lambda x: np.diag(x * np.exp(x)), X)
    assert named(*product)[1] == "a term of the product rule is missing: the one that differentiates x"
    shifted = (lambda w: w.sum(axis=0) @ X, lambda w: np.roll(np.tile(X, (2, 1)), 1, axis=1), W)
    assert named(*shifted) == ("off by one", "the indices of w are off by one")


def test_swapped_arguments_name_each_other() -> None:
    def df(a: Any, b: Any) -> Any:
        return np.diag(2 * a * b), np.diag(a * a)

    report = check_derivative(
        lambda a, b: a * a * b, lambda a, b: df(a, b)[::-1], X, X + 3, raise_exception=False
    )
    assert [(f.name, f.input, f.sentence) for f in report.findings] == [
        ("swapped arguments", "a", "this is the derivative with respect to b"),
        ("swapped arguments", "b", "this is the derivative with respect to a"),
    ]


def test_each_input_has_its_own_diagnosis() -> None:
    report = check_derivative(
        lambda a, b: a * b, lambda a, b: (np.diag(-b), 0 * np.diag(a)), X, X + 3, raise_exception=False
    )
    assert [(finding.input, finding.name) for finding in report.findings] == [("a", "sign"), ("b", "zero")]


def test_a_gradient_that_was_not_summed_over_the_batch() -> None:
    x, b = np.ones((4, 3)), np.ones(3)
    report = check_vjp(lambda x, b: x + b, lambda g, x, b: (g, g), x, b, raise_exception=False)
    assert report.verdict == "wrong rule"
    assert report.mistake == "missing sum"
    assert "needs (3,)" in report.reason
    assert check_vjp(lambda x, b: x + b, lambda g, x, b: (g, g.sum(axis=0)), x, b)


def dense(x: Any, w: Any) -> Any:
    return np.tanh(x @ w)


def test_a_layer_without_the_slope_of_its_activation() -> None:
    x, w = np.cos(np.arange(12.0)).reshape(4, 3), np.sin(np.arange(6.0)).reshape(3, 2)
    report = check_vjp(dense, lambda g, x, w: (g @ w.T, x.T @ g), x, w, raise_exception=False)
    assert [(f.input, f.name) for f in report.findings] == [("x", "missing factor"), ("w", "missing factor")]
    assert "the slope of an outer function" in str(report)
    twice = lambda g, x, w: (2 * (g * (1 - dense(x, w) ** 2)) @ w.T, x.T @ (g * (1 - dense(x, w) ** 2)))  # noqa: E731
    report = check_vjp(dense, twice, x, w, raise_exception=False)
    assert [(f.input, f.name) for f in report.findings] == [("x", "factor")]


def test_a_product_with_the_matrix_the_other_way_around() -> None:
    x, w = np.cos(np.arange(12.0)).reshape(4, 3), np.sin(np.arange(9.0)).reshape(3, 3)
    report = check_vjp(lambda x, w: x @ w, lambda g, x, w: (g @ w, x.T @ g), x, w, raise_exception=False)
    assert [(f.input, f.sentence) for f in report.findings] == [("x", "x and the output are transposed")]


def test_a_lost_path_around_a_function() -> None:
    w = np.cos(np.arange(9.0)).reshape(3, 3)
    slope = lambda x: (1 - np.tanh(w @ x) ** 2)[:, None] * w  # noqa: E731
    residual = lambda x: x + np.tanh(w @ x)  # noqa: E731
    assert "only the path through the function" in named(residual, slope, X)[1]
    assert "only the path around the function" in named(residual, lambda x: np.eye(3), X)[1]
    assert named(residual, lambda x: 2 * np.eye(3) + slope(x), X)[0] == "missing term"


def test_a_gradient_of_another_shape_and_number() -> None:
    report = check_vjp(
        lambda w, x: w @ x, lambda g, w, x: (np.outer(x, g), w.T @ g), W, X, raise_exception=False
    )
    assert report.mistake == "transposed"
    report = check_vjp(lambda w, x: w @ x, lambda g, w, x: np.outer(g, x), W, X, raise_exception=False)
    assert "1 derivatives were returned for 2 inputs" in report.reason
    right = lambda g, w, x, n: (np.outer(g * n, x), w.T @ (g * n), None)  # noqa: E731
    assert check_vjp(lambda w, x, n: w @ x * n, right, W, X, np.array([2, 2]))


def test_a_derivative_of_each_element_is_the_diagonal() -> None:
    name, sentence = named(np.sin, np.cos, X)
    assert name == "only the diagonal" and "np.diag" in sentence
    assert "check_vjp(f, lambda g, x: g * df(x), x)" in sentence
    assert check_vjp(np.sin, lambda g, x: g * np.cos(x), X)
    report = check_vjp(
        lambda w: w.sum(axis=0), lambda g, w: np.ones(3), np.ones((3, 3)), raise_exception=False
    )
    assert not report.findings


def test_a_cut_graph_is_named_as_a_cause_where_there_is_one() -> None:
    for function in (lambda x: x.detach() * 2, lambda x: autograd.sin(x) * x.detach()):
        assert "cut by .data, float() or detach()" in str(gradcheck(function, [X], raise_exception=False))
    assert "detach" not in str(check_derivative(np.sin, lambda x: 0.0, 0.5, raise_exception=False))


def test_what_no_slip_explains_may_lack_a_term() -> None:
    skewed = lambda x: np.diag(np.cos(x) + 0.1 * x**5 - 0.03)  # noqa: E731
    assert named(np.sin, skewed, X)[0] == "missing term"
    assert "no single slip" in named(np.sin, skewed, X)[1]
