"""Write what PyTorch computes in float64 to ``layers.npz`` and ``updates.json``, for the tests to compare.

The tests never need PyTorch. To write the files anew, in an environment of its own::

    pip install torch==2.13.0 numpy && python tests/reference/make_reference.py

For each case of a layer, loss or function f with inputs x: the output y, the gradients of Σ sin(y) with
respect to all inputs, and the gradients of the sum of the squares of those (second order).
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HERE = Path(__file__).parent
arrays: dict[str, np.ndarray] = {}
random = np.random.default_rng(20260101)


def draw(*shape: int, low: float | None = None, high: float = 1.0) -> torch.Tensor:
    values = random.normal(size=shape) if low is None else random.uniform(low, high, shape)
    return torch.tensor(np.round(values, 3))  # three digits compress well


def case(
    name: str, function: Callable[..., torch.Tensor], *inputs: torch.Tensor, second: bool = True
) -> None:
    """Keep one case: inputs, output, first and second derivatives of the floating inputs."""
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    moving = [x for x in leaves if x.requires_grad]
    y = function(*leaves)
    first = torch.autograd.grad(torch.sin(y).sum(), moving, create_graph=second)
    for i, x in enumerate(inputs):
        arrays[f"{name}/input{i}"] = x.numpy()
    arrays[f"{name}/output"] = y.detach().numpy()
    for i, g in enumerate(first):
        arrays[f"{name}/first{i}"] = g.detach().numpy()
    if second:
        size = sum((g * g).sum() for g in first)
        for i, g in enumerate(torch.autograd.grad(size, moving, allow_unused=True)):
            arrays[f"{name}/second{i}"] = np.zeros(moving[i].shape) if g is None else g.numpy()


# -- convolution and pooling --------------------------------------------------------------------

x1, x2 = draw(2, 4, 9), draw(2, 4, 7, 6)
case("conv1d", lambda x, w, b: F.conv1d(x, w, b), x1, draw(3, 4, 3), draw(3))
case(
    "conv1d_all",
    lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=2, dilation=2, groups=2),
    x1,
    draw(6, 2, 3),
    draw(6),
)
case("conv1d_same", lambda x, w: F.conv1d(x, w, padding="same", dilation=3), x1, draw(2, 4, 2))
case("conv2d", lambda x, w, b: F.conv2d(x, w, b), x2, draw(3, 4, 3, 2), draw(3))
case(
    "conv2d_all",
    lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
    x2,
    draw(4, 2, 3, 2),
    draw(4),
)
case("conv2d_depthwise", lambda x, w: F.conv2d(x, w, padding=1, groups=4), x2, draw(8, 1, 3, 3))
case("conv_transpose1d", lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2), x1, draw(4, 3, 3), draw(3))
case(
    "conv_transpose2d",
    lambda x, w, b: F.conv_transpose2d(
        x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, dilation=(1, 2)
    ),
    draw(2, 4, 3, 4),
    draw(4, 2, 3, 2),
    draw(4),
)
case("max_pool1d", lambda x: F.max_pool1d(x, 3, 2, 1), x1)
case("max_pool2d", lambda x: F.max_pool2d(x, 2), x2)
case("max_pool2d_all", lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0), (1, 2)), x2)
case("max_pool2d_ceil", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), x2)
case("avg_pool1d", lambda x: F.avg_pool1d(x, 3, 2, 1), x1)
case("avg_pool2d", lambda x: F.avg_pool2d(x, 2), x2)
case("avg_pool2d_inside", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), x2)
case("avg_pool2d_ceil", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), x2)

# -- linear, embedding, norms, attention --------------------------------------------------------

case("linear", F.linear, draw(2, 3, 4), draw(5, 4), draw(5))
case("embedding", lambda i, w: F.embedding(i, w), torch.tensor([[1, 4, 1], [0, 4, 2]]), draw(5, 3))
case(
    "embedding_padding",
    lambda i, w: F.embedding(i, w, padding_idx=1),
    torch.tensor([[1, 4, 1], [0, 4, 2]]),
    draw(5, 3),
)
case("layer_norm", lambda x, w, b: F.layer_norm(x, (3, 4), w, b), draw(2, 3, 4), draw(3, 4), draw(3, 4))
case("rms_norm", lambda x, w: F.rms_norm(x, (4,), w, 1e-3), draw(2, 3, 4), draw(4))
case("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b, 1e-3), x2, draw(4), draw(4))
case("instance_norm", lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-3), x2, draw(4), draw(4))
case("batch_norm_training", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), x2, draw(4), draw(4))
case(
    "batch_norm_evaluation",
    lambda x, w, b, m, v: F.batch_norm(x, m.double(), v.double(), w, b, False),
    draw(5, 4),
    draw(4),
    draw(4),
    torch.tensor([1, -1, 0, 2]),
    torch.tensor([1, 2, 3, 4]),
)
q, k, v = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 2)
mask = torch.tensor(random.random((3, 5)) > 0.4)
mask[0] = True
case("attention", F.scaled_dot_product_attention, q, k, v)
case("attention_mask", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), q, k, v, mask)
case("attention_bias", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), q, k, v, draw(3, 5))
case(
    "attention_causal",
    lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7),
    q,
    draw(2, 3, 4),
    draw(2, 3, 2),
)

# -- recurrent cells ----------------------------------------------------------------------------

H = 3
cell = [draw(2, 4), draw(2, H)]
case("rnn_cell", torch.rnn_tanh_cell, *cell, draw(H, 4), draw(H, H), draw(H), draw(H))
case("rnn_relu_cell", torch.rnn_relu_cell, *cell, draw(H, 4), draw(H, H), draw(H), draw(H))
case("gru_cell", torch.gru_cell, *cell, draw(3 * H, 4), draw(3 * H, H), draw(3 * H), draw(3 * H))
case(
    "lstm_cell",
    lambda x, h, c, *w: torch.cat(torch.lstm_cell(x, (h, c), *w)),
    *cell,
    draw(2, H),
    draw(4 * H, 4),
    draw(4 * H, H),
    draw(4 * H),
    draw(4 * H),
)

# -- activations --------------------------------------------------------------------------------

points = torch.tensor([-30.0, -3.1, -1.2, -0.4, 0.3, 0.9, 2.2, 30.0])
for name, function in {
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": lambda x: F.elu(x, 1.3),
    "selu": F.selu,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softplus": lambda x: F.softplus(x, beta=2.0, threshold=1e9),
    "softsign": F.softsign,
    "sigmoid": torch.sigmoid,
    "logsigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "hardtanh": lambda x: F.hardtanh(x, -1.5, 2.0),
    "softmax": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, 0),
}.items():
    case(f"activation_{name}", function, points)

# -- losses -------------------------------------------------------------------------------------

a, b = draw(4, 3), draw(4, 3)
share, other = draw(4, 3, low=0.05, high=0.95), draw(4, 3, low=0.05, high=0.95)
logits, classes = draw(6, 4), torch.tensor([0, 3, 2, 2, 1, 0])
images, labels = draw(2, 3, 2, 2), torch.tensor([[[0, 1], [2, -100]], [[1, 1], [0, 2]]])
log_a = F.log_softmax(a, 1)
for reduction in ("mean", "sum", "none"):
    r: dict[str, Any] = {"reduction": reduction}
    case(f"mse_loss_{reduction}", lambda x, y, r=r: F.mse_loss(x, y, **r), a, b)
    case(f"l1_loss_{reduction}", lambda x, y, r=r: F.l1_loss(x, y, **r), a, b)
    case(f"huber_loss_{reduction}", lambda x, y, r=r: F.huber_loss(x, y, delta=0.7, **r), a, b)
    case(f"smooth_l1_loss_{reduction}", lambda x, y, r=r: F.smooth_l1_loss(x, y, beta=0.7, **r), a, b)
    case(
        f"binary_cross_entropy_{reduction}",
        lambda x, y, w, r=r: F.binary_cross_entropy(x, y.double(), w.double(), **r),
        share,
        torch.tensor([[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]]),
        torch.tensor([1, 2, 3]),
    )
    case(
        f"binary_cross_entropy_with_logits_{reduction}",
        lambda x, y, w, p, r=r: F.binary_cross_entropy_with_logits(
            x, y, w.double(), pos_weight=p.double(), **r
        ),
        a,
        share,
        torch.tensor([1, 2, 3]),
        torch.tensor([4, 1, 2]),
    )
    case(f"cross_entropy_{reduction}", lambda x, y, r=r: F.cross_entropy(x, y, **r), logits, classes)
    case(
        f"cross_entropy_all_{reduction}",
        lambda x, y, w, r=r: F.cross_entropy(x, y, w.double(), ignore_index=2, label_smoothing=0.2, **r),
        logits,
        classes,
        torch.tensor([1, 2, 3, 4]),
    )
    case(f"cross_entropy_images_{reduction}", lambda x, y, r=r: F.cross_entropy(x, y, **r), images, labels)
    case(
        f"cross_entropy_soft_{reduction}",
        lambda x, y, w, r=r: F.cross_entropy(x, y, w.double(), label_smoothing=0.1, **r),
        a,
        share / share.sum(1, keepdim=True),
        torch.tensor([1, 2, 3]),
    )
    case(
        f"nll_loss_{reduction}",
        lambda x, y, w, r=r: F.nll_loss(x, y, w.double(), ignore_index=1, **r),
        logits,
        classes,
        torch.tensor([1, 2, 3, 4]),
    )
    case(f"kl_div_{reduction}", lambda x, y, r=r: F.kl_div(x, y, **r), log_a, share)
    case(f"kl_div_log_{reduction}", lambda x, y, r=r: F.kl_div(x, y, log_target=True, **r), log_a, b)
case("kl_div_batchmean", lambda x, y: F.kl_div(x, y, reduction="batchmean"), log_a, share)
case("cosine_similarity", F.cosine_similarity, a, b)

# -- modules: state_dict and output -------------------------------------------------------------

torch.manual_seed(0)


class Joined(nn.Module):
    """Recurrent layers return a pair; keep the output and the last state side by side."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, last = self.layer(x)
        return torch.cat([part.reshape(-1) for part in (y, *(last if isinstance(last, tuple) else (last,)))])


