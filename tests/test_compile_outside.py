"""Programs and what is outside of them: nodes reached in two ways, data that is replaced, failures."""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from training_step import step_of

import autograd
import nn
from autograd import GraphError, RecordError, Tensor, Value, gradcheck, no_grad, record

KINDS: dict[str, Callable[[float], Any]] = {
    "Tensor": lambda x: Tensor([x, x + 1], requires_grad=True, label="w"),
    "Value": lambda x: Value(x, label="w"),
}


def total(x: Any) -> Any:
    return x.sum() if isinstance(x, Tensor) else x


# -- an argument that is reached in another way -----------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_that_the_function_also_has_from_outside_is_refused(kind: str) -> None:
    """With another argument a program could not tell which of the two uses is meant."""
    w, other = KINDS[kind](1.0), KINDS[kind](4.0)

    def product(a: Any) -> Any:
        return total(a * w)

    with pytest.raises(RecordError, match=r"'w'.* is the argument a, and .* in another way"):
        record(product)(w)
    program = record(product)(other)
    third = KINDS[kind](7.0)
    assert program(third).item() == product(third).item()
    with pytest.raises(RecordError, match="in another way"):
        program(w)
    compiled = autograd.compile(product)
    for argument in (other, third, other, third):
        assert compiled(argument).item() == product(argument).item()
    with pytest.raises(RecordError, match="in another way"):
        compiled(w)
    assert w.grad is None and w.parents == ()


@pytest.mark.parametrize(
    "use",
    [
        lambda w: w.zero_grad(),
        lambda w: w.grad,
        lambda w: w.data,
        lambda w: w.add_(np.ones(2)),
        lambda w: nn.SGD([w], lr=0.1).zero_grad(),
        lambda w: (w + 1).sum().backward(),
    ],
)
def test_every_way_to_reach_an_argument_from_outside_is_noticed(use: Callable[[Any], Any]) -> None:
    w = KINDS["Tensor"](1.0)

    def step(a: Any) -> Any:
        loss = (a * a).sum()
        use(w)
        return loss

    with pytest.raises(RecordError, match="in another way"):
        record(step)(w)
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert w.grad is None


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_are_changed_at_every_call_the_recorded_one_included(kind: str) -> None:
    def step(a: Any, x: Any) -> Any:
        a.zero_grad()
        loss = total(a * a * x)
        loss.backward()
        a.data = a.data - 0.1 * a.grad
        return loss

    one, two, compiled = KINDS[kind](1.0), KINDS[kind](1.0), autograd.compile(step)
    for k in range(6):
        if k == 4:
            one, two = KINDS[kind](3.0), KINDS[kind](3.0)
        graph = total(two * two)
        assert compiled(two, 0.5 + k).item() == pytest.approx(step(one, 0.5 + k).item(), rel=1e-12)
        np.testing.assert_allclose(two.data, one.data, rtol=1e-12)
        np.testing.assert_allclose(two.grad, one.grad, rtol=1e-12)
        with pytest.raises(autograd.StaleGraphError):
            graph.backward()


# -- memory that is first met without an operation --------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda w: w.detach(),
        lambda w: copy.deepcopy(w).detach(),
        lambda w: w.astype(int) if isinstance(w, Tensor) else w,
        lambda w: (w.add_(1.0), w.detach())[1],
        lambda w: (w.detach(), w.add_(1.0))[0],
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_read_a_node_is_seen(kind: str, use: Callable[[Any], Any]) -> None:
    one, two = KINDS[kind](1.0), KINDS[kind](1.0)
    program = record(lambda x: use(two) * x)(1.0)
    np.testing.assert_array_equal(program.result.data, (use(one) * 1.0).data)
    for k in range(3):
        for w in (one, two):
            w.add_(2.0)
        np.testing.assert_array_equal(program(2.0 + k).data, (use(one) * (2.0 + k)).data)
    np.testing.assert_array_equal(two.data, one.data)


# -- data that is replaced --------------------------------------------------------------------


