"""Programs elsewhere: every operation, dtype and write as in NumPy, and what must not go unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engines import needs_jax, on, set_up
from samples import COMPOSITION_CASES, ELEMENTWISE, ROW_CASES, points
from test_elsewhere_training import Training
from test_program import weighted

import autograd
import nn
from autograd import RecordError, ShapeError, Tensor, custom_op, record, value_and_grad
from autograd.operation import TABLE, Operation
from autograd.program import standard
from autograd.program.functional import is_known

# -- every operation --------------------------------------------------------------------------


def with_gradient(function: Callable[..., Any], inputs: Any) -> Any:
    """The program of a function with its gradients."""
    return record(value_and_grad(weighted(function), argnums=tuple(range(len(inputs)))))(*inputs)


def columns(row: Operation) -> Any:
    """Points of the domain of an elementwise operation, as an array for each input."""
    return [np.reshape(column, (2, -1)) for column in zip(*points(row), strict=True)]


FUNCTIONS = {str(case): (case.call, case.inputs(0)) for case in ROW_CASES + COMPOSITION_CASES}
FUNCTIONS |= {row.name: (row, columns(row)) for row in ELEMENTWISE}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_operation_and_its_gradient(name: str, where: str) -> None:
    function, inputs = FUNCTIONS[name]
    program = with_gradient(function, inputs)
    value, gradients = on(program, where)[1](*inputs)
    expected_value, expected_gradients = program.result
    np.testing.assert_allclose(value, expected_value, rtol=1e-9)
    for found, expected in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, atol=1e-12)


WITHOUT_EQUIVALENT: set[str] = set()
"""Rows of the rule book that NumPy alone can compute."""


def test_every_row_is_in_the_tables_of_the_standard() -> None:
    cases = [(case.name, case.call, case.inputs(0)) for case in ROW_CASES]
    cases += [(row.name, row, columns(row)) for row in ELEMENTWISE]
    assert {name for name, *_ in cases} == TABLE.keys()
    unknown = {
        name
        for name, function, inputs in cases
        if not all(is_known(instruction.function) for instruction in with_gradient(function, inputs))
    }
    assert unknown == WITHOUT_EQUIVALENT


INTEGERS = ("invert", "bitwise_and", "bitwise_or")
FLOATS, COUNTS = np.array([0.5, -0.25, 0.75]), np.array([3, 1, 2])


def test_functions_of_elements_and_their_reductions(where: str) -> None:
    def function(x: Any, n: Any) -> Any:
        results = []
        for name in standard.ELEMENTWISE:
            ufunc = getattr(np, name)
            given = (n, n + 1) if name in INTEGERS else (x + 1.5 if name == "arccosh" else x, n * 0.5)
            results.append(ufunc(*given[: ufunc.nin]))
        return results + [getattr(np, name).reduce(x * 2) for name in standard.REDUCTIONS]

    with np.errstate(all="ignore"):
        program = record(function)(FLOATS, COUNTS)
    names = [*standard.ELEMENTWISE, *standard.REDUCTIONS]
    for name, found, expected in zip(
        names, on(program, where)[1](FLOATS, COUNTS), program.result, strict=True
    ):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12, err_msg=name)


MIXED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "an integer times a number": lambda x, n, w: n * 0.5,
    "float32 beside float64": lambda x, n, w: x * w + n,
    "a product of integers and floats": lambda x, n, w: np.dot(n, w) + np.matmul(x, n),
    "booleans counted": lambda x, n, w: np.add.reduce(n > 1) + (x > 0) * w,
    "a mean of integers": lambda x, n, w: n.mean() + np.mean(n, axis=0) + np.var(n) + np.std(n, ddof=1),
    "numbers chosen": lambda x, n, w: np.where(x > 0, x, 0) + np.where(n > 1, 1.5, w) + np.clip(w, 0, 0.5),
    "joined": lambda x, n, w: np.concatenate([x, n, w])[::-2] + np.stack([n, w], axis=1).sum(),
    "sums": lambda x, n, w: np.sum(n[None] * w[:, None], 1) + np.cumsum(n) + np.prod(n) + np.max(w, 0),
    "moved": lambda x, n, w: np.moveaxis(np.expand_dims(w, 0), 0, 1).squeeze(1) + np.flip(n) + np.roll(x, 1),
    "repeated": lambda x, n, w: np.tile(w, 2) + np.broadcast_to(x[0], (6,)),
    "triangles": lambda x, n, w: np.tril(np.outer(w, w)) + np.triu(np.multiply.outer(n, n), 1),
    "questions": lambda x, n, w: np.any(x > 0) | np.all(n > 5) | (np.argmax(w) == 2) | (np.argmin(w) == 1),
    "written through views": lambda x, n, w: written_through_views(x, w),
    "added up in float64": lambda x, n, w: np.add.reduce(
        np.concatenate([x[:1] * 2e8, x[1:2] * 4, x[:1] * -2e8]), dtype=np.float64
    ),
    "written where": lambda x, n, w: np.divide(w, n, out=x.copy(), where=w > 0),
    "running": lambda x, n, w: np.cumsum(np.outer(w, w)) + np.cumprod(np.outer(n, w), axis=1).sum(),
    "filled": lambda x, n, w: np.full_like(x, 0.1, dtype=float) + np.full_like(n, 2.7, dtype=np.float32),
    "least of all": lambda x, n, w: np.min(w, initial=-0.5) + np.max(w, initial=2.0) + np.min(w, initial=9.0),
    "largest of nothing": lambda x, n, w: np.max(w[:0].reshape(3, 0), axis=1, initial=0.5) + n,
    "masks": lambda x, n, w: masked(w),
}


def written_through_views(x: Any, w: Any) -> Any:
    y = np.zeros((2, 3)) + w
    y[0] += 1
    y.T[1] = w[:2]
    y.reshape(-1)[-1:] *= 3
    y[:, ::-1][1, 0] = x[0]
    y.swapaxes(0, 1)[0] -= 1
    y[::-1, 0] = 2
    y[:, ::-1] += w
    y[..., [0, 2]] -= y[[1, 0]][:, :2]
    z = np.zeros((2, 1, 3)) + w
    z.transpose(1, 2, 0)[0, 1] = w[1:]
    y += z[:, 0]
    np.add.at(y, (np.array([0, 0]), np.array([1, 1])), w[:2])
    return y


def masked(w: Any) -> Any:
    y = w * 1.0
    y[w > 0.5] = 7
    y[np.array([True, False, True])] += w[np.array([False, True, True])]
    return y


@pytest.mark.parametrize("name", MIXED)
def test_dtypes_and_memory_are_as_in_numpy(name: str, where: str) -> None:
    inputs = FLOATS.astype(np.float32), COUNTS, FLOATS
    program = record(MIXED[name])(*inputs)
    np.testing.assert_array_equal(program(*inputs), MIXED[name](*inputs))
    pure, function = on(program, where)
    found = function(*inputs)
    assert pure.engine.plain(found).dtype == program.result.dtype
    np.testing.assert_allclose(np.asarray(found), program.result, rtol=1e-6 if "32" in name else 1e-12)


@needs_jax
def test_what_is_looked_at_twice_is_computed_once(jax: Any) -> None:
    pure = record(lambda x: x.T[0] * x.T[0] + x.T[1])(np.ones((2, 3))).to_jax()
    assert str(jax.make_jaxpr(pure)(np.ones((2, 3)))).count("transpose[") == 1


# -- what must not go unnoticed ----------------------------------------------------------------


def test_what_has_no_equivalent_is_named(where: str) -> None:
    cube = custom_op(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x, name="cube")
    for function, words in (
        (lambda x: cube(x), "cube has no equivalent in the array API standard"),
        (lambda x: np.interp(x, FLOATS, FLOATS), "interp has no equivalent"),
        (lambda x: x[x > 0], "mask"),
    ):
        with pytest.raises(RecordError, match=f"cannot run on (JAX|PyTorch): .*{words}"):
            on(record(function)(FLOATS), where)


def test_an_argument_that_is_changed_is_refused(where: str) -> None:
    def step(w: Any) -> Any:
        w.data -= 0.1
        return w

    with pytest.raises(RecordError, match=r"changes argument 0 .* return"):
        on(record(step)(Tensor(FLOATS, requires_grad=True)), where)


def test_calls_that_do_not_fit_say_so(where: str) -> None:
    training = Training("mlp, SGD", np.float64)
    program, _ = training.recorded()
    pure, _ = on(program, where)
    state, (x, y) = pure.state(), training.data[0]
    random = pure.random()
    for arguments, numbers, error, words in (
        ((x, y), random, TypeError, "changes memory"),
        (({"other": 1}, x, y), random, TypeError, "changes memory.*parameters"),
        ((state, x, y), (), TypeError, r"draws random numbers 1 times, and was given 0"),
        ((state, x), random, TypeError, "another structure"),
        ((state, x[:3], y), random, ShapeError, r"input 0 was recorded with shape \(5, 6\).*\(3, 6\)"),
        ((state, x.astype(np.float32), y), random, ShapeError, "float64, and is .* float32"),
        (
            ({name: a[None] for name, a in state.items()}, x, y),
            random,
            ShapeError,
            "of the state was recorded",
        ),
    ):
        with pytest.raises(error, match=words):
            pure(*arguments, random=numbers)
    with pytest.raises(TypeError, match="takes a state of"):
        pure.load({"other": 1})
    with pytest.raises(ShapeError, match="shape"):
        pure.load({name: pure.engine.constant(np.zeros((1, 2, 3)), None) for name in state})
    training.model[0].weight.data = np.zeros((8, 6))
    for use in (pure.state, lambda: pure.load(state)):
        with pytest.raises(RecordError, match=r"weight.* was replaced"):
            use()


def test_constants_are_part_of_the_program(where: str) -> None:
    pure, _ = on(record(lambda x, how: np.sum(x) if how == "sum" else np.max(x))(FLOATS, "sum"), where)
    assert float(pure(FLOATS, "sum")) == FLOATS.sum()
    with pytest.raises(TypeError, match="recorded for 'sum' as argument how, and is given 'max'"):
        pure(FLOATS, "max")


@needs_jax
def test_float64_on_32_bits_is_refused() -> None:
    layer, memory = nn.Linear(3, 2, rng=0).to(np.float64), np.ones(3)
    for program in (
        record(lambda x: autograd.lend(memory).astype(np.float32) * x)(FLOATS.astype(np.float32)),
        record(lambda x: layer(x))(FLOATS),
        record(lambda a: a * 2)(1.5),
        record(lambda x: x.astype(float).sum().astype(np.float32))(FLOATS.astype(np.float32)),
    ):
        with set_up("jax", wide=False):
            pure = program.to_jax()
            for use in (pure.state, lambda pure=pure: pure(FLOATS)):
                with pytest.raises(RecordError, match="jax_enable_x64"):
                    use()
    chosen = record(lambda x, i: x[i])(FLOATS.astype(np.float32), COUNTS - 1)
    with set_up("jax", wide=False), pytest.raises(RecordError, match="jax_enable_x64"):
        chosen.to_jax()(FLOATS.astype(np.float32), COUNTS + 2**40)


def test_another_branch_is_nan_and_never_another_number(where: str) -> None:
    _, function = on(record(lambda x: autograd.sin(x) if x.sum() > 0 else x * 2)(FLOATS), where)
    np.testing.assert_allclose(np.asarray(function(FLOATS)), np.sin(FLOATS))
    assert np.isnan(np.asarray(function(-FLOATS))).all()


@needs_jax
def test_an_index_outside_is_nan_on_jax(jax: Any) -> None:
    function = jax.jit(record(lambda x, i: (x[i], x[0] + i))(FLOATS, COUNTS - 1).to_jax())
    np.testing.assert_array_equal(function(FLOATS, COUNTS - 3)[0], FLOATS[COUNTS - 3])
    for outside in (COUNTS, COUNTS - 7):
        assert all(np.isnan(result).all() for result in function(FLOATS, outside))
    training = Training("mlp, SGD", np.float64)
    pure = training.recorded()[0].to_jax()
    function = jax.jit(pure)
    x, y = training.data[0]
    one = y.copy()
    one[np.argmin(y)] = -1  # which NumPy, in an index, takes for the last
    for labels in (y + 3, y - 3, one):
        state, loss = function(pure.state(), x, labels, random=pure.random())
        assert np.isnan(loss) and np.isnan(state["parameters"]).all()


@pytest.mark.parametrize("parts", [(slice(6), slice(None, None, 2)), (slice(4), slice(2, 6))], ids=str)
def test_memory_shared_in_another_way_is_refused(parts: tuple[slice, slice], where: str) -> None:
    memory = np.arange(6.0)

    def step(x: Any) -> Any:
        one, two = (autograd.lend(memory[part]) for part in parts)
        one += x
        two *= 2
        return one.sum()

    program = record(step)(1.0)
    with pytest.raises(RecordError, match="share memory"):
        on(program, where)


def test_arguments_are_given_as_they_were_recorded(where: str) -> None:
    pure, _ = on(record(lambda x, *, rate: x["w"] * rate)({"w": 2.0}, rate=3.0), where)
    assert float(pure({"w": 5.0}, rate=4.0)) == 20
    nothing, _ = on(record(lambda options, x: x * 2)({}, 2.0), where)
    assert float(nothing({}, 4.0)) == float(nothing(nothing.state(), {}, 4.0)) == 8
    weight = Tensor([2.0], label="w")
    same, _ = on(record(lambda x: x["w"] * weight)({"w": 2.0}), where)
    assert float(same({"w": 5.0})[0]) == float(same(same.state(), {"w": 5.0})[0]) == 10


def test_an_option_without_equivalent_is_named(where: str) -> None:
    pure, _ = on(record(lambda x: np.add.reduce(x, where=x > 0))(FLOATS), where)
    with pytest.raises(RecordError, match=r"add.reduce with where has no equivalent"):
        pure(FLOATS)
    strange, _ = on(record(lambda x: np.sort(x, stable=True))(FLOATS), where)
    with pytest.raises(RecordError, match=r"sort has no equivalent on (JAX|PyTorch): .*stable"):
        strange(FLOATS)


BYTES = np.array([2, 1, 1], np.uint8)
OF_INTEGERS: dict[str, Callable[[Any, Any], Any]] = {
    "an index": lambda x, i: x[i],
    "a constant index": lambda x, i: x[BYTES] + x[i],
    "added at places": lambda x, i: added_at(x, i),
    "tokens": lambda x, i: nn.functional.embedding(i, Tensor(x[:, None])).plain,
    "classes": lambda x, i: nn.cross_entropy(x[None] * x[:, None], i),
    "compared with what no byte is": lambda x, i: x * (i != -100) + x * (i < 300),
}


def added_at(x: Any, i: Any) -> Any:
    y = x * 1.0
    np.add.at(y, i, 1.0)
    return y


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int64"])
@pytest.mark.parametrize("name", OF_INTEGERS)
def test_integers_of_every_width_are_indices(name: str, dtype: str, where: str) -> None:
    inputs = FLOATS, BYTES.astype(dtype)
    program = record(OF_INTEGERS[name])(*inputs)
    pure, function = on(program, where)
    for x, i in (inputs, (FLOATS * 2, inputs[1][::-1].copy())):
        np.testing.assert_allclose(pure.engine.plain(function(x, i)), program(x, i), rtol=1e-12)


def test_what_would_go_wrong_unseen_is_refused(where: str) -> None:
    weight = Tensor(FLOATS, requires_grad=True, label="weight")

    def accumulates(x: Any) -> Any:
        loss = (weight * x).sum()
        loss.backward()
        return loss

    same_tensor = Tensor(FLOATS)
    for program, words in (
        (record(accumulates)(FLOATS), "'weight'.* had no gradient when it was recorded, and has one after"),
        (record(lambda a, b: a * b)(same_tensor, same_tensor), "two arguments were the same Tensor"),
        (
            record(lambda x: np.argmax(x) if x.sum() > 0 else np.argmin(x))(FLOATS),
            "returns no floats, of which NaN",
        ),
    ):
        with pytest.raises(RecordError, match=words):
            on(program, where)
    pure, _ = on(record(lambda x: x.view(np.int64) * 1.0)(FLOATS), where)
    with pytest.raises(RecordError, match="memory that is read as another dtype has no equivalent"):
        pure(FLOATS)


def test_arguments_of_other_kinds_are_refused(where: str) -> None:
    pure, _ = on(record(lambda n, x: n * 2 + x)(COUNTS.astype(np.int8), 1.0), where)
    with pytest.raises(ShapeError, match=r"int8, and is .* int64"):
        pure(COUNTS + 300, 1.0)
    np.testing.assert_allclose(np.asarray(pure(COUNTS.astype(np.int8), 2.0)), COUNTS * 2 + 2.0)


def test_dicts_may_be_in_another_order(where: str) -> None:
    """As jax.jit has their keys in the order of the alphabet."""
    program = record(lambda d: d["x"] - d["a"][0]["z"])({"x": 5.0, "a": [{"z": 1.0}]})
    other = {"a": [{"z": 2.0}], "x": 7.0}
    assert float(on(program, where)[1](other)) == program(other) == 5.0


def test_a_step_whose_settings_changed_gives_no_state(where: str) -> None:
    training = Training("mlp, SGD", np.float64)
    pure = training.recorded()[0].to_jax() if where == "jax" else training.recorded()[0].to_torch()
    state = pure.state()
    training.model.eval()
    with pytest.raises(RecordError, match="switched between training and evaluation after the recording"):
        pure.state()
    pure.load(state)
    training.model.train()
    assert pure.state().keys() == state.keys()