class Attending(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x, x, x)[0]


image, series, words = draw(3, 2, 8, 8), draw(5, 3, 4), torch.tensor([[1, 2, 0], [3, 3, 1]])
MODULES: dict[str, tuple[nn.Module, torch.Tensor]] = {
    "convolutional": (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.ConvTranspose2d(4, 2, 2, stride=2),
            nn.InstanceNorm2d(2, affine=True),
            nn.GroupNorm(1, 2),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(32, 3),
            nn.LayerNorm(3),
        ),
        image,
    ),
    "one_dimensional": (
        nn.Sequential(
            nn.Conv1d(3, 4, 2), nn.BatchNorm1d(4), nn.Tanh(), nn.ConvTranspose1d(4, 2, 2), nn.RMSNorm(4)
        ),
        draw(5, 3, 4),
    ),
    "embedding": (nn.Sequential(nn.Embedding(4, 3), nn.Linear(3, 2, bias=False)), words),
    "rnn": (Joined(nn.RNN(4, 3, num_layers=2, bidirectional=True)), series),
    "rnn_relu": (Joined(nn.RNN(4, 3, nonlinearity="relu", bias=False, batch_first=True)), series),
    "lstm": (Joined(nn.LSTM(4, 3, num_layers=2, bidirectional=True)), series),
    "lstm_batch_first": (Joined(nn.LSTM(4, 3, batch_first=True, bias=False)), series),
    "gru": (Joined(nn.GRU(4, 3, num_layers=2, bidirectional=True)), series),
    "attention": (Attending(nn.MultiheadAttention(4, 2, batch_first=True)), series),
    "transformer": (nn.TransformerEncoderLayer(4, 2, 6, 0.0, batch_first=True), series),
    "transformer_first": (
        nn.TransformerEncoderLayer(4, 2, 6, 0.0, activation="gelu", batch_first=True, norm_first=True),
        series,
    ),
}
order: dict[str, list[str]] = {}
for name, (module, x) in MODULES.items():
    # Rounded, so that they are exact in float32 too and pack well.
    rounded = {
        key: (torch.round(tensor * 64) / 64 if tensor.is_floating_point() else tensor)
        for key, tensor in module.state_dict().items()
    }
    module.load_state_dict(rounded)
    order[name] = [key.removeprefix("layer.") for key in rounded]
    for key, tensor in rounded.items():
        arrays[f"module/{name}/state/{key.removeprefix('layer.')}"] = tensor.numpy().copy()
    arrays[f"module/{name}/input"] = x.numpy()
    y = module(x)
    arrays[f"module/{name}/training"] = y.detach().numpy()
    torch.sin(y).sum().backward()
    for key, parameter in module.named_parameters():
        arrays[f"module/{name}/gradient/{key.removeprefix('layer.')}"] = parameter.grad.numpy().copy()
    for key, tensor in module.state_dict().items():
        arrays[f"module/{name}/after/{key.removeprefix('layer.')}"] = tensor.numpy().copy()
    module.eval()
    arrays[f"module/{name}/evaluation"] = module(x).detach().numpy()

