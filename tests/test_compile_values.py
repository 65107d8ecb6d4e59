"""Graphs of Values compiled: trained in groups of numbers, and run on a batch of inputs at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from step_pairs import twice

import nn
from autograd import RecordError, ShapeError, Value, record
from chainrule.datasets import moons

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_scalar_networks_are_trained_in_groups(activation: str) -> None:
    points, labels = moons(12, seed=0)

    def make() -> tuple[Any, Any]:
        model = nn.MLP(2, [4, 3, 1], activation, rng=0)
        parameters = model.parameters()

        def step(x: Any, y: Any) -> Any:
            for p in parameters:
                p.grad = None
            losses = [(1 - t * model([Value(a), Value(b)])).relu() for (a, b), t in zip(x, y, strict=True)]
            loss = sum(losses, Value(0.0)) / len(losses) + 1e-3 * sum((p * p for p in parameters), Value(0.0))
            loss.backward()
            for p in parameters:
                p.data -= 0.1 * p.grad
            return loss

        return parameters, step

    one, two, eager, compiled = twice(make)
    y = labels.astype(float)
    for _ in range(8):
        assert compiled(points, y).data == pytest.approx(eager(points, y).data, rel=1e-12)
    assert [p.data for p in two] == pytest.approx([p.data for p in one], rel=1e-12)
    assert [p.grad for p in two] == pytest.approx([p.grad for p in one], rel=1e-9, abs=1e-15)
    ((program,),) = compiled.programs.values()
    assert len(program) > 1000 and len(program.plan.calls) < len(program) / 10
    two[0].data = 3.0  # from outside, between steps
    one[0].data = 3.0
    assert compiled(points, y).data == pytest.approx(eager(points, y).data, rel=1e-12)


def test_an_optimizer_of_values_is_part_of_the_program() -> None:
    def make() -> tuple[Any, Any]:
        parameters = [Value(float(x)) for x in np.linspace(-1, 1, 40)]
        optimizer = nn.Adam(parameters, lr=0.05)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = sum(((p - a) * (p - a) for p, a in zip(parameters, x, strict=True)), Value(0.0))
            loss.backward()
            nn.clip_grad_norm(parameters, 0.5)
            nn.clip_grad_value(parameters, 0.3)
            optimizer.step()
            return loss

        return parameters, step

    one, two, eager, compiled = twice(make)
    for k in range(7):
        x = np.linspace(0, 1, 40) + 0.01 * k
        assert compiled(x).data == pytest.approx(eager(x).data, rel=1e-12)
    assert [p.data for p in two] == pytest.approx([p.data for p in one], rel=1e-12)


def test_a_batch_of_inputs_runs_a_scalar_program_at_once() -> None:
    model = nn.MLP(2, [4, 3, 1], "tanh", rng=0)

    def score_and_slope(x: Any, y: Any) -> Any:
        a = Value(x)
        score = model([a, Value(y)])
        score.backward()
        return score, a.grad

    program = record(score_and_slope)(0.3, -0.2)
    points = RANDOM.uniform(-1, 1, (20, 2))
    scores, slopes = program.batch(points[:, 0], points[:, 1])
    for point, score, slope in zip(points, scores, slopes, strict=True):
        expected, expected_slope = score_and_slope(*map(float, point))
        assert score == pytest.approx(expected.data, rel=1e-12)
        assert slope == pytest.approx(expected_slope, rel=1e-12)


def test_what_a_batch_cannot_do_is_an_error() -> None:
    with pytest.raises(RecordError, match="item 2"):
        record(lambda x: x * 2 if x > 0 else x)(1.0).batch(np.array([1.0, 2.0, -1.0]))
    with pytest.raises(RecordError, match="array"):
        record(lambda x, y: x * y.sum())(1.0, np.ones(2)).batch(np.ones(3), np.ones((3, 2)))
    with pytest.raises(ShapeError, match="one length"):
        record(lambda x, y: x * y)(1.0, 2.0).batch(np.ones(3), np.ones(2))
    program = record(lambda x, k: x * k)(2.0, 3)
    for arguments in ((np.ones(2),), (np.ones(2), 3, np.ones(2))):
        with pytest.raises(TypeError, match="arguments of another structure"):
            program.batch(*arguments)
    with pytest.raises(TypeError, match="recorded for 3 as argument k, and is given 5"):
        program.batch(np.ones(2), 5)


def test_a_batch_has_names_and_answers() -> None:
    program = record(lambda x, *, limit: (x > limit, x * limit))(1.0, limit=2.0)
    above, scaled = program.batch(np.array([1.0, 5.0]), limit=np.array([2.0, 3.0]))
    assert above.dtype == bool and above.tolist() == [False, True] and scaled.tolist() == [2, 15]