def both(make: Callable[[], Any], step: Callable[[Any, Any], Any], times: int = 7) -> None:
    """Steps eager and compiled on leaves of their own come to the same, whatever happens in between."""
    one, two = make(), make()
    compiled = autograd.compile(lambda x: step(two, x))
    for k in range(times):
        x = np.arange(2.0) + k if isinstance(one, Tensor) else 1.0 + k
        assert compiled(x).item() == pytest.approx(step(one, x).item(), rel=1e-12)
        np.testing.assert_allclose(two.data, one.data, rtol=1e-12)
        for leaf in (one, two):
            leaf.data = leaf.data + 1  # from outside


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("constant", [True, False])
def test_assigning_data_is_part_of_the_step(kind: str, constant: bool) -> None:
    def step(w: Any, x: Any) -> Any:
        w.zero_grad()
        loss = total(w * x)
        loss.backward()
        w.data = assigned(w)
        return loss

    def assigned(w: Any) -> Any:
        if constant:
            return np.array([1.0, -2.0]) if isinstance(w, Tensor) else 7.0
        return w.data - 0.1 * w.grad

    both(lambda: KINDS[kind](1.0), step)


def test_data_of_another_shape_is_refused_and_nothing_is_lost() -> None:
    w = Tensor([1.0, 2.0], label="w")

    def grow(x: Any) -> Any:
        total = (w * x).sum()
        w.data = np.concatenate([w.data, w.data])
        return total

    with pytest.raises(RecordError, match=r"w, of shape \(2,\), float64, was given .* shape \(4,\), float64"):
        record(grow)(2.0)
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    a = Tensor([1.0, 2.0], label="a")
    with pytest.raises(RecordError, match=r"a, of shape \(2,\), float64, was given .* float32"):
        record(lambda a: setattr(a, "data", a.data.astype(np.float32)))(a)
    assert a.dtype == float


# -- what is looked at before a run -----------------------------------------------------------


class Blocks(nn.Module):
    """Layers in a list, which itself is never called."""

    def __init__(self) -> None:
        self.blocks = nn.ModuleList([nn.Linear(2, 2, rng=k) for k in range(3)])

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return x.sum()


def replace_block(model: Any) -> None:
    model.blocks[1] = nn.Linear(2, 2, rng=9)


def add_block(model: Any) -> None:
    model.blocks.append(nn.Linear(2, 2, rng=9))


def drop_block(model: Any) -> None:
    delattr(model.blocks, "2")


def move_elsewhere(model: Any) -> None:
    """An optimiser that is made later takes the parameters into memory of its own."""
    model.blocks[0](np.ones((1, 2))).sum().backward()
    nn.Adam(model.parameters()).step()


def check_gradients(model: Any) -> None:
    assert gradcheck(model, np.ones((1, 2)))


@pytest.mark.parametrize("change", [replace_block, add_block, drop_block, move_elsewhere, check_gradients])
def test_changes_in_what_is_never_called_take_effect(change: Callable[[Any], None]) -> None:
    one, two = Blocks(), Blocks()
    compiled = autograd.compile(lambda x: two(x))
    x = np.ones((4, 2), np.float32)
    for k in range(7):
        assert compiled(x).item() == one(x).item()
        if k == 4:
            change(one)
            change(two)


