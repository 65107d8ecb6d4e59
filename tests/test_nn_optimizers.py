"""Optimisers, schedules and clipping against PyTorch, step by step; and what lies under them."""

import copy
from typing import Any

import numpy as np
import pytest
from reference import updates

import nn
from autograd import ShapeError, StaleGraphError, Value
from nn import bundle

UPDATES = updates()
OPTIMIZERS, SCHEDULES = UPDATES["optimizers"], UPDATES["schedules"]


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(np.array(values)) for values in UPDATES["start"]]


def made(case: dict[str, Any], given: Any) -> nn.Optimizer:
    optimizer: nn.Optimizer = getattr(nn, case["kind"])(given, **case["options"])
    return optimizer


def gradient(p: Any, step: int) -> Any:
    return np.sin(3 * p + step) + 0.1 * p


def train(optimizer: nn.Optimizer, given: list[nn.Parameter], first: int, last: int) -> list[Any]:
    """The steps of the reference: the second parameter has no gradient in steps 2 and 3."""
    path = []
    for step in range(first, last):
        gradients = [
            None if place == 1 and step in (2, 3) else gradient(p.plain, step)
            for place, p in enumerate(given)
        ]
        for p, g in zip(given, gradients, strict=True):
            p.grad = g
        optimizer.step()
        for p, g in zip(given, gradients, strict=True):
            np.testing.assert_array_equal(p.grad, g)  # a step reads the gradients
        path.append([p.plain.copy() for p in given])
    return path


