"""The row that CONTRIBUTING.md adds to the rule book is all it takes to add an operation."""

import ast
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import numpy as np
import pytest

from autograd import Tensor, Value, derivatives, grad, hessian, jvp, ops
from autograd.operation import TABLE, Operation

ROOT = Path(__file__).resolve().parent.parent


def row() -> str:
    """The code of the example: the one block of Python below its heading."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Adding an operation is one row")[1]
    )
    (code,) = re.findall(r"```python\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    return str(code)


@pytest.fixture
def softabs() -> Iterator[Operation]:
    """The operation that the row makes, in the table for as long as a test runs."""
    before = dict(TABLE)
    names = dict(vars(ops))
    exec(row(), names)
    try:
        yield names["softabs"]
    finally:
        TABLE.clear()
        TABLE.update(before)
    assert "softabs" not in TABLE


def test_the_row_is_one_statement_that_adds_one_operation(softabs: Operation) -> None:
    assert len(ast.parse(row()).body) == 1
    assert TABLE["softabs"] is softabs and list(TABLE)[-1] == "softabs"


def test_value_and_gradient_of_floats_values_and_tensors(softabs: Operation) -> None:
    points = np.array([-3.0, -0.5, 0.0, 1.25])
    tensor = Tensor(points, requires_grad=True)
    softabs(tensor).sum().backward()
    np.testing.assert_allclose(tensor.grad, points / np.sqrt(points**2 + 1), rtol=1e-15)
    np.testing.assert_array_equal(softabs(points), softabs(tensor).data)
    for position, point in enumerate(points.tolist()):
        value = Value(point)
        softabs(value).backward()
        assert softabs(point) == pytest.approx(math.sqrt(point**2 + 1), rel=1e-15)
        assert value.grad == tensor.grad[position]
        difference = (softabs(point + 1e-6) - softabs(point - 1e-6)) / 2e-6
        assert value.grad == pytest.approx(difference, abs=1e-9)


def test_forward_mode_second_derivative_and_text(softabs: Operation) -> None:
    assert jvp(softabs, (0.75,), (2.0,)) == (1.25, 1.2)
    assert grad(grad(softabs))(0.75) == pytest.approx(1 / 1.25**3)
    assert hessian(softabs)(0.75) == pytest.approx(1 / 1.25**3)
    assert derivatives(softabs, x=0.75) == ["d(softabs(x))/dx = x / softabs(x) = 0.6"]


def test_the_tests_of_the_table_find_the_row_and_pass(tmp_path: Path) -> None:
    without_caches = ignore_patterns("__pycache__")
    copytree(ROOT / "autograd", tmp_path / "autograd", ignore=without_caches)
    copytree(ROOT / "tests", tmp_path / "tests", ignore=without_caches)
    copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "autograd" / "ops.py").open("a", encoding="utf-8") as book:
        book.write(f"\n\n{row()}")
    # A test file of its own says that the copy is what is tested.
    (tmp_path / "tests" / "test_copy.py").write_text(
        "from pathlib import Path\nimport autograd\n\ndef test_softabs_is_here():\n"
        "    assert Path(autograd.__file__).is_relative_to(Path.cwd()), autograd.__file__\n"
        "    assert autograd.Value(0.75).softabs().data == 1.25\n",
        encoding="utf-8",
    )
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "softabs"),
            *("tests/test_rules.py", "tests/test_copy.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed and int(passed[1]) >= 8, result.stdout
