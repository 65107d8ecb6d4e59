"""Every operation says what it computes, and its derivative in the words of its own rule."""

import pydoc
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from samples import ELEMENTWISE, TABLE, points, random_generator

import autograd
from autograd import Value
from autograd.operation import Operation

FUNCTIONS = {name: getattr(autograd, name) for name in autograd.__all__ if callable(getattr(autograd, name))}
BY_THE_NUMBERS = {"amax", "amin", "prod", "sort"}
"""Their rules look at the numbers, so no formula says what they do; a sentence does."""

rows = pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)


def evaluate(text: str, numbers: dict[str, Any]) -> Any:
    return eval(text, {**vars(np), **TABLE, **vars(autograd), **numbers})


def names(row: Operation) -> list[str]:
    """What the documentation calls the inputs: the row's first arguments."""
    return re.findall(r"\w+", row.__doc__.splitlines()[0])[1 : 1 + len(row.rules)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_has_documentation(name: str) -> None:
    assert len((FUNCTIONS[name].__doc__ or "").strip()) > 20


@rows
def test_a_row_says_what_it_computes(row: Operation) -> None:
    assert row.doc and row.doc[-1] in ".:"
    assert " ".join(row.doc.split()) in " ".join(row.__doc__.split())
    assert row.name in pydoc.render_doc(row)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_the_derivatives_of_an_elementwise_row_are_those_of_its_rule(row: Operation) -> None:
    said = re.findall(r"    d\((.*)\)/d(\w+) = (.*)", row.__doc__)
    assert [name for _, name, _ in said] == names(row)
    for point in points(row, 3):
        numbers = dict(zip(names(row), point, strict=True))
        leaves = [Value(x) for x in point]
        result = row(*leaves)
        result.backward()
        for (computed, _, derivative), leaf in zip(said, leaves, strict=True):
            assert evaluate(computed, numbers) == result.data
            assert evaluate(derivative, numbers) == pytest.approx(leaf.grad or 0.0, rel=1e-15)


@rows
def test_the_gradients_of_a_row_on_arrays_are_those_of_its_rule(row: Operation) -> None:
    said = re.findall(r"    (\w+)\.grad \+= (.*)", row.__doc__)
    if not said:
        public = getattr(autograd, row.name, None) is row
        assert not public or row.scalar is not None or row.name in BY_THE_NUMBERS
        return
    random = random_generator(row.name)
    arrays = [random.normal(size=(2, 2)) for _ in said]
    static = {name: x for name, x in row.example.items() if name in row.static_names}
    y = row(*arrays, **static)
    g = random.normal(size=np.shape(y))
    numbers = {**dict(zip(names(row), arrays, strict=True)), "g": g}
    assert [name for name, _ in said] == names(row)
    for (position, gradient), (_, text) in zip(
        row.pull(g, y, arrays, static, range(len(said))), said, strict=True
    ):
        np.testing.assert_array_equal(evaluate(text, numbers), gradient, err_msg=names(row)[position])


@rows
def test_the_values_that_a_row_shows_are_its_own(row: Operation) -> None:
    shown = re.findall(r"(\w+\([-\w.]+\)) = ([-\w.]+)", row.__doc__.rpartition("/d")[2])
    assert len(shown) == (5 if len(row.rules) == 1 and row.scalar is not None else 0)
    for call, value in shown:
        assert evaluate(call, {}) == pytest.approx(float(value), rel=1e-5, nan_ok=True)


def test_the_documentation_is_written_when_somebody_asks() -> None:
    code = "import sys, autograd\nassert 'autograd.documentation' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
