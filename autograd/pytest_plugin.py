"""The pytest plugin: the fixture ``gradcheck``, inputs by shape and seed, and two options.

A test of a hand-written layer::

    import pytest

    @pytest.mark.gradcheck_inputs(x=(4, 3), w=(3, 2), seeds=3)
    @pytest.mark.gradcheck_inputs(x=(1, 1), w=(1, 1))
    def test_linear(gradcheck, x, w):
        gradcheck.vjp(lambda x, w: x @ w, lambda g, x, w: (g @ w.T, x.T @ g), x, w)

It is loaded wherever the package is installed. ``--gradcheck-seed`` draws other inputs,
``--gradcheck-fast`` checks random directions instead of every element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from . import GradcheckError, check_derivative, check_vjp
from . import gradcheck as check_gradients
from .check import Report


class Checker:
    """The fixture ``gradcheck``: the three checks with the options of the command line.

    A test fails with the report as its message; what the checks return is the report as well.
    """

    def __init__(self, seed: int, fast_mode: bool) -> None:
        self.options: dict[str, Any] = {"seed": seed, "fast_mode": fast_mode}

    def __call__(self, fn: Callable[..., Any], inputs: Any, **options: Any) -> Report:
        """See :func:`autograd.gradcheck`."""
        __tracebackhide__ = True
        return self.checked(check_gradients, (fn, inputs), options)

    def derivative(
        self, f: Callable[..., Any], df: Callable[..., Any], *inputs: Any, **options: Any
    ) -> Report:
        """See :func:`autograd.check_derivative`."""
        __tracebackhide__ = True
        return self.checked(check_derivative, (f, df, *inputs), options)

    def vjp(self, f: Callable[..., Any], vjp: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
        """See :func:`autograd.check_vjp`."""
        __tracebackhide__ = True
        return self.checked(check_vjp, (f, vjp, *inputs), options)

    def checked(
        self, check: Callable[..., Report], arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> Report:
        """Run a check; raised here, a report comes without the frames that found it."""
        __tracebackhide__ = True
        chosen = self.options | options
        raising = chosen.pop("raise_exception", True)
        report = check(*arguments, **chosen, raise_exception=False)
        if raising and not report:
            raise GradcheckError(str(report))
        return report


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Checker:
    """Check derivatives: ``gradcheck(fn, inputs)``, ``gradcheck.derivative`` and ``gradcheck.vjp``."""
    return Checker(request.config.getoption("gradcheck_seed"), request.config.getoption("gradcheck_fast"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("gradcheck", "gradient checks")
    group.addoption(
        "--gradcheck-seed",
        type=int,
        default=0,
        metavar="N",
        help="draw the inputs of gradcheck_inputs and all random directions from this seed (default: 0)",
    )
    group.addoption(
        "--gradcheck-fast",
        action="store_true",
        help="check random directions instead of every element of a derivative",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "gradcheck_inputs(seeds=1, low=None, high=None, **shapes): call the test with float64 arrays of "
        "these shapes, normally distributed, or uniformly between low and high, once a seed; repeat it for "
        "more shapes",
    )
    config.addinivalue_line(
        "markers", "gradcheck_refused(message): what gradcheck_inputs makes of a mistake in it"
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what the options are where they are not the usual ones."""
    seed, fast = config.getoption("gradcheck_seed"), config.getoption("gradcheck_fast")
    if not seed and not fast:
        return None
    return f"gradcheck: seed {seed}, {'random directions' if fast else 'every element'}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each set of shapes and each seed, the same in every process."""
    cases, ids = [], []
    names: list[str] = []
    for marker in reversed(list(metafunc.definition.iter_markers("gradcheck_inputs"))):
        try:
            shapes = dict(marker.kwargs)
            seeds, low, high = (shapes.pop(name, default) for name, default in _DEFAULTS.items())
            names = names or list(shapes)
            _look_over(marker.args, seeds, shapes, names, metafunc.fixturenames)
            for seed in range(seeds):
                random = np.random.default_rng([metafunc.config.getoption("gradcheck_seed"), seed])
                cases.append(tuple(_draw(random, shapes[name], low, high) for name in names))
                spelled = (f"{name}:{'x'.join(map(str, np.atleast_1d(shapes[name])))}" for name in names)
                ids.append(f"{'-'.join(spelled)}-seed{seed}")
        except (TypeError, ValueError) as error:
            # Raised here, it would end the collection of the whole file.
            refused = pytest.mark.gradcheck_refused(f"gradcheck_inputs: {error}")
            metafunc.parametrize((), [pytest.param(marks=refused)], ids=["refused"])
            return
    if cases:
        metafunc.parametrize(names, cases, ids=ids)


@pytest.hookimpl(tryfirst=True)  # before fixtures are looked for, which may not be there
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker cannot be followed."""
    for marker in item.iter_markers("gradcheck_refused"):
        pytest.fail(marker.args[0], pytrace=False)


_DEFAULTS: dict[str, Any] = {"seeds": 1, "low": None, "high": None}


def _look_over(
    unnamed: Sequence[Any], seeds: int, shapes: dict[str, Any], names: list[str], wanted: Sequence[str]
) -> None:
    """Refuse what a marker cannot mean.

    Raises
    ------
    ValueError: with what it should be.
    """
    if unnamed or not shapes:
        raise ValueError("give each shape by the name of its argument, as in gradcheck_inputs(x=(4, 3))")
    if set(shapes) != set(names):
        raise ValueError(f"one marker names {sorted(shapes)} and another {sorted(names)}; name the same")
    unknown = [name for name in shapes if name not in wanted]
    if unknown:
        raise ValueError(
            f"the test takes no argument {unknown[0]!r}; beside shapes there are {list(_DEFAULTS)}"
        )
    if seeds < 1:
        raise ValueError(f"seeds={seeds} makes no test; it is at least 1")


def _draw(random: np.random.Generator, shape: Any, low: float | None, high: float | None) -> Any:
    if low is None and high is None:
        return random.normal(size=shape)
    low, high = 0.0 if low is None else low, 1.0 if high is None else high
    if not low < high:
        raise ValueError(f"there is nothing between low={low} and high={high}")
    return random.uniform(low, high, shape)
