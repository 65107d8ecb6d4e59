"""The tiny GPT on Values and on Tensors is one network, and it learns."""

from typing import Any

import numpy as np
import pytest
from microgpt_reference import Reference

from autograd import order
from chainrule.datasets import names
from chainrule.microgpt import Letters, Settings, TensorGPT, ValueGPT, first_weights, sample
from nn import Adam, PolynomialLR

LETTERS, SETTINGS, RATE, STEPS = Letters(), Settings(), 0.01, 20


def shuffled() -> list[list[int]]:
    found = names()
    return [LETTERS.encode(found[i]) for i in np.random.default_rng(0).permutation(len(found))]


def losses(model: Any, data: list[list[int]], steps: int) -> list[float]:
    """Train for some steps, and return the loss before each."""
    optimizer = Adam(model.parameters(), lr=RATE, betas=(0.85, 0.99))
    schedule = PolynomialLR(optimizer, total_iters=steps)
    found = []
    for tokens in data[:steps]:
        loss = model.loss(tokens)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        found.append(float(loss))
    return found


def test_values_tensors_and_plain_python_have_the_same_losses() -> None:
    data, weights = shuffled(), first_weights(SETTINGS, 1)
    reference = Reference(weights, RATE, STEPS)
    values = losses(ValueGPT(SETTINGS, weights), data, STEPS)
    tensors = losses(TensorGPT(SETTINGS, weights), data, STEPS)
    np.testing.assert_allclose(values, tensors, rtol=0, atol=1e-9)
    expected = [reference.step(tokens) for tokens in data[:STEPS]]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
    assert len({round(loss, 3) for loss in values}) > 10  # the names and the weights do differ


def test_gradients_are_equal_and_reach_every_matrix() -> None:
    weights = first_weights(SETTINGS, 2)
    values, tensors = ValueGPT(SETTINGS, weights), TensorGPT(SETTINGS, weights)
    tokens = LETTERS.encode("maximiliana")
    for model in (values, tensors):
        model.zero_grad()
        model.loss(tokens).backward()
    for name, parameter in tensors.named_parameters():
        numbers = [p.grad for p in values.parameters() if p.label.startswith(f"{name}[")]
        np.testing.assert_allclose(np.reshape(numbers, parameter.shape), parameter.grad, atol=1e-12)
        assert parameter.grad.any(), name


def test_several_layers_and_heads_and_a_long_name() -> None:
    settings = Settings(width=6, heads=3, layers=2, block=4)
    weights = first_weights(settings, 3)
    values, tensors = ValueGPT(settings, weights), TensorGPT(settings, weights)
    tokens = LETTERS.encode("alexandra")  # of which a block of 4 sees the beginning
    assert float(tensors.loss(tokens)) == pytest.approx(float(values.loss(tokens)), abs=1e-12)
    assert float(tensors.loss(tokens)) == float(tensors.loss(tokens[:5]))
    np.testing.assert_allclose(values.predict(tokens[:4]), tensors.predict(tokens[:4]), atol=1e-12)
    with pytest.raises(ValueError, match="a width of 16 cannot be divided among 5 heads"):
        Settings(heads=5)


def test_a_batch_is_its_rows_and_nobody_sees_what_comes_later() -> None:
    model = TensorGPT(SETTINGS, first_weights(SETTINGS, 4))
    tokens = np.random.default_rng(0).integers(0, 27, (3, 9))
    scores = model(tokens).data
    for row, one in zip(tokens, scores, strict=True):
        np.testing.assert_allclose(model(row).data, one, atol=1e-12)
    changed = tokens.copy()
    changed[:, 5:] = 0
    np.testing.assert_array_equal(model(changed).data[:, :5], scores[:, :5])


def test_it_learns_to_write_names() -> None:
    data = shuffled()
    model = TensorGPT(SETTINGS, first_weights(SETTINGS, 0), np.float32)
    found = losses(model, data, 600)
    assert np.mean(found[:10]) > 2.9 and np.mean(found[-100:]) < 2.45
    draw = np.random.default_rng(0)
    written = [sample(model, LETTERS, draw) for _ in range(20)]
    assert all(len(name) <= SETTINGS.block for name in written)
    assert 3 < np.mean([len(name) for name in written]) < 9
    vowels = np.mean([letter in "aeiouy" for name in written for letter in name])
    assert 0.3 < vowels < 0.7, written
    again = np.random.default_rng(0)
    assert written == [sample(model, LETTERS, again) for _ in range(20)]


def test_a_step_on_values_knows_where_each_number_comes_from() -> None:
    loss = ValueGPT(SETTINGS, first_weights(SETTINGS, 0)).loss(LETTERS.encode("al"))
    scopes = {node.scope.rpartition(".head")[0] or node.scope for node in order(loss)}
    assert {"layers.0.attention", "layers.0.perceptron", "head", "loss"} <= scopes
