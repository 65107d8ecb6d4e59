"""``chainrule draw``: expressions are computed and drawn, and nothing else can be made to happen."""

import math
from pathlib import Path

import pytest

from autograd import Tensor, Value
from chainrule.cli import main
from chainrule.expression import FUNCTIONS, Expression, ExpressionError, assignment


def computed(text: str, **values: object) -> float:
    result = Expression(text).value(values)
    return float(result.plain)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tanh(w*x + b)", math.tanh(7.0)),
        ("-x**2", -9.0),
        ("x**-1 / 2", 1 / 6),
        ("maximum(x, 4) - pi", 4 - math.pi),
        ("x + e", 3 + math.e),
        ("clip(x, 0, 1)", 1.0),
        ("2**x**2", 512.0),
    ],
)
def test_expressions_mean_what_they_mean_in_python(text: str, expected: float) -> None:
    assert computed(text, w=2.0, x=3.0, b=1.0) == pytest.approx(expected)


def test_lists_are_arrays() -> None:
    result = Expression("sum(softmax(w * x))").value({"w": [1.0, 2.0], "x": [3.0, 4.0]})
    assert isinstance(result, Tensor) and result.data == pytest.approx(1.0)


def test_leaves_have_the_names_of_the_expression() -> None:
    result = Expression("a * b").value({"a": 1.0, "b": 2.0, "unused": 3.0})
    assert isinstance(result, Value) and [parent.label for parent in result.parents] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.__class__",
        "x.data",
        "().__class__.__bases__[0]",
        "(lambda: x)()",
        "[x for x in y]",
        "x if x else x",
        "x and x",
        "x < 1",
        "x[0]",
        "'a'",
        "b'a'",
        "True",
        "...",
        "1j * x",
        "f'{x}'",
        "(y := x)",
        "x ^ 2",
        "x % 2",
        "x // 2",
        "~x",
        "not x",
        "await x",
        "sum(*x)",
        "sum(**x)",
        "open(x)",
        "exec(x)",
        "eval(x)",
        "getattr(x, y)",
        "affine(x, x, x)",
        "x = 1",
        "x; x",
        "import os",
        "",
        "(",
        "x +",
        "x\x00",
        "\u202ex",
        "(" * 500 + "x" + ")" * 500,
        "-" * 3000 + "x",
        "x" * 5000,
        "x" + "+x" * 1500,
    ],
)
def test_whatever_is_no_plain_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(text).value({"x": 1.0, "y": 2.0})


def test_large_powers_of_whole_numbers_end_at_infinity() -> None:
    assert computed("x + 9**9**9**9", x=1.0) == math.inf
    assert computed("x * 1" + "0" * 400, x=1.0) == math.inf
    assert assignment("x=1" + "0" * 400) == ("x", math.inf)


def test_errors_point_at_the_place() -> None:
    with pytest.raises(
        ExpressionError, match=r"no function 'tahn'; did you mean .*tanh.*\n  1 \+ tahn\(x\)\n {6}\^"
    ):
        Expression("1 + tahn(x)")
    with pytest.raises(ExpressionError, match="no value for b, w: give each one, such as b=1"):
        Expression("b + w * x").value({"x": 1.0})
    with pytest.raises(ExpressionError, match="is the number 2"):
        Expression("1 + 1").value({})
    with pytest.raises(ExpressionError, match="takes 1 argument"):
        Expression("tanh(x, x)").value({"x": 1.0})


@pytest.mark.parametrize(
    "text", ["x", "=1", "x=", "x=y", "2x=1", "tanh=1", "x='a'", "x=[1,'a']", "x=True", "x={1:2}"]
)
def test_assignments_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        assignment(text)


def test_arrays_have_to_be_regular_and_not_endless() -> None:
    with pytest.raises(ExpressionError, match="differ in length"):
        Expression("sum(x)").value({"x": [[1.0], [1.0, 2.0]]})
    with pytest.raises(ExpressionError):
        assignment("x=[" + "1," * 20_000 + "]")


def test_every_function_can_be_called() -> None:
    for name in FUNCTIONS:
        accepted = 0
        for arguments in ("x", "x, x", "x, x, x"):
            try:
                Expression(f"{name}({arguments})").value({"x": [0.5, 0.25]})
            except ExpressionError:
                continue
            accepted += 1
        assert accepted, name


@pytest.mark.parametrize("suffix", ["svg", "html", "dot"])
def test_the_command_writes_the_picture(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"graph.{suffix}"
    assert main(["draw", "tanh(w*x + b)", "--set", "w=2", "x=3", "b=-6", "-o", str(path)]) == 0
    assert "6 nodes, 5 edges" in capsys.readouterr().out
    assert "tanh" in path.read_text("utf-8")


def test_the_options_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "graph.svg"
    command = ["draw", "w*x", "--set", "w=2", "--set", "x=3", "-o", str(path)]
    assert main([*command, "--flow", "--theme", "dark", "--direction", "TB"]) == 0
    text = path.read_text("utf-8")
    assert "Gradient flow" in text and "#0d1117" in text
    assert main([*command, "--show", "formula"]) == 0
    assert ">w * x<" in path.read_text("utf-8")
    assert main(["draw", "w*x", "--set", "w=[1,2]", "x=3", "-o", str(path)]) == 0
    assert "take its sum()" in capsys.readouterr().err
