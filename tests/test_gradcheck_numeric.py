"""The measurement behind gradcheck: as accurate as it says, and no false alarms over the whole rule book."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from autograd import check_derivative, gradcheck
from autograd.check.arrays import Probe
from autograd.check.numeric import Differences, noise_of, power_of_two, unit
from autograd.check.problem import one_by_one
from autograd.operation import TABLE

ELEMENTWISE = sorted(name for name, operation in TABLE.items() if operation.kind == "elementwise")


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name != "where"])
def test_no_false_alarm_over_the_rule_book(name: str) -> None:
    operation = TABLE[name]
    random = np.random.default_rng(len(name))
    inputs = [random.uniform(low, high, 2) for low, high in operation.domain]
    for order in (1, 2):
        assert gradcheck(operation, inputs, order=order)
        assert gradcheck(operation, [float(x[0]) for x in inputs], order=order)


def sweep(f: Any, x: float) -> Any:
    point = np.array([x])
    with np.errstate(all="ignore"):
        base = f(point)
        many = partial(one_by_one, f, count=1)
        noise = noise_of(many, point, np.array([power_of_two(x)]), base)
        return Differences(many, point, base, 0, noise).thorough()


def single(x: Any) -> Any:
    return np.sin(x.astype(np.float32)).astype(float)


@pytest.mark.parametrize(
    ("f", "df", "x"),
    [
        (np.sin, np.cos, 1.0),
        (np.sin, np.cos, 1e6),
        (np.sin, np.cos, 1e-9),
        (np.log, np.reciprocal, 1e-12),
        (np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)), 1 - 1e-9),
        (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 0.7),
        (lambda x: x**10, lambda x: 10 * x**9, 1e6),
        (lambda x: 1e-300 * x * x, lambda x: 2e-300 * x, 1.0),
        (lambda x: 1e300 * x * x, lambda x: 2e300 * x, 1.0),
        (lambda x: np.maximum(x, 0), lambda x: 1.0, 1e-9),
        (lambda x: 1 + np.maximum(x, 0), lambda x: 0.0, -1e-5),
        (lambda x: (1e10 + x) - 1e10, lambda x: 1.0, 0.7),
        (lambda x: (1 + x) - 1, lambda x: 1.0, 1e-9),
        (lambda x: x**2.5, lambda x: 0.0, 0.0),
        (np.floor, lambda x: 0.0, 2.5),
        (single, np.cos, 0.7),
    ],
)
def test_the_error_is_no_larger_than_its_estimate(f: Any, df: Any, x: float) -> None:
    slopes, *_ = sweep(f, x)
    right = df(x)
    assert abs(slopes.value[0] - right) <= slopes.total[0] + 1e-15 * abs(right)
    assert slopes.total[0] <= 2e-4 * max(abs(right), 1e-3)


def test_a_kink_is_seen_from_both_sides() -> None:
    slopes, kink, _ = sweep(np.abs, 0.0)
    assert slopes.value[0] == 0
    assert slopes.jump[0] == pytest.approx(2)
    assert slopes.kink[0] and kink.jump[0] == pytest.approx(2)
    slopes, kink, _ = sweep(np.sin, 0.0)
    assert not slopes.kink[0] and np.isnan(kink.value[0])


def noise_at(f: Any, x: float) -> float:
    point, half = np.array([x]), np.array([0.5])
    return float(noise_of(partial(one_by_one, f, count=1), point, half, f(point))[0])


def test_noise_is_measured() -> None:
    for size in (1e-12, 1e-6):
        noisy = lambda x, size=size: np.sin(x) + size * np.sin(1e17 * x)  # noqa: E731
        assert 0.1 * size < noise_at(noisy, 0.7) < 3 * size
    assert 1e-9 < noise_at(single, 0.7) < 1e-7
    assert noise_at(np.sin, 0.7) < 1e-15


def test_units_are_powers_of_two_and_one_for_what_is_small() -> None:
    assert [unit(x) for x in (0.0, 1e-9, -1.0, 3.0, -1e6)] == [1, 1, 1, 4, 2**20]
    assert [power_of_two(x) for x in (0.0, 0.3, -1.0, 1e6)] == [1, 0.25, 1, 2**19]


def test_a_complex_probe_refuses_what_is_not_analytic() -> None:
    z = np.array([1 + 1e-40j]).view(Probe)
    assert isinstance(np.exp(z) * 2 + z, Probe)
    assert isinstance((z @ z) * z, Probe)
    for function in (np.abs, np.conj, np.sign):
        with pytest.raises(TypeError, match="not analytic"):
            function(z)


def test_the_complex_step_is_believed_only_where_it_agrees() -> None:
    x = np.array([0.5, -1.5])
    report = check_derivative(
        lambda x: np.exp(np.sin(x)), lambda x: np.diag(np.cos(x) * np.exp(np.sin(x))), x
    )
    assert report.methods == {"complex step": 2}
    assert report.worst < 1e-14
    stripped = lambda x: np.abs(np.asarray(x).view(np.ndarray))  # noqa: E731 - answers a complex step, wrongly
    assert "complex step" not in check_derivative(stripped, lambda x: np.diag(np.sign(x)), x).methods
    real = lambda x: np.array([float(each) ** 2 for each in x])  # noqa: E731
    assert "complex step" not in check_derivative(real, lambda x: np.diag(2 * x), x).methods


def test_a_probe_outside_the_domain_shrinks_the_step() -> None:
    import math

    for x in (1e-9, 1e-3):
        assert check_derivative(lambda x: math.log(x), lambda x: 1 / x, x)
        assert check_derivative(lambda x: math.sqrt(x), lambda x: 0.5 / math.sqrt(x), x)
    edge = check_derivative(lambda x: math.sqrt(x) ** 5, lambda x: 2.5 * x**1.5, 0.0)
    assert edge.ok
