"""The pytest plugin, in runs of its own."""

import doctest
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

LAYER = """
    import numpy as np
    import pytest

    def linear(x, w, b):
        return x @ w + b

    def backward(g, x, w, b):
        return g @ w.T, x.T @ g, g.sum(axis=0)

    @pytest.mark.gradcheck_inputs(x=(4, 3), w=(3, 2), b=2, seeds=2)
    @pytest.mark.gradcheck_inputs(x=(1, 1), w=(1, 1), b=1)
    def test_linear(gradcheck, x, w, b):
        assert gradcheck.vjp(linear, backward, x, w, b).verdict == "right"
"""
PAGE = Path(__file__).parent.parent / "docs" / "gradcheck.md"
PLUGIN = ("-p", "autograd.pytest_plugin", "-p", "no:cacheprovider")


def test_shapes_and_seeds(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LAYER)
    result = pytester.runpytest_inprocess(*PLUGIN, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*x:4x3-w:3x2-b:2-seed0*", "*x:4x3-w:3x2-b:2-seed1*", "*x:1x1-w:1x1-b:1-seed0*"]
    )


def test_options(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.gradcheck_inputs(x=3, low=1, high=2)
        def test_options(gradcheck, x):
            assert (1 < x).all() and (x < 2).all()
            report = gradcheck(lambda x: x**3, [x])
            assert "fast mode" in str(report)
            print("first:", x[0])
        """
    )
    outputs = []
    for seed in ("0", "7"):
        result = pytester.runpytest_inprocess(*PLUGIN, "-s", "--gradcheck-fast", "--gradcheck-seed", seed)
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines([f"gradcheck: seed {seed}, random directions"])
        outputs.append([line for line in result.outlines if "first:" in line])
    assert outputs[0] != outputs[1]


def test_a_failure_is_the_report_and_no_traceback(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import numpy as np

        def test_wrong(gradcheck):
            gradcheck.derivative(np.sin, lambda x: -np.cos(x), 0.5)

        def test_wrong_report(gradcheck):
            assert gradcheck.derivative(np.sin, lambda x: -np.cos(x), 0.5, raise_exception=False)
        """
    )
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert text.count("Likely mistake in x: sign") == 2 or text.count("sign (the sign is wrong)") >= 2
    assert "checking.py" not in text and "pytest_plugin.py" not in text


@pytest.mark.parametrize(
    ("markers", "word"),
    [
        (["x=3", "y=3"], "name the same"),
        (["y=3"], "takes no argument 'y'"),
        (["x=3, sedes=2"], "takes no argument 'sedes'; beside shapes there are ['seeds', 'low', 'high']"),
        (["(4, 3)"], "gradcheck_inputs(x=(4, 3))"),
        (["seeds=2"], "gradcheck_inputs(x=(4, 3))"),
        (["x=3, seeds=0"], "at least 1"),
        (["x=3, low=2, high=1"], "nothing between low=2 and high=1"),
        (["x='wide'"], "cannot be interpreted as an integer"),
    ],
)
def test_a_marker_that_means_nothing_fails_its_own_test_alone(
    pytester: pytest.Pytester, markers: list[str], word: str
) -> None:
    lines = [f"@pytest.mark.gradcheck_inputs({marker})" for marker in markers]
    sound = "def test_sound():\n    pass"
    pytester.makepyfile(
        "\n".join(["import pytest", *lines, "def test_confused(gradcheck, x):", "    pass", sound])
    )
    result = pytester.runpytest_inprocess(*PLUGIN, "--strict-markers")
    result.assert_outcomes(passed=1, errors=1)
    assert word in result.stdout.str() and "pytest_plugin.py" not in result.stdout.str()


def test_with_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LAYER)
    result = pytester.runpytest_subprocess(*PLUGIN, "-n", "1", "--gradcheck-seed", "3")
    result.assert_outcomes(passed=3)


def test_the_other_examples_of_the_documentation() -> None:
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=options, encoding="utf-8")
    assert tried and not failed


def test_the_example_of_the_documentation(pytester: pytest.Pytester) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = [part.partition("```")[0] for part in page.split("```python\n# test_normalise.py\n")[1:]]
    pytester.makepyfile(test_normalise=example)
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=4)