# -- optimisers, schedules, clipping ------------------------------------------------------------

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    "Adam": ("Adam", {}),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "betas": [0.8, 0.9], "weight_decay": 0.1, "amsgrad": True}),
    "AdamW": ("AdamW", {"lr": 0.1}),
    "AdamW amsgrad": ("AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.2}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop centered": (
        "RMSprop",
        {"lr": 0.05, "alpha": 0.8, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
    ),
    "Adagrad": ("Adagrad", {}),
    "Adagrad decay": (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 0.3},
    ),
    "Adadelta": ("Adadelta", {}),
    "Adadelta decay": ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}),
    "Adamax": ("Adamax", {"lr": 0.1, "weight_decay": 0.1}),
    "NAdam": ("NAdam", {"lr": 0.1}),
    "NAdam decoupled": ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "RAdam": ("RAdam", {"lr": 0.1, "weight_decay": 0.1}),
    "RAdam decoupled": ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
}
start = [[0.5, -1.0, 2.0], [[1.5], [-0.25]]]
STEPS = 8


def gradient(p: torch.Tensor, step: int) -> torch.Tensor:
    """A made-up gradient that depends on the place and the time."""
    return torch.sin(3 * p + step) + 0.1 * p


updates: dict[str, Any] = {"optimizers": {}, "schedules": {}}
for name, (kind, options) in OPTIMIZERS.items():
    parameters = [torch.tensor(values, requires_grad=True) for values in start]
    if "betas" in options:
        options = options | {"betas": tuple(options["betas"])}
    optimizer = getattr(torch.optim, kind)(parameters, **options)
    path = []
    for step in range(STEPS):
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
    updates["optimizers"][name] = {"kind": kind, "options": options, "path": path, "state": state}

SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "StepLR": ("StepLR", {"step_size": 3}),
    "MultiStepLR": ("MultiStepLR", {"milestones": [2, 5, 6], "gamma": 0.3}),
    "ExponentialLR": ("ExponentialLR", {"gamma": 0.9}),
    "LinearLR": ("LinearLR", {}),
    "LinearLR down": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 7}),
    "PolynomialLR": ("PolynomialLR", {}),
    "PolynomialLR 2": ("PolynomialLR", {"total_iters": 8, "power": 2.0}),
    "CosineAnnealingLR": ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts", {"T_0": 3}),
    "CosineAnnealingWarmRestarts 2": (
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2, "eta_min": 0.01},
    ),
    "OneCycleLR": ("OneCycleLR", {"max_lr": 1.0, "total_steps": 13}),
    "OneCycleLR linear": (
        "OneCycleLR",
        {"max_lr": 1.0, "epochs": 3, "steps_per_epoch": 5, "anneal_strategy": "linear", "pct_start": 0.4},
    ),
    "OneCycleLR three": (
        "OneCycleLR",
        {
            "max_lr": 0.5,
            "total_steps": 20,
            "three_phase": True,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
    ),
}
for name, (kind, options) in SCHEDULES.items():
    p = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.2, momentum=0.9)
    schedule = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
    rates, momenta = [], []
    for _ in range(13):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if len(rates) < 13:
            schedule.step()
    updates["schedules"][name] = {"kind": kind, "options": options, "rates": rates, "momenta": momenta}

metrics = [5.0, 4.0, 4.0, 4.1, 3.99999, 4.0, 3.0, 3.2, 3.1, 3.3, 3.0, 3.0, 3.0, 3.0]
updates["plateau"] = []
for options in (
    {"patience": 1, "factor": 0.5},
    {"patience": 0, "factor": 0.5, "mode": "max", "threshold": 0.1, "cooldown": 1},
    {"patience": 1, "threshold": 0.5, "threshold_mode": "abs", "min_lr": 0.01},
    {"patience": 0, "mode": "max", "threshold": 0.5, "threshold_mode": "abs"},
):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for metric in metrics:
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
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
