"""Write what PyTorch computes in float64 to ``layers.npz`` and ``updates.json``, for the tests to compare.

The tests never need PyTorch. To write the files anew, in an environment of its own::

    pip install torch==2.13.0 numpy && python tests/reference/make_reference.py

For each case of ``cases.py``, with the output y: the gradients of Σ sin(y) with respect to all floating
inputs and parameters, and the gradients of the sum of the squares of those (second order).
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cases import FUNCTIONS, LAYERS
from pytorch import flat, functions, layers
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HERE = Path(__file__).parent
arrays: dict[str, np.ndarray] = {}
random = np.random.default_rng(20260101)


def given(spec: Any) -> torch.Tensor:
    """An input of a case: drawn if only its shape is given, with three digits, which compress well."""
    values = np.round(random.normal(size=spec), 3) if isinstance(spec, tuple) else spec
    return torch.tensor(values)


def keep(name: str, y: torch.Tensor, moving: dict[str, torch.Tensor]) -> None:
    """Keep the output and the first and second derivatives, by the names of what they are with respect to."""
    arrays[f"{name}/output"] = y.detach().numpy()
    if not moving:
        return
    first = torch.autograd.grad(torch.sin(y).sum(), list(moving.values()), create_graph=True)
    second = torch.autograd.grad(sum((g * g).sum() for g in first), list(moving.values()), allow_unused=True)
    for (key, x), g, h in zip(moving.items(), first, second, strict=True):
        arrays[f"{name}/first/{key}"] = g.detach().numpy()
        arrays[f"{name}/second/{key}"] = np.zeros(x.shape) if h is None else h.numpy()


def leaves(name: str, specs: tuple[Any, ...]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    """The inputs of a case, and those of them that are differentiated."""
    inputs = [given(spec) for spec in specs]
    for place, x in enumerate(inputs):
        arrays[f"{name}/input/{place}"] = x.numpy()
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    return inputs, {str(place): x for place, x in enumerate(inputs) if x.requires_grad}


# -- functions and losses -----------------------------------------------------------------------

with sdpa_kernel(SDPBackend.MATH):
    for name, case in FUNCTIONS.items():
        inputs, moving = leaves(f"function/{name}", case.inputs)
        keep(f"function/{name}", flat(case.call(functions, *inputs)), moving)

# -- layers -------------------------------------------------------------------------------------

torch.manual_seed(0)
order: dict[str, list[str]] = {}
with sdpa_kernel(SDPBackend.MATH):
    for case_name, case in LAYERS.items():
        name = f"layer/{case_name}"
        module = case.call(layers)
        # Rounded, so that they are exact in float32 too and pack well.
        state = {
            key: (torch.round(tensor * 64) / 64 if tensor.is_floating_point() else tensor)
            for key, tensor in module.state_dict().items()
        }
        module.load_state_dict(state)
        order[case_name] = list(state)
        for key, tensor in state.items():
            arrays[f"{name}/state/{key}"] = tensor.numpy().copy()
        inputs, moving = leaves(name, case.inputs)
        keep(name, flat(module(*inputs)), moving | dict(module.named_parameters()))
        for key, tensor in module.named_buffers():
            arrays[f"{name}/after/{key}"] = tensor.numpy().copy()
        module.eval()
        arrays[f"{name}/evaluation"] = flat(module(*inputs)).detach().numpy()

# -- optimisers, schedules, clipping ------------------------------------------------------------

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD decay": ("SGD", {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    "SGD groups": ("SGD", {"momentum": 0.5, "groups": [{"lr": 0.2}, {"weight_decay": 0.1, "momentum": 0.0}]}),
    "Adam": ("Adam", {}),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "betas": [0.8, 0.9], "weight_decay": 0.1, "amsgrad": True}),
    "Adam decoupled": ("Adam", {"eps": 0.01, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    "Adam groups": ("Adam", {"lr": 0.1, "groups": [{"betas": [0.5, 0.9]}, {"amsgrad": True, "eps": 0.1}]}),
    "AdamW": ("AdamW", {"lr": 0.1}),
    "AdamW amsgrad": ("AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.2}),
    "AdamW groups": ("AdamW", {"groups": [{"weight_decay": 0.0}, {"lr": 0.1}]}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop momentum": ("RMSprop", {"momentum": 0.8, "eps": 0.1, "maximize": True}),
    "RMSprop centered": (
        "RMSprop",
        {"lr": 0.05, "alpha": 0.8, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
    ),
    "RMSprop groups": ("RMSprop", {"groups": [{"centered": True}, {"alpha": 0.5}]}),
    "Adagrad": ("Adagrad", {}),
    "Adagrad decay": (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 0.3},
    ),
    "Adagrad maximize": ("Adagrad", {"lr": 0.1, "eps": 0.1, "maximize": True}),
    "Adagrad groups": (
        "Adagrad",
        {"groups": [{"lr": 0.1, "initial_accumulator_value": 0.0}, {"lr_decay": 0.5}]},
    ),
    "Adadelta": ("Adadelta", {}),
    "Adadelta decay": ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}),
    "Adadelta maximize": ("Adadelta", {"eps": 0.01, "maximize": True}),
    "Adadelta groups": ("Adadelta", {"groups": [{"rho": 0.5}, {"lr": 0.5}]}),
    "Adamax": ("Adamax", {"lr": 0.1, "weight_decay": 0.1}),
    "Adamax maximize": ("Adamax", {"betas": [0.5, 0.8], "eps": 0.1, "maximize": True}),
    "Adamax groups": ("Adamax", {"groups": [{"betas": [0.5, 0.8]}, {"lr": 0.1}]}),
    "NAdam": ("NAdam", {"lr": 0.1}),
    "NAdam decoupled": ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "NAdam maximize": ("NAdam", {"momentum_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    "NAdam groups": ("NAdam", {"groups": [{"momentum_decay": 0.1}, {"betas": [0.5, 0.8]}]}),
    "RAdam": ("RAdam", {"lr": 0.1, "weight_decay": 0.1}),
    "RAdam decoupled": ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "RAdam maximize": ("RAdam", {"betas": [0.5, 0.8], "eps": 0.1, "maximize": True}),
    "RAdam groups": ("RAdam", {"groups": [{"lr": 0.1}, {"betas": [0.5, 0.8]}]}),
}
start = [[0.5, -1.0, 2.0], [[1.5], [-0.25]]]
STEPS = 25


def gradient(p: torch.Tensor, step: int) -> torch.Tensor:
    """A made-up gradient that depends on the place and the time."""
    return torch.sin(3 * p + step) + 0.1 * p


def made(kind: str, parameters: list[torch.Tensor], options: dict[str, Any]) -> torch.optim.Optimizer:
    """An optimiser, with a group for each parameter if the options say so."""
    rest = {
        key: tuple(value) if key == "betas" else value for key, value in options.items() if key != "groups"
    }
    groups = [
        {"params": [p]} | {key: tuple(value) if key == "betas" else value for key, value in own.items()}
        for p, own in zip(parameters, options.get("groups", [{}, {}]), strict=True)
    ]
    return getattr(torch.optim, kind)(groups if "groups" in options else parameters, **rest)


def updated(kind: str, options: dict[str, Any], late: dict[str, Any] | None = None) -> dict[str, Any]:
    """Where the steps lead and the state at the end; ``late`` are settings from the fourth step on."""
    parameters = [torch.tensor(values, requires_grad=True) for values in start]
    optimizer = made(kind, parameters, options)
    path = []
    for step in range(STEPS):
        if late and step == 3:
            for group in optimizer.param_groups:
                group.update(late)
        for place, p in enumerate(parameters):
            # The second has no gradient in the third and fourth steps.
            p.grad = None if place == 1 and step in (2, 3) else gradient(p.detach(), step)
        optimizer.step()
        path.append([p.detach().tolist() for p in parameters])
    state = [
        {
            key: float(torch.as_tensor(value).sum())
            for key, value in optimizer.state[p].items()
            if value is not None
        }
        for p in parameters
    ]
    return {"kind": kind, "options": options, "path": path, "state": state}


updates: dict[str, Any] = {
    "optimizers": {name: updated(kind, options) for name, (kind, options) in OPTIMIZERS.items()},
    "schedules": {},
    "late": updated("SGD", {"lr": 0.1, "dampening": 0.3}, late={"momentum": 0.9}),
}

RATES = 50
SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "StepLR": ("StepLR", {"step_size": 3}),
    "StepLR gamma": ("StepLR", {"step_size": 7, "gamma": 0.9}),
    "MultiStepLR": ("MultiStepLR", {"milestones": [30, 2, 5, 6, 6], "gamma": 0.3}),
    "ExponentialLR": ("ExponentialLR", {"gamma": 0.9}),
    "LinearLR": ("LinearLR", {}),
    "LinearLR down": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 17}),
    "PolynomialLR": ("PolynomialLR", {}),
    "PolynomialLR 2": ("PolynomialLR", {"total_iters": 28, "power": 2.0}),
    "CosineAnnealingLR": ("CosineAnnealingLR", {"T_max": 50}),
    "CosineAnnealingLR again": ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts", {"T_0": 3}),
    "CosineAnnealingWarmRestarts 2": (
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2, "eta_min": 0.01},
    ),
    "OneCycleLR": ("OneCycleLR", {"max_lr": 1.0, "total_steps": 50}),
    "OneCycleLR each": ("OneCycleLR", {"max_lr": [1.0, 0.5], "total_steps": 60, "base_momentum": 0.5}),
    "OneCycleLR linear": (
        "OneCycleLR",
        {"max_lr": 1.0, "epochs": 10, "steps_per_epoch": 5, "anneal_strategy": "linear", "pct_start": 0.4},
    ),
    "OneCycleLR three": (
        "OneCycleLR",
        {
            "max_lr": 0.5,
            "total_steps": 50,
            "three_phase": True,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
            "max_momentum": 0.8,
        },
    ),
    "OneCycleLR alone": ("OneCycleLR", {"max_lr": 0.5, "total_steps": 50, "cycle_momentum": False}),
}
for name, (kind, options) in SCHEDULES.items():
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.2, 0.7)]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    schedule = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
    rates, momenta = [], []
    for _ in range(RATES):
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if len(rates) < RATES:
            schedule.step()
    updates["schedules"][name] = {"kind": kind, "options": options, "rates": rates, "momenta": momenta}

metrics = [
    5.0,
    4.0,
    4.0,
    4.1,
    3.99999,
    4.0,
    3.0,
    3.2,
    3.1,
    3.3,
    *[round(3 + math.sin(k), 3) for k in range(40)],
]
updates["plateau"] = []
for options in (
    {"patience": 1, "factor": 0.5},
    {"patience": 0, "factor": 0.5, "mode": "max", "threshold": 0.1, "cooldown": 1},
    {"patience": 1, "threshold": 0.5, "threshold_mode": "abs", "min_lr": 0.01},
    {"patience": 0, "mode": "max", "threshold": 0.5, "threshold_mode": "abs"},
):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.2, 0.7)]
    optimizer = torch.optim.SGD(groups)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for metric in metrics:
        schedule.step(metric)
        rates.append([group["lr"] for group in optimizer.param_groups])
    updates["plateau"].append({"options": options, "metrics": metrics, "rates": rates})

updates["clipping"] = []
for norm_type in (2.0, 1.0, math.inf):
    for max_norm in (1.0, 100.0):
        parameters = [torch.zeros(3, requires_grad=True), torch.zeros(2, 1, requires_grad=True)]
        for p, values in zip(parameters, start, strict=True):
            p.grad = torch.tensor(values)
        total = float(nn.utils.clip_grad_norm_(parameters, max_norm, norm_type))
        updates["clipping"].append(
            {
                "norm_type": str(norm_type),
                "max_norm": max_norm,
                "total": total,
                "gradients": [p.grad.tolist() for p in parameters],
            }
        )

updates |= {
    "start": start,
    "steps": STEPS,
    "order": order,
    "torch": torch.__version__,
    "numpy": np.__version__,
}
# One array of all numbers, and where each case's are: a file of a thousand arrays would be mostly headers.
index = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
np.savez_compressed(
    HERE / "layers.npz",
    index=np.array(json.dumps(index, separators=(",", ":"))),
    numbers=np.concatenate([array.ravel().astype(float) for array in arrays.values()]),
)
(HERE / "updates.json").write_text(json.dumps(updates, separators=(",", ":")) + "\n")
print({path.name: path.stat().st_size for path in HERE.iterdir()}, torch.__version__)