def test_frozen_and_thawed_between_steps() -> None:
    one, two = Blocks(), Blocks()

    def stepping(model: Any) -> Any:
        optimizer = nn.SGD(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = model(x)
            loss.backward()
            optimizer.step()
            return loss

        return step

    eager, compiled = stepping(one), autograd.compile(stepping(two))
    for k in range(9):
        x = np.full((4, 2), 0.1 * k, np.float32)
        assert compiled(x).item() == eager(x).item()
        if k in (4, 6):
            for model in (one, two):
                model.blocks[1].weight.requires_grad_(k == 6)


# -- failures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("zeroed", [True, False])
def test_an_interrupted_run_leaves_no_gradient_half_computed(zeroed: bool) -> None:
    w = Tensor(np.ones(3), requires_grad=True)

    def step(x: Any) -> Any:
        if zeroed:
            w.zero_grad()
        loss = (w * x).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for k in range(4):
        compiled(np.full(3, 1.0 + k))
    before = w.grad.copy()
    (program,) = next(iter(compiled.programs.values()))
    calls = program.plan.calls
    for place in range(len(calls)):
        kept = calls[place]

        def interrupt() -> None:
            raise KeyboardInterrupt

        calls[place] = interrupt
        with pytest.raises(KeyboardInterrupt):
            compiled(np.full(3, 100.0))
        calls[place] = kept
        if zeroed:
            assert w.grad is None  # as a step that begins with forgetting it leaves it
        else:
            np.testing.assert_array_equal(w.grad, before)
        compiled(np.full(3, 2.0))
        np.testing.assert_array_equal(w.grad, np.full(3, 2.0) if zeroed else before + 2.0)
        before = w.grad.copy()


# -- states that are set up anew --------------------------------------------------------------


def test_an_optimizer_whose_only_other_parameter_is_frozen_counts_on() -> None:
    """Its state is arranged anew in the recorded step; that is not a part of the step."""

    def stepping() -> tuple[Any, Any, Any]:
        a, b = (Tensor(np.ones(2), requires_grad=True, label=label) for label in "ab")
        optimizer = nn.Adam([a, b], lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = ((a + b) * x).sum()
            loss.backward()
            optimizer.step()
            return loss

        return a, b, step

    (a, b, eager), (c, d, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(10):
        if k in (4, 7):
            b.requires_grad_(k == 7)
            d.requires_grad_(k == 7)
        x = np.arange(2.0) + k
        assert compiled(x).item() == eager(x).item()
        np.testing.assert_array_equal(c.data, a.data)
        np.testing.assert_array_equal(d.data, b.data)


def test_several_tensors_are_given_other_arrays_in_a_step() -> None:
    def stepping() -> tuple[Any, Any]:
        averages = [Tensor(np.full(3, 1.0 + k)) for k in range(2)]

        def step(x: Any) -> Any:
            for average in averages:
                average.data = 0.9 * average.data + 0.1 * x
            return (averages[0] * averages[1]).sum()

        return averages, step

    (one, eager), (two, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(6):
        x = np.arange(3.0) * k
        assert compiled(x).item() == eager(x).item()
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(b.data, a.data)


def test_a_frozen_convolution_is_laid_out_as_in_a_program() -> None:
    images = np.random.default_rng(0).normal(size=(3, 1, 6, 6)).astype(np.float32)
    layer = nn.Conv2d(1, 2, 3, rng=0).requires_grad_(False)

    def means(x: Any) -> Any:
        return layer(x).mean(axis=(0, 2, 3))

    np.testing.assert_array_equal(record(means)(images).result.data, means(images).data)


def test_hooks_that_are_added_and_removed_take_effect() -> None:
    one, two = Blocks(), Blocks()
    compiled, handles = autograd.compile(lambda x: two(x)), []
    x = np.ones((4, 2), np.float32)
    for k in range(14):
        assert compiled(x).item() == one(x).item()
        if k in (0, 4):
            for model in (one, two):
                handles += [model.blocks[1].register_forward_hook(lambda module, inputs, output: output * 2)]
        if k in (7, 10):
            for _ in range(2):
                handles.pop().remove()


@pytest.mark.parametrize("how", ["read", "halved", "chosen", "assigned twice"])
def test_a_rate_that_is_read_or_assigned_in_a_step(how: str) -> None:
    def stepping() -> tuple[Any, Any, Any]:
        w = Tensor(np.ones(3, np.float32), requires_grad=True)
        optimizer = nn.SGD([w], lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (w * w * x).sum()
            loss.backward()
            if how == "read":
                w.add_(-optimizer.lr * w.grad)
                return loss
            if how == "chosen":
                optimizer.lr = 0.1 if loss > 1 else 0.05
            if how == "assigned twice":
                optimizer.lr = 0.3
            optimizer.step()
            if how == "halved":
                optimizer.lr = optimizer.lr * 0.5
            if how == "assigned twice":
                optimizer.lr = 0.2
            return loss

        return w, optimizer, step

    (one, first, eager), (two, second, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(8):
        if k == 4:
            first.lr = second.lr = 0.03
        x = np.full(3, 0.3 * k + 0.1, np.float32)
        assert compiled(x).item() == eager(x).item()
        np.testing.assert_array_equal(two.data, one.data)
        assert second.lr == first.lr


def test_a_schedule_in_a_step_is_refused() -> None:
    optimizer = nn.SGD([w := Tensor(np.ones(2), requires_grad=True)], lr=0.1)
    schedule = nn.StepLR(optimizer, 100)

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        schedule.step()
        return loss

    with pytest.raises(RecordError, match=r"StepLR.step\(\) counts .* call it after the compiled step"):
        record(step)(np.ones(2))


class Kept(nn.Module):
    """A module with a node that is no parameter, and one that it computes."""

    def __init__(self, kind: Callable[[float], Any]) -> None:
        self.factor, self.last = kind(2.0), None

    def forward(self, x: Any) -> Any:
        self.last = total(self.factor * x)
        return self.last


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_that_a_module_has_may_be_replaced(kind: str) -> None:
    one, two = Kept(KINDS[kind]), Kept(KINDS[kind])
    compiled = autograd.compile(lambda x: two(x))
    for k in range(8):
        x = np.arange(2.0) + k if kind == "Tensor" else 1.0 + k
        assert compiled(x).item() == one(x).item()
        assert len(compiled.programs) < 2
        if k == 4:
            assert [len(programs) for programs in compiled.programs.values()] == [1]  # replayed ever after
            one.factor, two.factor = KINDS[kind](5.0), KINDS[kind](5.0)


# -- what looks at every operation ------------------------------------------------------------


def test_a_compiled_function_has_derivatives_and_anomalies() -> None:
    def cubes(x: Any) -> Any:
        return (x * x * x).sum() / 3

    compiled, x = autograd.compile(cubes), np.arange(3.0)
    for _ in range(4):
        assert compiled(x).item() == cubes(x).item()
        np.testing.assert_array_equal(autograd.grad(compiled)(x), autograd.grad(cubes)(x))
        np.testing.assert_array_equal(autograd.hessian(compiled)(x), autograd.hessian(cubes)(x))
    with pytest.raises(autograd.AnomalyError), autograd.detect_anomaly():
        autograd.compile(autograd.log)(Tensor(-1.0))
    logarithm = autograd.compile(lambda x: autograd.log(Tensor(x)))
    for _ in range(4):
        logarithm(2.0)
    with pytest.raises(autograd.AnomalyError, match="log"), autograd.detect_anomaly():
        logarithm(-1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_that_was_computed_is_refused_by_a_replay_too(kind: str) -> None:
    w = KINDS[kind](1.0)

    def step(x: Any) -> Any:
        loss = total(x * x)
        loss.backward()
        return loss

    compiled, program = autograd.compile(step), record(step)(KINDS[kind](1.0))
    for _ in range(4):
        compiled(KINDS[kind](1.0))
    for run in (compiled, program):
        with pytest.raises(RecordError, match="the result of a graph"):
            run(w * 2)
    assert w.grad is None


def test_each_tensor_has_a_gradient_of_its_own() -> None:
    """Equal gradients are computed once; whoever scales one in place does not scale the others."""

    def stepping() -> tuple[list[Any], Any]:
        leaves = [Tensor(np.ones(shape), requires_grad=True) for shape in ((2, 2), (2, 2), 4)]

        def step(x: Any) -> Any:
            for leaf in leaves:
                leaf.zero_grad()
            a, b, c = leaves
            loss = ((a.T + b + c.reshape(2, 2)) * x).sum()
            loss.backward()
            return loss

        return leaves, step

    (ones, eager), (twos, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(6):
        x = np.arange(4.0).reshape(2, 2) + k
        assert compiled(x).item() == eager(x).item()
        for one, two in zip(ones, twos, strict=True):
            np.testing.assert_array_equal(two.grad, one.grad)
        for leaf in (*ones, *twos):
            leaf.grad *= 0.5
        for one, two in zip(ones, twos, strict=True):
            np.testing.assert_array_equal(two.grad, one.grad)


# -- results whose size depends on numbers ----------------------------------------------------


@pytest.mark.parametrize("undone", [True, False])
@pytest.mark.parametrize("name", ["unique", "bincount", "flatnonzero", "argwhere", "union1d", "repeat"])
def test_results_that_are_longer_or_shorter_are_recorded_anew(name: str, undone: bool) -> None:
    """One element must not be taken for many, nor a step be half made before that is noticed."""
    calls: dict[str, Callable[[Any], Any]] = {
        "union1d": lambda x: np.union1d(x, x),
        "repeat": lambda x: np.repeat(np.arange(len(x)) * x, x),
    }
    call = calls.get(name, getattr(np, name))

    def counting() -> tuple[Any, Any]:
        count = np.zeros(1)

        def step(x: Any) -> Any:
            if undone:
                counter = autograd.lend(count)
                counter += 1
            return call(x).sum()

        return count, step

    (one, eager), (two, step) = counting(), counting()
    compiled = autograd.compile(step)
    for numbers in ([1, 2, 3], [1, 2, 3], [1, 2, 3], [3, 2, 1], [1, 1, 1], [0, 0, 2], [0, 0, 0], [2, 3, 2]):
        assert compiled(np.array(numbers)) == eager(np.array(numbers))
        assert one == two


# -- arguments that share memory --------------------------------------------------------------


def test_a_gradient_from_the_last_step_is_an_argument_like_any_other() -> None:
    def stepping() -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)

        def step(x: Any, before: Any) -> Any:
            w.zero_grad()
            loss = (w * w * x).sum()
            loss.backward()
            w.add_(-0.1 * (w.grad + 0.9 * before))
            return loss

        return w, step

    (one, eager), (two, step) = stepping(), stepping()
    compiled = autograd.compile(step)
    for k in range(9):
        x = np.arange(3.0) + k / 10
        before = [np.zeros(3) if w.grad is None else w.grad for w in (one, two)]
        assert compiled(x, before[1]).item() == eager(x, before[0]).item()
        np.testing.assert_array_equal(two.data, one.data)


def test_arguments_that_share_memory_which_is_changed_are_refused() -> None:
    def change(a: Any, b: Any) -> Any:
        a += 1
        return (a * b).sum()

    x = np.arange(6.0)
    with pytest.raises(RecordError, match="argument b shares memory with argument a"):
        record(change)(x[:4], x[2:])
    np.testing.assert_array_equal(x, np.arange(6.0))
    compiled = autograd.compile(change)
    for _ in range(4):
        halves = np.arange(6.0)
        assert compiled(halves[:3], halves[3:]) == 26.0  # of one array, and apart
    with pytest.raises(RecordError, match="pass a copy"):
        compiled(x[:3], x[:3])
    np.testing.assert_array_equal(x, np.arange(6.0))
    w = Tensor(np.ones(3), label="w")

    def move(a: Any) -> Any:
        w.add_(a)
        return (w * a).sum()

    compiled = autograd.compile(move)
    for k in range(4):
        compiled(np.full(3, float(k)))
    with pytest.raises(RecordError, match="argument a shares memory with w, which"):
        compiled(w.data)
    np.testing.assert_array_equal(w.data, np.full(3, 7.0))


# -- a program where no program can be --------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_is_not_differentiated(kind: str) -> None:
    """It leaves no graph, so that the derivative would be 0."""

    def square(x: Any) -> Any:
        return total(x * x)

    argument = KINDS[kind](3.0).data
    program = record(square)(KINDS[kind](1.0))
    for function in (lambda x: record(square)(x).result, program):
        with pytest.raises(RecordError, match="differentiate"):
            autograd.grad(function)(argument)
    with pytest.raises(RecordError, match="part of what is being recorded"):
        record(lambda x: record(square)(x).result)(argument)


def test_a_ufunc_of_several_results_is_refused() -> None:
    with pytest.raises(RecordError, match="modf returns 2 arrays"):
        record(np.modf)(np.ones(3))


def test_the_gradient_of_a_value_is_a_float_where_arrays_took_part() -> None:
    w = Value(1.5)

    def step(x: Any, y: Any) -> Any:
        w.zero_grad()
        loss = (w * x * y).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for k in range(5):
        compiled(1.0 + k, np.ones(2))
        assert type(w.grad) is float and w.grad == 2.0 + 2 * k


# -- the order of what is done ----------------------------------------------------------------


def test_two_updates_in_one_step() -> None:
    """The optimiser writes into its flat array, and so into the parameter that is read again."""

    def stepping() -> tuple[Any, Any]:
        w = Tensor(np.ones(3), requires_grad=True)
        optimizer = nn.SGD([w], lr=0.1)

        def step(x: Any) -> Any:
            losses = []
            for _ in range(2):
                optimizer.zero_grad()
                loss = (w * w * x).sum()
                loss.backward()
                optimizer.step()
                losses.append(loss)
            return [*losses, (w * w * x).sum()]

        return w, step

    (one, eager), (two, step) = stepping(), stepping()
    compiled, x = autograd.compile(step), np.arange(3.0)
    for _ in range(5):
        assert [loss.item() for loss in compiled(x)] == [loss.item() for loss in eager(x)]
        np.testing.assert_array_equal(two.data, one.data)
    program, _ = record(step)(x), eager(x)
    assert [loss.item() for loss in program(x)] == [loss.item() for loss in eager(x)]


def test_nothing_is_changed_before_a_question_that_comes_before_it() -> None:
    """Also where numbers are computed in groups: not the steps of an optimiser, nor random numbers."""

    def stepping() -> tuple[Any, Any]:
        model, draws = nn.MLP(2, [12, 12, 1], "tanh", rng=0), np.random.default_rng(5)
        w, optimizer = Tensor(np.ones(2), requires_grad=True), nn.Adam(model.parameters(), lr=0.05)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = (model([x, y]) - 0.5) ** 2
            loss.backward()
            positive = bool(loss > 0.3)
            (w * (3.0 if positive else 4.0)).sum().backward()
            optimizer.step()
            return loss, autograd.random_numbers(draws, (2,)) * (1 if positive else 2)

        return w, step

    (one, eager), (two, step) = stepping(), stepping()
    compiled, draw = autograd.compile(step), np.random.default_rng(0)
    for _ in range(16):
        x, y = map(float, draw.normal(size=2))
        (loss, numbers), (expected, others) = compiled(x, y), eager(x, y)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-10)
        np.testing.assert_array_equal(numbers, others)
        np.testing.assert_array_equal(two.grad, one.grad)


# -- numbers and results ----------------------------------------------------------------------


def test_a_number_of_numpy_is_not_changed_in_place_and_an_array_is() -> None:
    def halved(x: Any, rate: Any) -> Any:
        rate *= 0.5
        return x.sum() * rate

    compiled = autograd.compile(halved)
    for k in range(8):
        rate, array = np.float64(3.0 + k), np.array(3.0 + k)
        assert compiled(np.ones(2), rate) == 3.0 + k
        assert compiled(np.ones(2), array) == 3.0 + k
        assert array == (3.0 + k) / 2


def test_a_result_that_is_a_constant_is_the_callers_to_change() -> None:
    compiled = autograd.compile(lambda x: (x.sum(), np.zeros(2)))
    for _ in range(5):
        _, zeros = compiled(np.ones(2))
        np.testing.assert_array_equal(zeros, np.zeros(2))
        zeros += 1


def test_threads_take_turns_at_recording() -> None:
    model = nn.Linear(2, 1, rng=0)

    def slowly(x: Any) -> Any:
        y = model(x).sum()
        time.sleep(0.01)  # so that the others begin
        return y

    compiled, x = autograd.compile(slowly), np.ones((3, 2), np.float32)
    compiled(x)
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda _: compiled(x).item(), range(9)))
    assert set(results) == {slowly(x).item()}


def test_a_compiled_function_that_another_one_calls_is_part_of_it() -> None:
    def making(compile: Callable[..., Any]) -> tuple[Any, Any, Any]:
        w = Tensor(np.ones(2), requires_grad=True)
        inner = compile(lambda x: (w * x).sum())

        def step(x: Any) -> Any:
            w.zero_grad()
            loss = inner(x) ** 2
            loss.backward()
            w.add_(-0.1 * w.grad)
            return loss

        return w, inner, compile(step)

    (one, score, step), (two, compiled_score, compiled) = making(lambda f: f), making(autograd.compile)
    for k in range(8):
        x = np.arange(2.0) + k / 10
        assert compiled_score(x).item() == score(x).item()
        if k > 2:
            assert compiled(x).item() == step(x).item()
        np.testing.assert_array_equal(two.data, one.data)


# -- what is used without being called --------------------------------------------------------


class Scaled(nn.Module):
    """A model that is used by its parts and its methods."""

    def __init__(self) -> None:
        self.encoder, self.beta = nn.Linear(2, 1, rng=0), 1.0
        self.register_buffer("mask", np.array([1.0, 0.5], np.float32))

    def loss(self, x: Any) -> Any:
        return self.encoder(Tensor(x) * (2 - self.mask)).sum() * self.beta

    def forward(self, x: Any) -> Any:
        return self.loss(x)


def set_beta(model: Any) -> None:
    model.beta = 3.0


def replace_encoder(model: Any) -> None:
    model.encoder = nn.Linear(2, 1, rng=5)


def load_mask(model: Any) -> None:
    model.load_state_dict({**model.state_dict(), "mask": np.array([0.25, 2.0], np.float32)})


def helper(model: Any, x: Any) -> Any:
    return model.loss(x)


GLOBAL = Scaled()
USES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "a method": lambda model: model.loss,
    "a closure": lambda model: lambda x: model.loss(x) + model.encoder(x).sum(),
    "a partial": lambda model: functools.partial(helper, model),
    "a default": lambda model: lambda x, model=model: model.loss(x),
    "a function in between": lambda model: lambda x, use=lambda x: model.loss(x): use(x),
    "the model": lambda model: model,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("change", [set_beta, replace_encoder, load_mask])
def test_a_model_that_is_not_called_is_looked_at(use: str, change: Callable[[Any], None]) -> None:
    one, two = Scaled(), Scaled()
    eager, compiled = USES[use](one), autograd.compile(USES[use](two))
    x = np.ones((3, 2), np.float32)
    for k in range(7):
        assert compiled(x).item() == eager(x).item()
        if k == 4:
            change(one)
            change(two)


def test_a_global_model_is_looked_at() -> None:
    compiled = autograd.compile(lambda x: helper(GLOBAL, x))
    x = np.ones((3, 2), np.float32)
    try:
        for k in range(7):
            assert compiled(x).item() == helper(GLOBAL, x).item()
            if k == 4:
                GLOBAL.beta = 5.0
    finally:
        GLOBAL.beta = 1.0


# -- graphs that reach over the edge of a program ---------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_differentiated_through_a_result_that_has_no_graph(kind: str) -> None:
    """It would leave the gradients of what the result was computed from without a word."""
    w, h = KINDS[kind](1.0), KINDS[kind](2.0)
    compiled = autograd.compile(lambda x: w * x)
    total(compiled(3.0) * h).backward()  # the first call is the function itself
    first = np.copy(w.grad)
    w.zero_grad()
    for k in range(4):
        result = compiled(3.0)
        if k == 1:  # the call that runs both, and returns what the function itself did
            continue
        with pytest.raises(GraphError, match="keeps no graph"):
            total(result * h).backward()
        assert w.grad is None and result.requires_grad
        with no_grad():
            assert not (result * h).requires_grad
    np.testing.assert_array_equal(first, 3.0 * h.data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_from_before_is_not_part_of_a_program(kind: str) -> None:
    w = KINDS[kind](1.0)
    doubled = w * 2
    with pytest.raises(RecordError, match=r"uses .*, the result of a graph from before"):
        record(lambda x: total(doubled * x))(3.0)
    np.testing.assert_array_equal(
        record(lambda x: total(doubled.detach() * x))(3.0).result.data, total(doubled * 3.0).data
    )


@pytest.mark.parametrize(("indices", "classes"), [([0, 1, 7], [0, 1, 2]), ([0, 1, 2], [0, 1, 9])])
def test_an_index_out_of_range_is_named_and_changes_nothing(indices: list[int], classes: list[int]) -> None:
    model = nn.Sequential(nn.Embedding(5, 3, rng=0), nn.Linear(3, 4, rng=1))
    compiled = autograd.compile(step_of(model, nn.SGD(model.parameters(), lr=0.1)))
    for _ in range(4):
        compiled(np.array([0, 1, 2]), np.array([0, 1, 2]))
    before = {name: array.copy() for name, array in model.state_dict().items()}
    wrong = np.array(indices), np.array(classes)
    with pytest.raises(IndexError) as eager:
        nn.cross_entropy(model(wrong[0]), wrong[1])
    with pytest.raises(IndexError) as replayed:
        compiled(*wrong)
    assert str(replayed.value) == str(eager.value)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    compiled(np.array([0, 1, 2]), np.array([0, 1, 2]))
    assert [len(programs) for programs in compiled.programs.values()] == [1]
