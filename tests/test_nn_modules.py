"""Modules: names, states and outputs as PyTorch has them; modes, hooks, scopes, copies."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import StaleGraphError, Tensor, recurrent_ops


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3))
    before = model.state_dict()
    for change, message in [
        ({"0.weight": np.zeros((3, 4))}, r"0.weight has shape \(3, 2\).*shape \(3, 4\)"),
        ({"more": np.zeros(1)}, r"unexpected \['more'\]"),
        ({"0.bias": None}, r"missing \['0.bias'\]"),
    ]:
        state = {k: v + 1 for k, v in before.items()} | change
        state = {k: v for k, v in state.items() if v is not None}
        with pytest.raises(ValueError, match=message):
            model.load_state_dict(state)
        after = model.state_dict()
        assert all(np.array_equal(after[k], before[k]) for k in before)
    model.load_state_dict({"0.bias": np.ones(3)}, strict=False)
    assert model.state_dict()["0.bias"].tolist() == [1, 1, 1]


def test_a_state_is_a_copy() -> None:
    model = nn.Linear(2, 1, rng=0)
    state = model.state_dict()
    state["weight"][:] = 5
    assert not (model.weight.data == 5).any()


def test_losses_on_logits_do_not_overflow() -> None:
    logits = Tensor([[1000.0, -1000.0], [-np.inf, 0.0]], requires_grad=True)
    loss = nn.cross_entropy(logits, np.array([1, 1]))
    loss.backward()
    assert loss.data == 1000 and np.array_equal(logits.grad, [[0.5, -0.5], [0, 0]])
    x = Tensor([1000.0, -1000.0], requires_grad=True)
    nn.binary_cross_entropy_with_logits(x, np.array([0.0, 1.0]), reduction="sum").backward()
    assert np.array_equal(x.grad, [1, -1])
    p = Tensor([0.0, 1.0], requires_grad=True)
    nn.binary_cross_entropy(p, np.array([0.0, 1.0])).backward()
    assert np.array_equal(p.grad, [0.5, -0.5])


def test_a_fully_masked_row_of_attention_is_zero() -> None:
    mask = np.array([[True, False], [False, False]])
    q = Tensor(np.ones((2, 3)), requires_grad=True)
    y = nn.functional.scaled_dot_product_attention(q, np.ones((2, 3)), np.ones((2, 1)), mask)
    y.sum().backward()
    assert y.data.tolist() == [[1], [0]] and np.isfinite(q.grad).all()


def test_max_pool_shares_a_tie_evenly_and_passes_nan_on() -> None:
    x = Tensor(np.array([[[2.0, 2.0, 1.0, np.nan]]]), requires_grad=True)
    y = nn.functional.max_pool1d(x, 2)
    assert np.isnan(y.data[0, 0, 1])
    y[:, :, 0].sum().backward()
    assert x.grad[0, 0].tolist() == [0.5, 0.5, 0, 0]


def test_labels_are_paths_and_nodes_know_their_module() -> None:
    body = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU())
    model = nn.Sequential(body, nn.Linear(3, 1, rng=0))
    assert [p.label for p in model.parameters()] == ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]
    assert [name for name, _ in model.named_parameters()] == [p.label for p in model.parameters()]
    y = model(np.ones((4, 2)))
    assert y.scope == "1" and y.parents[0].scope == "0.1" and y.parents[0].parents[0].scope == "0.0"
    assert (y * 2).scope == ""
    own = nn.Sequential(nn.Linear(1, 1))
    own[0].weight.label = "slope"  # type: ignore[attr-defined]
    assert [p.label for p in nn.Sequential(own).parameters()] == ["slope", "0.0.bias"]


def test_modes_reach_every_module() -> None:
    model = nn.Sequential(nn.Sequential(nn.Dropout(0.5, rng=0)), nn.ModuleList([nn.BatchNorm1d(2)]))
    assert [m.training for m in model.eval().modules()] == [False] * 5
    assert [m.training for m in model.train().modules()] == [True] * 5


def test_dropout_follows_its_seed_and_keeps_the_mean() -> None:
    x = np.ones(100_000)
    first, second = nn.Dropout(0.3, rng=1), nn.Dropout(0.3, rng=1)
    y = first(x)
    assert np.array_equal(y, second(x)) and not np.array_equal(y, first(x))
    assert abs(y.mean() - 1) < 0.01 and set(np.unique(y)) == {0, 1 / 0.7}
    assert nn.Dropout(1.0)(x).sum() == 0 and nn.Dropout(0.0)(x) is x
    assert first(Tensor(np.ones(3, np.float32))).dtype == np.float32
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(1.5)


def test_dropout_between_recurrent_layers_is_for_training_only() -> None:
    x = np.ones((3, 2, 4), np.float32)
    model = nn.GRU(4, 3, num_layers=2, dropout=0.5, rng=0)
    assert not np.array_equal(model(x)[0].data, model(x)[0].data)
    model.eval()
    assert np.array_equal(model(x)[0].data, model(x)[0].data)


def test_forward_hooks_see_and_replace() -> None:
    layer, seen = nn.Linear(2, 2, rng=0), []
    look = layer.register_forward_hook(
        lambda module, inputs, output: seen.append((inputs[0].shape, output.shape))
    )
    layer(np.ones((3, 2)))
    look.remove()
    look.remove()
    double = layer.register_forward_pre_hook(lambda module, inputs: inputs[0] * 2)
    negate = layer.register_forward_hook(lambda module, inputs, output: -output)
    changed = layer(np.ones((1, 2)))
    double.remove()
    negate.remove()
    plain = layer(np.full((1, 2), 2.0))
    assert seen == [((3, 2), (3, 2))] and np.array_equal(changed.data, -plain.data)


def test_backward_hooks_see_the_gradients_of_inputs_and_output() -> None:
    layer, seen = nn.Linear(2, 1, rng=0).double(), []
    layer.register_full_backward_hook(lambda module, inputs, output: seen.append((inputs, output)))
    x = Tensor(np.ones((3, 2)), requires_grad=True)
    (layer(x) * 3).sum().backward()
    (inputs, output), weight = seen[0], layer.weight.data
    assert len(seen) == 1 and (output == 3).all()
    np.testing.assert_allclose(inputs[0], np.tile(3 * weight, (3, 1)))
    np.testing.assert_allclose(x.grad, inputs[0])
    layer(np.ones((3, 2))).sum().backward()
    assert seen[1][0] == (None,)


def test_a_copy_is_its_own_and_a_pickle_comes_back() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2))
    model(np.ones((3, 2)))  # a mode is remembered inside
    twin, stored = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    model[0].weight.data = np.zeros((2, 2), np.float32)  # type: ignore[attr-defined]
    for other in (twin, stored):
        assert other[0].weight.data.any() and other[0].weight.label == "0.weight"
        assert isinstance(other[0].weight, nn.Parameter) and other(np.ones((3, 2))).shape == (3, 2)


def test_loading_makes_recorded_graphs_stale() -> None:
    model = nn.Linear(2, 1, rng=0)
    loss = model(np.ones((3, 2))).sum()
    model.load_state_dict(model.state_dict())
    with pytest.raises(StaleGraphError):
        loss.backward()


def test_a_module_in_words() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Dropout(0.1)))
    assert repr(model).splitlines() == [
        "Sequential(",
        "  (0): Linear(in_features=2, out_features=3, bias=True)",
        "  (1): Sequential(",
        "    (0): Dropout(p=0.1)",
        "  )",
        ")",
    ]


def test_recurrent_layers_take_one_sequence_without_a_batch() -> None:
    model = nn.LSTM(2, 3, rng=0)
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    alone, (h, c) = model(x)
    batch, (_, c_batch) = model(x[:, None])
    assert alone.shape == (5, 3) and h.shape == c.shape == (1, 3)
    np.testing.assert_array_equal(alone.data, batch.data[:, 0])
    np.testing.assert_array_equal(c.data, c_batch.data[:, 0])


def test_the_lstm_layer_is_its_cell_at_every_time() -> None:
    layer, cell = nn.LSTM(2, 3, rng=0).double(), nn.LSTMCell(2, 3).double()
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x = Tensor(np.random.default_rng(1).normal(size=(4, 2, 2)), requires_grad=True)
    outputs, (_, c) = layer(x)
    autograd.sum(autograd.sin(outputs)).backward()
    expected, x.grad, state = x.grad, None, None
    states = []
    for t in range(4):
        state = cell(x[t], state)
        states.append(state[0])
    autograd.sum(autograd.sin(autograd.stack(states))).backward()
    np.testing.assert_allclose(outputs.data[-1], states[-1].data, rtol=1e-12)
    np.testing.assert_allclose(c.data[0], state[1].data, rtol=1e-12)  # type: ignore[index]
    np.testing.assert_allclose(x.grad, expected, rtol=1e-10)
    for (_, own), (_, other) in zip(layer.named_parameters(), cell.named_parameters(), strict=True):
        np.testing.assert_allclose(own.grad, other.grad, rtol=1e-10)


def test_the_lstm_row_is_the_cell_to_the_second_order_in_all_its_parts() -> None:
    random = np.random.default_rng(0)
    inputs = [random.normal(size=shape) for shape in ((3, 3, 8), (3, 2), (3, 2), (8, 2))]
    steps = range(3)

    def by_row(*args: Any) -> Any:
        return autograd.sum(autograd.sin(recurrent_ops.lstm(*args)))

    def by_hand(z: Any, h: Any, c: Any, weight: Any) -> Any:
        total = 0.0
        h, c = h.T, c.T
        for t in steps:
            a = z[t].T + weight @ h
            i, f, o = (autograd.sigmoid(a[2 * k : 2 * k + 2]) for k in (0, 1, 3))
            g = autograd.tanh(a[4:6])
            c = f * c + i * g
            h = o * autograd.tanh(c)
            parts = (h, c, i, f, o, g, autograd.tanh(c))
            total = total + sum(autograd.sum(autograd.sin(part)) for part in parts)
        return total

    def size(function: Any) -> Any:
        every = autograd.grad(function, argnums=range(4))
        return lambda *args: sum(autograd.sum(g * g) for g in every(*args))

    for first, second in ((by_row, by_hand), (size(by_row), size(by_hand))):
        ours = autograd.grad(first, argnums=range(4))(*inputs)
        expected = autograd.grad(second, argnums=range(4))(*inputs)
        for g, e in zip(ours, expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-10, atol=1e-12)


def test_initial_weights_follow_the_seed() -> None:
    for make in (
        lambda rng: nn.Linear(2, 3, rng=rng),
        lambda rng: nn.Conv2d(2, 3, 2, rng=rng),
        lambda rng: nn.Embedding(3, 2, rng=rng),
        lambda rng: nn.LSTM(2, 3, 2, rng=rng),
        lambda rng: nn.GRUCell(2, 3, rng=rng),
        lambda rng: nn.TransformerBlock(4, 2, 6, rng=rng),
    ):
        first, second, other = (make(rng).state_dict() for rng in (0, 0, 1))
        assert all(np.array_equal(first[key], second[key]) for key in first)
        assert any(not np.array_equal(first[key], other[key]) for key in first)


def test_a_network_of_values_runs_over_a_batch() -> None:
    model = nn.MLP(2, [3, 2], rng=0)
    points = np.random.default_rng(0).normal(size=(5, 2))
    together = model(points)
    one_by_one = np.array([[value.data for value in model(point)] for point in points.tolist()])
    np.testing.assert_allclose(together.data, one_by_one, rtol=1e-12)
    (together**2).sum().backward()
    gradients = [p.grad for p in model.parameters()]
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    for point in points.tolist():
        a, b = model(point)
        (a * a + b * b).backward()
    np.testing.assert_allclose(gradients, [p.grad for p in model.parameters()], rtol=1e-9)
