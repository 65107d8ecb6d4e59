"""Optimisers, schedules and clipping against PyTorch, step by step; and what lies under them."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reference import updates

import autograd
import nn
from autograd import ShapeError, StaleGraphError, Value
from nn import bundle

UPDATES = updates()
OPTIMIZERS, SCHEDULES = UPDATES["optimizers"], UPDATES["schedules"]
ALONE = [name for name in OPTIMIZERS if not name.endswith("groups")]


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(np.array(values)) for values in UPDATES["start"]]


def made(case: dict[str, Any], given: Any) -> nn.Optimizer:
    """The optimiser of a case, with a group for each parameter if the case says so."""
    options = dict(case["options"])
    if own := options.pop("groups", None):
        given = [{"params": [p], **each} for p, each in zip(given, own, strict=True)]
    optimizer: nn.Optimizer = getattr(nn, case["kind"])(given, **options)
    return optimizer


def states(optimizer: nn.Optimizer) -> list[dict[str, Any]]:
    """The state of each parameter."""
    return [state for group in optimizer.groups for state in group.state_dict()["state"].values()]


def gradient(p: Any, step: int) -> Any:
    return np.sin(3 * p + step) + 0.1 * p


def train(
    optimizer: nn.Optimizer,
    given: list[nn.Parameter],
    first: int,
    last: int,
    take: Callable[[], Any] | None = None,
) -> list[Any]:
    """The steps of the reference: the second parameter has no gradient in steps 2 and 3."""
    path = []
    for step in range(first, last):
        gradients = [
            None if place == 1 and step in (2, 3) else gradient(p.plain, step)
            for place, p in enumerate(given)
        ]
        for p, g in zip(given, gradients, strict=True):
            p.grad = g
        (take or optimizer.step)()
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
            np.testing.assert_allclose(p, e, rtol=1e-12, atol=1e-14)
    for own, expected in zip(states(optimizer), case["state"], strict=True):
        for key, total in expected.items():
            np.testing.assert_allclose(own[key].sum(), total, rtol=1e-11, atol=1e-14, err_msg=key)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("large", [bundle.LARGE, 1], ids=["together", "apart"])
def test_momentum_that_is_switched_on_late_begins_without_dampening_as_in_pytorch(
    large: int, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "LARGE", large)
    case, given = UPDATES["late"], parameters()
    optimizer = made(case, given)
    assert isinstance(optimizer, nn.SGD)
    take = autograd.compile(optimizer.step) if compiled else None
    path = train(optimizer, given, 0, 3, take)
    optimizer.momentum = 0.9
    path += train(optimizer, given, 3, 10, take)
    again = [nn.Parameter(p.plain.copy()) for p in given]
    resumed = nn.SGD(again, momentum=0.9, **case["options"])
    resumed.load_state_dict(optimizer.state_dict())
    path += train(resumed, again, 10, UPDATES["steps"])
    for ours, expected in zip(path, case["path"], strict=True):
        for p, e in zip(ours, expected, strict=True):
            np.testing.assert_allclose(p, e, rtol=1e-12, atol=1e-14)
    for own, expected in zip(states(resumed), case["state"], strict=True):
        np.testing.assert_allclose(own["momentum_buffer"].sum(), expected["momentum_buffer"], rtol=1e-11)


@pytest.mark.parametrize("name", ALONE)
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
        np.testing.assert_allclose(p, e, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ALONE)
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
        (lambda p: nn.SGD(p, nesterov=True), "nesterov needs momentum"),
        (lambda p: nn.Adam(p, betas=(1.0, 0.9)), "beta1 is at least 0 and less than 1"),
        (lambda p: nn.OneCycleLR(nn.SGD(p), 1.0), "total_steps, or epochs"),
        (lambda p: nn.OneCycleLR(nn.Adagrad(p), 1.0, 5), "Adagrad has no momentum"),
        (lambda p: nn.ReduceLROnPlateau(nn.SGD(p), factor=1.0), "factor is less than 1"),
        (lambda p: nn.SGD(p, momentum=-1.0), "momentum must not be negative"),
        (lambda p: nn.Adam(p, eps=-1.0), "eps must not be negative"),
        (lambda p: nn.RMSprop(p, alpha=-1.0), "alpha must not be negative"),
        (lambda p: nn.Adagrad(p, lr_decay=-1.0), "lr_decay must not be negative"),
        (lambda p: nn.NAdam(p, momentum_decay=-1.0), "momentum_decay must not be negative"),
        (lambda p: nn.Adadelta(p, rho=1.0), "rho is at least 0 and less than 1"),
        (lambda p: nn.OneCycleLR(nn.SGD(p), [1.0, 2.0], 5), "2 rates in max_lr for 1 groups"),
        (lambda p: nn.WarmupLR(nn.SGD(p), 0), "steps is 1 or more"),
        (lambda p: nn.StepLR(nn.SGD(p), 0), "step_size is 1 or more"),
        (lambda p: nn.LinearLR(nn.SGD(p), total_iters=0), "total_iters is 1 or more"),
        (lambda p: nn.LinearLR(nn.SGD(p), start_factor=0.0), "between 0 and 1"),
        (lambda p: nn.PolynomialLR(nn.SGD(p), 0), "total_iters is 1 or more"),
        (lambda p: nn.CosineAnnealingLR(nn.SGD(p), 0), "T_max is 1 or more"),
        (lambda p: nn.CosineAnnealingWarmRestarts(nn.SGD(p), 3, 0), "T_mult is 1 or more"),
        (lambda p: nn.clip_grad_norm(p, -1.0), "max_norm must not be negative"),
        (lambda p: nn.clip_grad_value(p, -1.0), "clip_value must not be negative"),
    ],
)
def test_numbers_out_of_range_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(parameters())


def test_a_model_in_place_of_its_parameters_is_refused() -> None:
    for model in (nn.Linear(2, 1), nn.MLP(2, [1])):
        with pytest.raises(TypeError, match=r"^Adam takes parameters, .* pass model.parameters\(\)"):
            nn.Adam(model)  # type: ignore[arg-type]


def test_groups_have_settings_of_their_own_and_share_the_rest() -> None:
    p, q = parameters()
    optimizer = nn.AdamW([{"params": [p], "lr": 0.5}, {"params": q, "weight_decay": 0.0}], lr=0.1, eps=0.2)
    first, second = optimizer.groups
    assert (first.lr, first.weight_decay, first.eps) == (0.5, 0.01, 0.2)  # type: ignore[attr-defined]
    assert (second.lr, second.weight_decay, second.eps) == (0.1, 0.0, 0.2)  # type: ignore[attr-defined]
    assert optimizer.parameters == [p, q] and optimizer.lr == 0.5
    optimizer.lr = 0.3
    assert first.lr == second.lr == 0.3
    p.grad = p.plain
    optimizer.zero_grad()
    assert p.grad is None
    assert repr(optimizer).startswith("AdamW(AdamW(lr=0.3, 3 numbers")


def test_groups_that_make_no_sense_are_refused() -> None:
    p, q = parameters()
    with pytest.raises(ValueError, match="a parameter is in two groups"):
        nn.SGD([{"params": [p]}, {"params": [q, p]}])
    with pytest.raises(TypeError, match="moment"):
        nn.SGD([{"params": [p], "moment": 0.9}])
    with pytest.raises(TypeError, match="params"):
        nn.SGD([{"lr": 0.1}])
    with pytest.raises(ValueError, match="lr must not be negative"):
        nn.SGD([{"params": [p], "lr": -0.1}])
    with pytest.raises(ValueError, match="parameter 1 is no leaf"):
        nn.SGD([p, {"params": [q]}])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="parameter 0 is no leaf"):
        nn.SGD(p * 2)
    grouped = nn.SGD([{"params": [p]}, {"params": [q]}])
    with pytest.raises(ValueError, match="the state has 1 groups, the optimiser 2"):
        grouped.load_state_dict(nn.SGD([p, q]).state_dict())


# -- schedules ----------------------------------------------------------------------------------


def with_two_rates(**options: Any) -> nn.SGD:
    """The optimiser of the reference: a group for each parameter."""
    first, second = parameters()
    return nn.SGD([{"params": first, "lr": 0.2}, {"params": [second], "lr": 0.7}], **options)


def test_every_schedule_has_a_case() -> None:
    made_from = {case["kind"] for case in SCHEDULES.values()} | {"ReduceLROnPlateau"}
    own = {"LambdaLR", "Schedule", "WarmupLR"}
    assert made_from | own == set(nn.schedules.__all__)
    assert {case["kind"] for case in OPTIMIZERS.values()} | {"Optimizer"} == set(nn.optimizers.__all__)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_rate_and_momentum_is_that_of_pytorch_also_after_a_stop(name: str) -> None:
    case = SCHEDULES[name]
    optimizer = with_two_rates(momentum=0.9)
    schedule = getattr(nn, case["kind"])(optimizer, **case["options"])
    for place, (rates, momentum) in enumerate(zip(case["rates"], case["momenta"], strict=True)):
        if place:
            schedule.step()
        np.testing.assert_allclose(schedule.get_last_lr(), rates, rtol=1e-12, atol=1e-15)
        for group in optimizer.groups:
            assert isinstance(group, nn.SGD)
            np.testing.assert_allclose(group.momentum, momentum, rtol=1e-12)
        if place % 7 == 3:  # stop, and go on with a new optimiser and a new schedule
            state = copy.deepcopy(schedule.state_dict())
            optimizer = with_two_rates(momentum=0.9)
            schedule = getattr(nn, case["kind"])(optimizer, **case["options"])
            schedule.load_state_dict(state)
            np.testing.assert_allclose(schedule.get_last_lr(), rates, rtol=1e-12, atol=1e-15)


def test_a_schedule_refuses_the_state_of_another() -> None:
    schedule = nn.StepLR(nn.SGD(parameters()), 3)
    with pytest.raises(ValueError, match="where"):
        schedule.load_state_dict({"gamma": 1.0})
    with pytest.raises(ValueError, match="2 groups where 1 are"):
        schedule.load_state_dict(nn.StepLR(with_two_rates(), 3).state_dict())


@pytest.mark.parametrize("case", UPDATES["plateau"])
def test_a_plateau_lowers_the_rate_when_it_does_in_pytorch(case: dict[str, Any]) -> None:
    optimizer = with_two_rates()
    schedule = nn.ReduceLROnPlateau(optimizer, **case["options"])
    for place, (metric, rates) in enumerate(zip(case["metrics"], case["rates"], strict=True)):
        schedule.step(metric)
        np.testing.assert_allclose(schedule.get_last_lr(), rates, rtol=1e-12)
        if place % 7 == 3:
            state, resumed = schedule.state_dict(), nn.ReduceLROnPlateau(optimizer)
            resumed.load_state_dict(state)
            schedule = resumed


def test_warmup_and_a_rate_of_ones_own() -> None:
    optimizer = nn.SGD(parameters(), lr=0.8)
    schedule = nn.WarmupLR(optimizer, 4)
    rates = []
    for _ in range(6):
        rates.append(optimizer.lr)
        schedule.step()
    np.testing.assert_allclose(rates, [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
    own = nn.LambdaLR(optimizer, lambda k: 1 / (2 + k))
    assert optimizer.lr == 0.4
    own.step()
    resumed = nn.LambdaLR(nn.SGD(parameters()), lambda k: 1 / (2 + k))
    resumed.load_state_dict(own.state_dict())  # without the function
    assert resumed.get_last_lr() == own.get_last_lr() == [0.8 / 3]


def test_a_cycle_that_is_over_says_so() -> None:
    optimizer = nn.Adam(parameters())
    schedule = nn.OneCycleLR(optimizer, 1.0, 3, pct_start=0.5)
    assert optimizer.betas == (0.95, 0.999)
    schedule.step()
    schedule.step()
    with pytest.raises(ValueError, match="3 steps"):
        schedule.step()


@pytest.mark.parametrize("kind", [nn.SGD, nn.RMSprop])
def test_momentum_can_be_switched_on_at_any_time(kind: Any) -> None:
    def moved(optimizer: Any, change: Callable[[Any], Any]) -> Any:
        for number in range(4):
            if number == 2:
                change(optimizer)
            for p in optimizer.parameters:
                p.grad = p.plain
            optimizer.step()
        return optimizer

    plain = moved(kind(parameters(), lr=0.1), lambda optimizer: None)
    late = moved(kind(parameters(), lr=0.1), lambda optimizer: setattr(optimizer, "momentum", 0.9))
    cycled = moved(kind(parameters(), lr=0.1), lambda optimizer: nn.OneCycleLR(optimizer, 0.1, 5))
    for a, b, c in zip(plain.parameters, late.parameters, cycled.parameters, strict=True):
        assert not np.array_equal(a.plain, b.plain) and not np.array_equal(a.plain, c.plain)
    resumed = kind(parameters(), lr=0.1)
    nn.OneCycleLR(resumed, 0.1, 5)
    resumed.load_state_dict(cycled.state_dict())
    assert "momentum_buffer" in resumed.state_dict()["state"][0]


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


@pytest.mark.parametrize("kind", ["deepcopy", "pickle"])
def test_a_copy_of_a_model_and_its_optimizer_trains_on(kind: str) -> None:
    def step(model: Any, optimizer: Any) -> float:
        optimizer.zero_grad()
        loss = nn.mse_loss(model(np.ones((2, 3), np.float32)), np.zeros((2, 2), np.float32))
        loss.backward()
        optimizer.step()
        return loss.item()

    model = nn.Linear(3, 2, rng=0)
    pair = model, nn.Adam(model.parameters(), lr=0.01)
    step(*pair)
    other = copy.deepcopy(pair) if kind == "deepcopy" else pickle.loads(pickle.dumps(pair))
    found = [step(*other) for _ in range(3)]
    assert found == [step(*pair) for _ in range(3)] and found[0] > found[-1]