@pytest.mark.parametrize("large", [bundle.LARGE, 3, 1], ids=["together", "one apart", "apart"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_step_and_the_state_are_those_of_pytorch(
    name: str, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "LARGE", large)
    case, given = OPTIMIZERS[name], parameters()
    optimizer = made(case, given)
    path = train(optimizer, given, 0, UPDATES["steps"])
    for ours, expected in zip(path, case["path"], strict=True):
        for p, e in zip(ours, expected, strict=True):
            np.testing.assert_allclose(p, e, rtol=1e-12)
    state = optimizer.state_dict()["state"]
    for place, expected in enumerate(case["state"]):
        for key, total in expected.items():
            np.testing.assert_allclose(state[place][key].sum(), total, rtol=1e-11, err_msg=key)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_values_move_as_tensors_do(name: str) -> None:
    case = OPTIMIZERS[name]
    values = [Value(x) for x in UPDATES["start"][0]]
    optimizer = made(case, values)
    for step in range(UPDATES["steps"]):
        for value in values:
            value.grad = float(gradient(value.data, step))
        optimizer.step()
    np.testing.assert_allclose([v.data for v in values], case["path"][-1][0], rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_goes_on_as_if_nothing_had_happened(name: str) -> None:
    case, given = OPTIMIZERS[name], parameters()
    optimizer = made(case, given)
    train(optimizer, given, 0, 4)
    state = copy.deepcopy(optimizer.state_dict())
    others = [nn.Parameter(p.plain.copy()) for p in given]
    resumed = made(case, others)
    resumed.lr = 77.0
    resumed.load_state_dict(state)
    assert resumed.lr == optimizer.lr
    path = train(resumed, others, 4, UPDATES["steps"])
    for p, e in zip(path[-1], case["path"][-1], strict=True):
        np.testing.assert_allclose(p, e, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_keep_their_dtype(name: str) -> None:
    given = [nn.Parameter([0.5, -1.0]), nn.Parameter(np.array([0.5, -1.0]))]
    optimizer = made(OPTIMIZERS[name], given)
    for step in range(6):
        for p in given:
            p.grad = gradient(p.plain, step)
        optimizer.step()
    assert [p.dtype for p in given] == [np.float32, np.float64]
    np.testing.assert_allclose(given[0].data, given[1].data, rtol=1e-4)
    state = optimizer.state_dict()["state"]
    assert all(a.dtype == np.float32 for k, a in state[0].items() if a.ndim)


def test_a_state_that_does_not_fit_is_refused() -> None:
    given = parameters()
    optimizer = nn.Adam(given)
    train(optimizer, given, 0, 2)
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match="square_avg"):
        nn.RMSprop(parameters()).load_state_dict(state)
    with pytest.raises(ValueError, match="parameter 1, there are 1"):
        nn.Adam(parameters()[:1]).load_state_dict(state)
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2, 1\)"):
        nn.Adam(parameters()[::-1]).load_state_dict(state)


def test_data_and_gradients_assigned_from_outside_count() -> None:
    p, q = nn.Parameter([1.0, 2.0]), nn.Parameter([[3.0]])
    optimizer = nn.SGD([p, q], lr=0.5)
    p.grad, q.grad = [2.0, 2.0], [[2.0]]
    optimizer.step()
    p.data = np.array([10.0, 20.0], np.float32)
    q.data[0, 0] = 7
    p.grad = [4.0, 4.0]
    optimizer.step()
    assert p.data.tolist() == [8, 18] and q.data.tolist() == [[6]]


def test_data_of_another_dtype_is_adopted() -> None:
    p, q = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = nn.Adam([p, q], lr=0.1)
    for _ in range(2):
        p.grad = q.grad = np.ones(1)
        optimizer.step()
    p.data = p.data.astype(np.float64)
    for _ in range(2):
        p.grad = q.grad = np.ones(1)
        optimizer.step()
    assert p.dtype == np.float64 and q.dtype == np.float32
    np.testing.assert_allclose([p.data[0], q.data[0]], 0.6, rtol=1e-6)
    p.data = np.ones(3)
    p.grad = np.ones(3)
    with pytest.raises(ValueError, match=r"shape"):
        optimizer.step()


def test_two_optimizers_may_share_a_parameter() -> None:
    p = nn.Parameter([1.0])
    first, second = nn.SGD([p], lr=1.0), nn.SGD([p, nn.Parameter([5.0])], lr=2.0)
    for optimizer in (first, second, first):
        p.grad = [1.0]
        optimizer.step()
    assert p.data.tolist() == [-3]


def test_a_step_makes_recorded_graphs_stale() -> None:
    layer = nn.Linear(2, 1, rng=0)
    optimizer = nn.SGD(layer.parameters(), lr=0.1)
    old, new = layer(np.ones((1, 2))).sum(), layer(np.ones((1, 2))).sum()
    new.backward()
    optimizer.step()
    with pytest.raises(StaleGraphError):
        old.backward()


def test_the_rate_is_a_float_to_read_and_assign() -> None:
    p = nn.Parameter([0.0])
    optimizer = nn.SGD([p], lr=0.3)
    assert optimizer.lr == 0.3 and isinstance(optimizer.lr, float)
    p.grad = [1.0]
    optimizer.step()
    optimizer.lr = 2.0
    p.grad = [1.0]
    optimizer.step()
    np.testing.assert_allclose(p.data, [-2.3], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: nn.SGD([]), "no parameters"),
        (lambda p: nn.SGD(p, lr=-1.0), "lr must not be negative"),
        (lambda p: nn.SGD(p, lr=float("nan")), "lr must not be negative"),
        (lambda p: nn.SGD(p, weight_decay=-1.0), "weight_decay must not be negative"),
        (lambda p: nn.SGD(p, nesterov=True), "nesterov needs some"),
        (lambda p: nn.Adam(p, betas=(1.0, 0.9)), "beta1 is at least 0 and less than 1"),
        (lambda p: nn.OneCycleLR(nn.SGD(p), 1.0), "total_steps, or epochs"),
        (lambda p: nn.OneCycleLR(nn.Adagrad(p), 1.0, 5), "Adagrad has no momentum"),
        (lambda p: nn.ReduceLROnPlateau(nn.SGD(p), factor=1.0), "factor is less than 1"),
        (lambda p: nn.WarmupLR(nn.SGD(p), 0), "at least one step"),
    ],
)
def test_numbers_out_of_range_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(parameters())


# -- schedules ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_rate_and_momentum_is_that_of_pytorch(name: str) -> None:
    case = SCHEDULES[name]
    optimizer = nn.SGD(parameters(), lr=0.2, momentum=0.9)
    schedule = getattr(nn, case["kind"])(optimizer, **case["options"])
    rates, momenta = [], []
    for _ in case["rates"]:
        rates.append(optimizer.lr)
        momenta.append(optimizer.momentum)
        assert schedule.get_last_lr() == [optimizer.lr]
        if len(rates) < len(case["rates"]):
            schedule.step()
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(momenta, case["momenta"], rtol=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_its_state(name: str) -> None:
    case = SCHEDULES[name]
    first = nn.SGD(parameters(), lr=0.2, momentum=0.9)
    schedule = getattr(nn, case["kind"])(first, **case["options"])
    for _ in range(4):
        schedule.step()
    second = nn.SGD(parameters(), lr=0.9, momentum=0.9)
    resumed = getattr(nn, case["kind"])(second, **case["options"])
    resumed.load_state_dict(schedule.state_dict())
    assert second.lr == first.lr
    schedule.step()
    resumed.step()
    assert second.lr == first.lr
    with pytest.raises(ValueError, match="where"):
        resumed.load_state_dict({"gamma": 1.0})


@pytest.mark.parametrize("case", UPDATES["plateau"])
def test_a_plateau_lowers_the_rate_when_it_does_in_pytorch(case: dict[str, Any]) -> None:
    optimizer = nn.SGD(parameters(), lr=0.2)
    schedule = nn.ReduceLROnPlateau(optimizer, **case["options"])
    rates = []
    for metric in case["metrics"]:
        schedule.step(metric)
        rates.append(optimizer.lr)
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-12)


