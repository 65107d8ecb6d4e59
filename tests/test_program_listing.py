"""A program as people read it: names, formulas, sections, and the numbers of a run that leaves no trace."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from samples import COMPOSITION_CASES, ROW_CASES

import autograd
import nn
from autograd import Tensor, Value, no_grad
from autograd.program import Program, record
from autograd.program.arguments import argument_names
from autograd.program.instruction import Instruction
from autograd.program.trace import trace
from autograd.program.wording import worded
from autograd.structure import flatten


def training(optimizer: Callable[..., Any] = nn.SGD, *layers: Any) -> Program:
    """A whole step of a small network."""
    x, y = np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(4, 3), np.array([0, 1, 0, 1])
    model = nn.Sequential(nn.Linear(3, 5, rng=0), *layers, nn.ReLU(), nn.Linear(5, 2, rng=1))
    moving = optimizer(model.parameters(), lr=0.1)

    def step(x: Any, y: Any) -> Any:
        moving.zero_grad()
        loss = nn.cross_entropy(model(x), y)
        loss.label = "loss"
        loss.backward()
        moving.step()
        return loss

    step(x, y)
    return record(step)(x, y)


def statements(program: Program) -> list[str]:
    """What each line sets to what, without the kinds and the numbers."""
    parts = [re.split(r"  +(?=float|int|uint|bool)", line)[0] for line in program.listing().splitlines()]
    return [" ".join(part.split()) for part in parts]


def test_a_listing_can_be_read() -> None:
    w = Tensor([[1.0, 2.0]], requires_grad=True, label="w")
    program = record(lambda x: autograd.relu(x @ w)[0, 1:])(np.ones((2, 1)))
    assert str(program).splitlines() == [
        "program of <lambda>: 3 instructions, 1 input",
        "x  = argument 0      float64[2, 1]  [[1.], [1.]]",
        "w  = parameter       float64[1, 2]  [[1., 2.]]",
        "v1 = x @ w           float64[2, 2]  [[1., 2.], [1., 2.]]",
        "v2 = maximum(v1, 0)  float64[2, 2]  [[1., 2.], [1., 2.]]",
        "v3 = v2[0, 1:]       float64[1]     [2.]",
        "returns v3",
    ]


def test_a_step_of_training_is_in_sections_and_says_which_module_computes() -> None:
    lines = training().listing().splitlines()
    titles = [line for line in lines[1:-1] if not line.startswith(" ")]
    assert titles == ["arguments", "memory", "forward", "backward", "update"]
    places = [line.strip() for line in lines if re.match(r"  in \S+$", line)]
    assert places == [f"in {place}" for place in (0, 1, 2, "step", 2, 1, 0)]
    told = [" ".join(line.split()) for line in lines]
    for line in (
        "0.weight = parameter float32[5, 3]",
        "parameters = memory of 0.weight, 0.bias, 2.weight, 2.bias float32[32]",
        "2.bias.grad = sum(",
        "parameters -= v",
        "returns loss",
    ):
        assert any(each.startswith(line) for each in told), line


def test_columns_are_aligned_and_lines_are_no_wider_than_they_may_be() -> None:
    program = training(nn.Adam)
    for width in (80, 110):
        lines = program.listing(width=width).splitlines()
        rows = [line for line in lines if re.search(r"  (float|int|uint|bool)\d*", line)]
        assert len({re.search(r" ([-+*/]?=)", line).end() for line in rows if "=" in line[:30]}) == 1  # type: ignore[union-attr]
        assert len({re.search(r"  (float|int|uint|bool)\d*", line).start() for line in rows}) == 1  # type: ignore[union-attr]
        assert max(map(len, lines)) <= width
    assert "…" in program.listing(width=80)


def test_a_long_program_is_cut_and_says_so() -> None:
    program = record(lambda x: sum((x * i for i in range(1, 200)), x))(1.0)
    lines = program.listing(limit=9).splitlines()
    assert "… 389 lines are left out; listing(limit=None) has them all" in lines[-5]
    assert len(lines) == 1 + 1 + 1 + 9 + 1 + 1
    assert len(program.listing(limit=None).splitlines()) == len(lines) + 389 - 1
    assert "left out" not in program.listing(limit=None)
    assert [len(program.listing(limit=limit).splitlines()) for limit in (0, 1, 2)] == [5, 6, 7]
    for refused in ({"limit": -1}, {"width": 0}):
        with pytest.raises(ValueError, match="at least"):
            program.listing(**refused)


def test_numbers_that_are_grouped_are_said_to_be() -> None:
    w = [Value(0.1 * i, label=f"w{i}") for i in range(60)]

    def loss(x: float) -> Any:
        for value in w:
            value.zero_grad()
        total = sum(((value * x - 1.0) ** 2 for value in w), Value(0.0))
        total.backward()
        return total

    program = record(loss)(2.0)
    scalars = program.plan.scalars
    assert scalars is not None
    said = re.fullmatch(
        r"replayed as ([\d,]+) calls on arrays, in (\d+) levels: ([\d,]+) numbers in (\d+) groups",
        str(program).splitlines()[1],
    )
    assert said is not None
    calls, levels, numbers, groups = (int(part.replace(",", "")) for part in said.groups())
    assert calls == len(program.plan.calls) < len(program)
    assert groups < 20 < 300 < numbers <= len(program)
    assert 3 < levels == scalars.levels <= groups


def test_arguments_are_called_as_the_function_calls_them() -> None:
    def one(x: Any, layers: Any, *rest: Any) -> Any: ...

    names = argument_names(one, (1.0, [{"w": 2.0, "b": 3.0}, 4.0], 5.0, 6.0))
    assert names == ["x", "layers[0]['w']", "layers[0]['b']", "layers[1]", "rest[0]", "rest[1]"]
    assert argument_names(max, (1.0, 2.0)) == ["x0", "x1"]


def test_no_two_things_have_one_name() -> None:
    x, twin = (Tensor([1.0], requires_grad=True, label="x") for _ in range(2))

    def add(x1: Any, v1: Any) -> Any:
        return (x + twin + x1) * v1

    assert statements(record(add)(np.ones(1), np.ones(1))) == [
        "program of add: 3 instructions, 2 inputs",
        "x1 = argument 0", "v1 = argument 1", "x = parameter", "x#2 = parameter",
        "v2 = x + x#2", "v3 = v2 + x1", "v4 = v3 * v1", "returns v4",
    ]  # fmt: skip


def test_gradients_and_new_numbers_are_called_after_what_they_belong_to() -> None:
    w = Value(3.0, label="w")

    def step(x: float) -> None:
        w.zero_grad()
        (w * x).backward()
        w.data = w.plain - 0.5 * w.grad

    told = statements(record(step)(2.0))
    assert [line.split(" = ")[0] for line in told if ".grad =" in line or "_after =" in line] == [
        "w.grad",
        "w_after",
    ]


def test_buffers_and_the_state_of_an_optimizer_have_names() -> None:
    told = str(training(nn.Adam, nn.BatchNorm1d(5)))
    for name in (
        "running_mean",
        "running_var",
        "num_batches_tracked",
        "exp_avg",
        "exp_avg_sq",
        "lr",
        "steps",
    ):
        assert re.search(rf"^  {name} +=", told, re.MULTILINE), name


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x, y: x - y, "v1 = x - y"),
        (lambda x, y: -x, "v1 = -x"),
        (lambda x, y: x * -2.0, "v1 = x * (-2)"),
        (lambda x, y: (-2.0) ** x, "v1 = (-2) ** x"),
        (lambda x, y: x @ y.T, "v1 = y.T"),
        (lambda x, y: np.sum(x, axis=0), "v1 = sum(x, axis=0)"),
        (lambda x, y: np.max(x, axis=1, keepdims=True), "v1 = max(x, axis=1, keepdims=True)"),
        (lambda x, y: x[..., ::2], "v1 = x[..., ::2]"),
        (lambda x, y: x[:1], "v1 = x[:1]"),
        (lambda x, y: np.where(x > 0, x, y), "v1 = x > 0"),
        (lambda x, y: np.concatenate([x, y]), "v1 = concatenate([x, y])"),
        (lambda x, y: x.astype(np.float32), "v1 = x.astype(float32)"),
    ],
)
def test_formulas_are_in_the_notation_of_numpy(function: Any, text: str) -> None:
    assert statements(record(function)(np.ones((2, 3)), np.ones((2, 3))))[3] == text


def _names(*parts: Any) -> dict[Any, str]:
    return {part: name for part, name in zip(parts, "wvi", strict=False)}


@pytest.mark.parametrize(
    ("function", "arguments", "options", "text"),
    [
        (np.subtract, ("w", "v", "w"), {}, "w -= v"),
        (np.add, ("v", 1.0, "w"), {}, "w[...] = v + 1"),
        (np.tanh, ("v", "w"), {}, "w[...] = tanh(v)"),
        (np.maximum, ("w", 0.0, "w"), {}, "w[...] = maximum(w, 0)"),
        (np.copyto, ("w", "v"), {}, "w[...] = v"),
        (operator.setitem, ("w", (0, slice(1, None)), "v"), {}, "w[0, 1:] = v"),
        (np.add.at, ("w", [1, 1], "v"), {}, "w[[1, 1]] += v"),
        (np.concatenate, (["v", "v"],), {"out": "w", "casting": "same_kind"}, "w[...] = concatenate([v, v])"),
        (np.add.reduce, ("v",), {"axis": 0, "out": "w", "keepdims": False}, "w[...] = sum(v, axis=0)"),
    ],
)
def test_writes_say_what_they_write_into(function: Any, arguments: Any, options: Any, text: str) -> None:
    program = record(lambda w, v: w + v)(np.ones(2), np.ones(2))
    slots = dict(zip("wv", program.inputs.values(), strict=True))

    def with_slots(part: Any) -> Any:
        if isinstance(part, (list, tuple)):
            return type(part)(map(with_slots, part))
        return slots.get(part, part) if isinstance(part, str) else part

    instruction = Instruction(
        function, with_slots(arguments), {k: with_slots(v) for k, v in options.items()}, slots["w"], True
    )
    assert str(worded(instruction, {slot: name for name, slot in slots.items()})) == text


def test_a_table_for_a_notebook_says_the_same_and_lets_no_label_become_markup() -> None:
    w = Tensor([1.0], requires_grad=True, label="<b>w</b>")
    program = record(lambda x: x * w)(np.ones(1))
    table = program._repr_html_()
    assert "&lt;b&gt;w&lt;/b&gt;" in table and "<b>w" not in table
    words = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>.*?</tr>", table)]
    cells = [" ".join(row.split()).replace("&lt;", "<").replace("&gt;", ">") for row in words]
    assert [cell for cell in cells if cell not in ("arguments", "memory", "forward")] == [
        " ".join(line.split()) for line in str(program).splitlines()[1:-1]
    ]
    assert re.search(r"color|#[0-9a-f]{3}", table) is None  # the colours are those of the page


def test_the_numbers_are_those_of_the_next_run_and_looking_changes_nothing() -> None:
    program = training(nn.Adam, nn.BatchNorm1d(5), nn.Dropout(0.5, rng=3))
    arguments = [slot.value.copy() for slot in program.inputs.values()]

    def state() -> list[Any]:
        generators = [str(g.bit_generator.state) for g in program.generators]
        leaves = [slot.value.copy() for slot in program.leaves]
        gradients = [tensor.grad.copy() for tensor, *_ in program.tensors if tensor.grad is not None]
        return [*generators, *leaves, *gradients]

    before = state()
    seen = trace(program, np.copy)
    for one, other in zip(before, state(), strict=True):
        assert np.array_equal(one, other)
    (loss,) = program.outputs
    place = max(p for p, i in enumerate(program.instructions) if i.output is loss)
    leaves = set(program.leaves)
    written = {i.output: p for p, i in enumerate(program.instructions) if i.writes and i.output in leaves}
    assert program(*arguments).data == seen.computed[place]
    assert len(written) > 5
    for slot, place in written.items():
        np.testing.assert_array_equal(slot.value, seen.computed[place])


def test_a_listing_is_of_the_arguments_of_the_last_run_and_of_gradients_as_they_are() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    w.grad = np.zeros(2)

    def step(x: Any, y: Any) -> Any:
        loss = (w * x).sum() + y.sum()
        loss.backward()
        return loss

    program = record(step)(2.0, np.ones(100_000))
    program(3.0, np.full(100_000, 0.5))
    w.grad += 100
    rows = {line.split()[0]: line for line in str(program).splitlines()}
    assert rows["x"].endswith(" 3") and rows["y"].endswith("0.5 … 0.5")
    assert rows["w.grad_before"].endswith("[105., 105.]") and rows["w.grad"].endswith("[108., 108.]")


def test_a_trace_of_every_operation_is_what_was_computed() -> None:
    for case in ROW_CASES + COMPOSITION_CASES:
        program = record(case.call)(*case.inputs(0))
        seen = dict(zip((i.output for i in program), trace(program, np.copy).computed, strict=True))
        for slot, x in zip(program.outputs, flatten(program.result)[0], strict=True):
            x = getattr(x, "plain", x)
            np.testing.assert_array_equal(seen.get(slot, x), x, err_msg=str(case))
        assert program.listing(limit=None).count("\n") > len(program), case


def test_a_program_without_anything_is_listed_too() -> None:
    assert str(record(lambda: None)()) == "program of <lambda>: 0 instructions, 0 inputs\nreturns None"


def test_a_branch_is_listed_as_what_is_checked() -> None:
    with no_grad():
        program = record(lambda x: x * 2 if x > 0 else x)(1.0)
    assert statements(program)[2:4] == ["v1 = x > 0", "check v1 is true"]