def test_warmup_and_a_rate_of_ones_own() -> None:
    optimizer = nn.SGD(parameters(), lr=0.8)
    schedule = nn.WarmupLR(optimizer, 4)
    rates = []
    for _ in range(6):
        rates.append(optimizer.lr)
        schedule.step()
    np.testing.assert_allclose(rates, [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    nn.LambdaLR(optimizer, lambda k: 0.5)
    assert optimizer.lr == 0.4


def test_a_cycle_that_is_over_says_so() -> None:
    optimizer = nn.Adam(parameters())
    schedule = nn.OneCycleLR(optimizer, 1.0, 3, pct_start=0.5)
    assert optimizer.betas == (0.95, 0.999)
    schedule.step()
    schedule.step()
    with pytest.raises(ValueError, match="3 steps"):
        schedule.step()


# -- clipping and penalties ---------------------------------------------------------------------


@pytest.mark.parametrize("case", UPDATES["clipping"])
def test_clipping_by_norm_is_that_of_pytorch(case: dict[str, Any]) -> None:
    given = parameters()
    for p in given:
        p.grad = p.plain
    total = nn.clip_grad_norm(given, case["max_norm"], float(case["norm_type"]))
    np.testing.assert_allclose(total, case["total"], rtol=1e-12)
    for p, expected in zip(given, case["gradients"], strict=True):
        np.testing.assert_allclose(p.grad, expected, rtol=1e-12)


def test_clipping_by_value_and_without_gradients() -> None:
    p, q = nn.Parameter([0.0, 0.0]), nn.Parameter([0.0])
    p.grad = [3.0, -0.5]
    nn.clip_grad_value([p, q], 1.0)
    assert p.grad.tolist() == [1, -0.5] and q.grad is None
    assert nn.clip_grad_norm([q], 1.0) == 0.0


def test_penalties_of_tensors_and_values() -> None:
    p = nn.Parameter(np.array([1.0, -2.0]))
    value = Value(3.0)
    nn.l2_penalty([p, value]).backward()
    assert p.grad.tolist() == [2, -4] and value.grad == 6
    p.zero_grad()
    total = nn.l1_penalty([p])
    total.backward()
    assert float(total) == 3 and p.grad.tolist() == [1, -1]
    with pytest.raises(ValueError, match="no parameters"):
        nn.l1_penalty([])


# -- initial weights ----------------------------------------------------------------------------


def test_initial_weights_have_the_spread_that_their_papers_ask_for() -> None:
    tensor = nn.Parameter(np.zeros((300, 100, 2)))
    fan_in, fan_out = 200, 600
    for fill, spread in [
        (nn.init.xavier_uniform_, np.sqrt(2 / (fan_in + fan_out))),
        (nn.init.xavier_normal_, np.sqrt(2 / (fan_in + fan_out))),
        (nn.init.kaiming_uniform_, np.sqrt(2 / fan_in)),
        (nn.init.kaiming_normal_, np.sqrt(2 / fan_in)),
        (lambda t, rng: nn.init.kaiming_normal_(t, mode="fan_out", rng=rng), np.sqrt(2 / fan_out)),
        (lambda t, rng: nn.init.normal_(t, std=0.3, rng=rng), 0.3),
        (lambda t, rng: nn.init.uniform_(t, -1, 1, rng=rng), np.sqrt(1 / 3)),
    ]:  # fmt: skip
        assert fill(tensor, rng=0) is tensor
        assert abs(tensor.plain.std() / spread - 1) < 0.02 and abs(tensor.plain.mean()) < 0.02 * spread
        again = tensor.plain.copy()
        fill(tensor, rng=0)
        assert np.array_equal(again, tensor.plain)


def test_orthogonal_weights_are_orthogonal_and_truncated_ones_inside() -> None:
    for shape in ((4, 9), (9, 4), (4, 3, 3)):
        w = nn.init.orthogonal_(nn.Parameter(np.zeros(shape)), gain=2.0, rng=0).plain.reshape(shape[0], -1)
        product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)
    inside = nn.init.trunc_normal_(nn.Parameter(np.zeros(1000)), a=-1, b=1, rng=0).plain
    assert abs(inside).max() <= 1 and inside.std() > 0.4
    assert nn.init.zeros_(nn.Parameter([1.0])).dtype == np.float32
    with pytest.raises(ValueError, match="two axes"):
        nn.init.xavier_uniform_(nn.Parameter([1.0]))
