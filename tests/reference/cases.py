"""The cases, each written once: ``make_reference.py`` runs them with PyTorch, and the tests with ``nn``.

A function's case is called with ``F``, which is ``torch.nn.functional`` or ``nn.functional``, and its inputs;
a layer's with ``torch.nn`` or ``nn``. Where a name differs, ``make_reference.py`` lends PyTorch ours.
Inputs are given by their shape, and then drawn, or as arrays; only floats are differentiated.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """What to call, and with which inputs."""

    call: Callable[..., Any]
    inputs: tuple[Any, ...]


def between(low: float, high: float, *shape: int) -> np.ndarray[Any, Any]:
    """Numbers from a range, evenly and in no order."""
    count = int(np.prod(shape))
    return (
        np.linspace(low, high, count)[np.random.RandomState(count).permutation(count)].reshape(shape).round(3)
    )


def ints(*values: Any) -> np.ndarray[Any, Any]:
    """An array of integers."""
    return np.array(values)


# -- functions ----------------------------------------------------------------------------------

SERIES, IMAGE = (2, 4, 9), (2, 4, 7, 6)
WORDS = ints([1, 4, 1], [0, 4, 2])
POINTS = np.array([-30.0, -3.1, -1.2, -0.4, 0.3, 0.9, 2.2, 30.0])
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 0, 0, 0]], bool)
CELL = ((2, 4), (2, 3))
SHARE = between(0.05, 0.95, 4, 3)

FUNCTIONS: dict[str, Case] = {
    "conv1d": Case(lambda F, x, w, b: F.conv1d(x, w, b), (SERIES, (3, 4, 3), (3,))),
    "conv1d all": Case(lambda F, x, w, b: F.conv1d(x, w, b, 2, 2, 2, 2), (SERIES, (6, 2, 3), (6,))),
    "conv1d same": Case(lambda F, x, w: F.conv1d(x, w, padding="same", dilation=3), (SERIES, (2, 4, 2))),
    "conv1d alone": Case(lambda F, x, w: F.conv1d(x, w, padding="valid"), ((4, 5), (2, 4, 2))),
    "conv2d": Case(lambda F, x, w, b: F.conv2d(x, w, b), (IMAGE, (3, 4, 3, 2), (3,))),
    "conv2d all": Case(
        lambda F, x, w, b: F.conv2d(x, w, b, (2, 1), (1, 2), (1, 2), 2), (IMAGE, (4, 2, 3, 2), (4,))
    ),
    "conv2d same": Case(
        lambda F, x, w: F.conv2d(x, w, padding="same", dilation=(1, 2)), (IMAGE, (2, 4, 4, 3))
    ),
    "conv2d depthwise": Case(lambda F, x, w: F.conv2d(x, w, padding=1, groups=4), (IMAGE, (8, 1, 3, 3))),
    "conv2d beyond": Case(lambda F, x, w: F.conv2d(x, w, stride=3, padding=2), (IMAGE, (2, 4, 2, 2))),
    "conv2d alone": Case(lambda F, x, w, b: F.conv2d(x, w, b), ((2, 4, 4), (3, 2, 3, 3), (3,))),
    "conv_transpose1d": Case(
        lambda F, x, w, b: F.conv_transpose1d(x, w, b, stride=2), (SERIES, (4, 3, 3), (3,))
    ),
    "conv_transpose1d all": Case(
        lambda F, x, w, b: F.conv_transpose1d(x, w, b, 3, 2, 1, 2, 2), (SERIES, (4, 3, 3), (6,))
    ),
    "conv_transpose1d gap": Case(
        lambda F, x, w: F.conv_transpose1d(x, w, output_padding=1, dilation=2), (SERIES, (4, 2, 3))
    ),
    "conv_transpose2d": Case(
        lambda F, x, w, b: F.conv_transpose2d(x, w, b, (2, 3), (1, 0), (1, 2), 2, (1, 2)),
        ((2, 4, 3, 4), (4, 2, 3, 2), (4,)),
    ),
    "max_pool1d": Case(lambda F, x: F.max_pool1d(x, 3, 2, 1), (SERIES,)),
    "max_pool2d": Case(lambda F, x: F.max_pool2d(x, 2), (IMAGE,)),
    "max_pool2d all": Case(lambda F, x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0), (1, 2)), (IMAGE,)),
    "max_pool2d ceil": Case(lambda F, x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), (IMAGE,)),
    "max_pool2d ceil gap": Case(lambda F, x: F.max_pool2d(x, 2, 3, 1, ceil_mode=True), (IMAGE,)),
    "max_pool2d wide": Case(lambda F, x: F.max_pool2d(x, 2, 1, padding=1, dilation=3), (IMAGE,)),
    "max_pool2d ceil beyond": Case(
        lambda F, x: F.max_pool2d(x, (4, 2), (2, 4), (1, 0), (2, 1), ceil_mode=True), ((2, 2, 4, 7),)
    ),
    "max_pool2d alone": Case(lambda F, x: F.max_pool2d(x, 2), ((2, 4, 5),)),
    "avg_pool1d": Case(lambda F, x: F.avg_pool1d(x, 3, 2, 1), (SERIES,)),
    "avg_pool1d all": Case(lambda F, x: F.avg_pool1d(x, 4, 3, 2, True, False), (SERIES,)),
    "avg_pool2d": Case(lambda F, x: F.avg_pool2d(x, 2), (IMAGE,)),
    "avg_pool2d inside": Case(lambda F, x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), (IMAGE,)),
    "avg_pool2d ceil": Case(lambda F, x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), (IMAGE,)),
    "avg_pool2d ceil inside": Case(lambda F, x: F.avg_pool2d(x, (3, 2), (2, 3), 1, True, False), (IMAGE,)),
    "linear": Case(lambda F, x, w, b: F.linear(x, w, b), ((2, 3, 4), (5, 4), (5,))),
    "linear without": Case(lambda F, x, w: F.linear(x, w), ((2, 3, 4), (5, 4))),
    "embedding": Case(lambda F, i, w: F.embedding(i, w), (WORDS, (5, 3))),
    "embedding padding": Case(lambda F, i, w: F.embedding(i, w, padding_idx=1), (WORDS, (5, 3))),
    "layer_norm": Case(lambda F, x, w, b: F.layer_norm(x, (3, 4), w, b), ((2, 3, 4), (3, 4), (3, 4))),
    "layer_norm bare": Case(lambda F, x: F.layer_norm(x, (4,), eps=0.1), ((2, 3, 4),)),
    "rms_norm": Case(lambda F, x, w: F.rms_norm(x, (4,), w, 1e-3), ((2, 3, 4), (4,))),
    "rms_norm default": Case(lambda F, x: F.rms_norm(x, (3, 4)), ((2, 3, 4),)),
    "group_norm": Case(lambda F, x, w, b: F.group_norm(x, 2, w, b, 1e-3), (IMAGE, (4,), (4,))),
    "instance_norm": Case(
        lambda F, x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-3), (IMAGE, (4,), (4,))
    ),
    "instance_norm running": Case(
        lambda F, x: F.instance_norm(x, F.fixed(1, -1, 0, 2), F.fixed(1, 2, 3, 4), use_input_stats=False),
        (SERIES,),
    ),
    "batch_norm training": Case(
        lambda F, x, w, b: F.batch_norm(x, None, None, w, b, True), (IMAGE, (4,), (4,))
    ),
    "batch_norm evaluation": Case(
        lambda F, x, w, b: F.batch_norm(x, F.fixed(1, -1, 0, 2), F.fixed(1, 2, 3, 4), w, b, False),
        ((5, 4), (4,), (4,)),
    ),
    "scaled_dot_product_attention": Case(
        lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v), ((2, 3, 4), (2, 5, 4), (2, 5, 2))
    ),
    "scaled_dot_product_attention mask": Case(
        lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        ((2, 3, 4), (2, 5, 4), (2, 5, 2), MASK),
    ),
    "scaled_dot_product_attention bias": Case(
        lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        ((2, 3, 4), (2, 5, 4), (2, 5, 2), (3, 5)),
    ),
    "scaled_dot_product_attention causal": Case(
        lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7),
        ((2, 3, 4), (2, 3, 4), (2, 3, 2)),
    ),
    "scaled_dot_product_attention causal longer": Case(
        lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        ((1, 3, 4), (1, 5, 4), (1, 5, 2)),
    ),
    "rnn_cell": Case(lambda F, *x: F.rnn_cell(*x), (*CELL, (3, 4), (3, 3), (3,), (3,))),
    "rnn_relu_cell": Case(lambda F, *x: F.rnn_relu_cell(*x), (*CELL, (3, 4), (3, 3), (3,), (3,))),
    "gru_cell": Case(lambda F, *x: F.gru_cell(*x), (*CELL, (9, 4), (9, 3), (9,), (9,))),
    "lstm_cell": Case(
        lambda F, x, h, c, *w: F.lstm_cell(x, (h, c), *w), (*CELL, (2, 3), (12, 4), (12, 3), (12,), (12,))
    ),
    "relu": Case(lambda F, x: F.relu(x), (POINTS,)),
    "leaky_relu": Case(lambda F, x: F.leaky_relu(x), (POINTS,)),
    "leaky_relu steep": Case(lambda F, x: F.leaky_relu(x, 0.2), (POINTS,)),
    "elu": Case(lambda F, x: F.elu(x, 1.3), (POINTS,)),
    "selu": Case(lambda F, x: F.selu(x), (POINTS,)),
    "silu": Case(lambda F, x: F.silu(x), (POINTS,)),
    "mish": Case(lambda F, x: F.mish(x), (POINTS,)),
    "gelu": Case(lambda F, x: F.gelu(x), (POINTS,)),
    "gelu tanh": Case(lambda F, x: F.gelu(x, approximate="tanh"), (POINTS,)),
    # Above its threshold PyTorch leaves the logarithm out; with a high one it is exact, as ours always is.
    "softplus": Case(lambda F, x: F.softplus(x, 2.0, **F.exact), (POINTS,)),
    "softsign": Case(lambda F, x: F.softsign(x), (POINTS,)),
    "sigmoid": Case(lambda F, x: F.sigmoid(x), (POINTS,)),
    "logsigmoid": Case(lambda F, x: F.logsigmoid(x), (POINTS,)),
    "tanh": Case(lambda F, x: F.tanh(x), (POINTS,)),
    "hardtanh": Case(lambda F, x: F.hardtanh(x, -1.5, 2.0), (POINTS,)),
    "softmax": Case(lambda F, x: F.softmax(x, 0), (POINTS,)),
    "softmax middle": Case(lambda F, x: F.softmax(x, 1), ((2, 3, 2),)),
    "log_softmax": Case(lambda F, x: F.log_softmax(x, 0), (POINTS,)),
    "log_softmax middle": Case(lambda F, x: F.log_softmax(x, dim=-2), ((2, 3, 2),)),
    "cosine_similarity": Case(lambda F, x, y: F.cosine_similarity(x, y), ((4, 3), (4, 3))),
    "cosine_similarity columns": Case(lambda F, x, y: F.cosine_similarity(x, y, 0, 0.01), ((4, 3), (1, 3))),
    "kl_div batchmean": Case(lambda F, x, y: F.kl_div(x, y, reduction="batchmean"), ((4, 3), SHARE)),
}

# -- losses, with each reduction ----------------------------------------------------------------

CLASSES, WEIGHTS = ints(0, 3, 2, 2, 1, 0), (1, 2, 3, 4)
PIXELS = ints([[0, 1], [2, -100]], [[1, 1], [0, 2]])
YES_NO = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]])
PAIR = ((4, 3), (4, 3))

LOSSES: dict[str, Case] = {
    "mse_loss": Case(lambda F, x, y, **r: F.mse_loss(x, y, **r), PAIR),
    "mse_loss weight": Case(
        lambda F, x, y, **r: F.mse_loss(x, y, weight=F.fixed(1, 2, 3), **r), ((3,), (3,))
    ),
    "l1_loss": Case(lambda F, x, y, **r: F.l1_loss(x, y, **r), PAIR),
    "l1_loss weight": Case(lambda F, x, y, **r: F.l1_loss(x, y, weight=F.fixed(1, 2, 3), **r), ((3,), (3,))),
    "huber_loss": Case(lambda F, x, y, **r: F.huber_loss(x, y, **r), PAIR),
    "huber_loss delta": Case(lambda F, x, y, **r: F.huber_loss(x, y, delta=0.7, **r), PAIR),
    "huber_loss weight": Case(
        lambda F, x, y, **r: F.huber_loss(x, y, weight=F.fixed(1, 2, 3), **r), ((3,), (3,))
    ),
    "smooth_l1_loss": Case(lambda F, x, y, **r: F.smooth_l1_loss(x, y, **r), PAIR),
    "smooth_l1_loss beta": Case(lambda F, x, y, **r: F.smooth_l1_loss(x, y, beta=0.7, **r), PAIR),
    "smooth_l1_loss sharp": Case(lambda F, x, y, **r: F.smooth_l1_loss(x, y, beta=0.0, **r), PAIR),
    "binary_cross_entropy": Case(
        lambda F, x, y, **r: F.binary_cross_entropy(x, F.real(y), **r), (SHARE, YES_NO)
    ),
    "binary_cross_entropy weight": Case(
        lambda F, x, y, **r: F.binary_cross_entropy(x, F.real(y), F.fixed(1, 2, 3), **r), (SHARE, YES_NO)
    ),
    "binary_cross_entropy_with_logits": Case(
        lambda F, x, y, **r: F.binary_cross_entropy_with_logits(x, y, **r), ((4, 3), SHARE)
    ),
    "binary_cross_entropy_with_logits weight": Case(
        lambda F, x, y, **r: F.binary_cross_entropy_with_logits(
            x, y, F.fixed(1, 2, 3), pos_weight=F.fixed(4, 1, 2), **r
        ),
        ((4, 3), SHARE),
    ),
    "cross_entropy": Case(lambda F, x, y, **r: F.cross_entropy(x, y, **r), ((6, 4), CLASSES)),
    "cross_entropy weight": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, F.fixed(*WEIGHTS), **r), ((6, 4), CLASSES)
    ),
    "cross_entropy ignore": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, ignore_index=2, **r), ((6, 4), CLASSES)
    ),
    "cross_entropy smooth": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, label_smoothing=0.2, **r), ((6, 4), CLASSES)
    ),
    "cross_entropy all": Case(
        lambda F, x, y, **r: F.cross_entropy(
            x, y, F.fixed(*WEIGHTS), ignore_index=2, label_smoothing=0.2, **r
        ),
        ((6, 4), CLASSES),
    ),
    "cross_entropy alone": Case(lambda F, x, y, **r: F.cross_entropy(x, y, **r), ((4,), np.array(2))),
    "cross_entropy images": Case(lambda F, x, y, **r: F.cross_entropy(x, y, **r), ((2, 3, 2, 2), PIXELS)),
    "cross_entropy images all": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, F.fixed(1, 2, 3), label_smoothing=0.3, **r),
        ((2, 3, 2, 2), PIXELS),
    ),
    "cross_entropy soft": Case(lambda F, x, y, **r: F.cross_entropy(x, y, **r), ((4, 3), SHARE)),
    "cross_entropy soft all": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, F.fixed(1, 2, 3), label_smoothing=0.1, **r),
        ((4, 3), SHARE),
    ),
    "cross_entropy soft images": Case(
        lambda F, x, y, **r: F.cross_entropy(x, y, F.fixed(1, 2, 3), **r),
        ((2, 3, 2), between(0.0, 1.0, 2, 3, 2)),
    ),
    "nll_loss": Case(lambda F, x, y, **r: F.nll_loss(x, y, **r), ((6, 4), CLASSES)),
    "nll_loss all": Case(
        lambda F, x, y, **r: F.nll_loss(x, y, F.fixed(*WEIGHTS), ignore_index=1, **r), ((6, 4), CLASSES)
    ),
    "nll_loss images": Case(lambda F, x, y, **r: F.nll_loss(x, y, **r), ((2, 3, 2, 2), PIXELS)),
    "kl_div": Case(lambda F, x, y, **r: F.kl_div(x, y, **r), ((4, 3), SHARE)),
    "kl_div log": Case(lambda F, x, y, **r: F.kl_div(x, y, log_target=True, **r), PAIR),
}


def reduced(case: Case, reduction: str) -> Case:
    """A loss with one of its reductions."""
    return Case(lambda F, *x: case.call(F, *x, reduction=reduction), case.inputs)


FUNCTIONS |= {
    f"{name} {reduction}": reduced(case, reduction)
    for name, case in LOSSES.items()
    for reduction in ("mean", "sum", "none")
}

# -- layers: state, output in training and evaluation, gradients --------------------------------

TIMES = (5, 3, 4)

LAYERS: dict[str, Case] = {
    "Linear": Case(lambda nn: nn.Linear(4, 3), (TIMES,)),
    "Linear without": Case(lambda nn: nn.Linear(4, 3, False), (TIMES,)),
    "Identity": Case(lambda nn: nn.Identity(), ((2, 3),)),
    "Flatten": Case(lambda nn: nn.Flatten(), (TIMES,)),
    "Flatten first": Case(lambda nn: nn.Flatten(0, 1), (TIMES,)),
    "Conv1d": Case(lambda nn: nn.Conv1d(4, 6, 3, 2, 2, 2, 2), (SERIES,)),
    "Conv1d same": Case(lambda nn: nn.Conv1d(4, 2, 4, padding="same", bias=False), (SERIES,)),
    "Conv2d": Case(lambda nn: nn.Conv2d(4, 2, (3, 2), (2, 1), (1, 2), (1, 2), 2), (IMAGE,)),
    "ConvTranspose1d": Case(lambda nn: nn.ConvTranspose1d(4, 2, 3, 2, 1, 1, 2, True, 2), (SERIES,)),
    "ConvTranspose2d": Case(
        lambda nn: nn.ConvTranspose2d(4, 2, (2, 3), (3, 2), (0, 1), (2, 1)), ((2, 4, 3, 3),)
    ),
    "MaxPool1d": Case(lambda nn: nn.MaxPool1d(3, 2, 1), (SERIES,)),
    "MaxPool2d": Case(lambda nn: nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), (IMAGE,)),
    "AvgPool1d": Case(lambda nn: nn.AvgPool1d(3, 2, 1), (SERIES,)),
    "AvgPool2d": Case(lambda nn: nn.AvgPool2d((2, 3), None, 1, True, False), (IMAGE,)),
    "Dropout": Case(lambda nn: nn.Dropout(0.0), ((2, 3),)),  # what is drawn differs from PyTorch's
    "Embedding": Case(lambda nn: nn.Embedding(5, 3), (WORDS,)),
    "Embedding padding": Case(lambda nn: nn.Embedding(5, 3, padding_idx=4), (WORDS,)),
    "BatchNorm1d": Case(lambda nn: nn.BatchNorm1d(4), ((5, 4),)),
    "BatchNorm1d series": Case(lambda nn: nn.BatchNorm1d(4, 1e-3, 0.3), (SERIES,)),
    "BatchNorm1d bare": Case(
        lambda nn: nn.BatchNorm1d(4, affine=False, track_running_stats=False), ((5, 4),)
    ),
    "BatchNorm2d": Case(lambda nn: nn.BatchNorm2d(4), ((2, 4, 3, 2),)),
    "BatchNorm2d mean": Case(lambda nn: nn.BatchNorm2d(4, momentum=None, bias=False), ((2, 4, 3, 2),)),
    "InstanceNorm": Case(lambda nn: nn.InstanceNorm(4), ((2, 4, 3, 2),)),
    "InstanceNorm1d": Case(lambda nn: nn.InstanceNorm1d(4), (SERIES,)),
    "InstanceNorm1d all": Case(
        lambda nn: nn.InstanceNorm1d(4, 1e-3, 0.2, affine=True, track_running_stats=True), (SERIES,)
    ),
    "InstanceNorm2d": Case(lambda nn: nn.InstanceNorm2d(4, affine=True, bias=False), ((2, 4, 3, 2),)),
    "LayerNorm": Case(lambda nn: nn.LayerNorm(4), (TIMES,)),
    "LayerNorm axes": Case(lambda nn: nn.LayerNorm((3, 4), 1e-3, bias=False), (TIMES,)),
    "LayerNorm bare": Case(lambda nn: nn.LayerNorm(4, elementwise_affine=False), (TIMES,)),
    "RMSNorm": Case(lambda nn: nn.RMSNorm(4), (TIMES,)),
    "RMSNorm axes": Case(lambda nn: nn.RMSNorm((3, 4), 1e-3, False), (TIMES,)),
    "GroupNorm": Case(lambda nn: nn.GroupNorm(2, 4), ((2, 4, 3, 2),)),
    "GroupNorm bare": Case(lambda nn: nn.GroupNorm(2, 4, 1e-3, False), (SERIES,)),
    "GroupNorm without": Case(lambda nn: nn.GroupNorm(2, 4, bias=False), (SERIES,)),
    "RNN": Case(lambda nn: nn.RNN(4, 3), (TIMES,)),
    "RNN deep": Case(lambda nn: nn.RNN(4, 2, 2, bidirectional=True), (TIMES,)),
    "RNN relu": Case(lambda nn: nn.RNN(4, 3, nonlinearity="relu", bias=False, batch_first=True), (TIMES,)),
    "LSTM": Case(lambda nn: nn.LSTM(4, 3), (TIMES,)),
    "LSTM deep": Case(lambda nn: nn.LSTM(4, 2, 3, bidirectional=True), (TIMES,)),
    "LSTM batch": Case(lambda nn: nn.LSTM(4, 3, bias=False, batch_first=True), (TIMES,)),
    "LSTM alone": Case(lambda nn: nn.LSTM(4, 3), ((5, 4),)),
    "GRU": Case(lambda nn: nn.GRU(4, 3), (TIMES,)),
    "GRU deep": Case(lambda nn: nn.GRU(4, 2, 2, bidirectional=True, batch_first=True), (TIMES,)),
    "RNNCell": Case(lambda nn: nn.RNNCell(4, 3), ((2, 4),)),
    "RNNCell relu": Case(lambda nn: nn.RNNCell(4, 3, False, "relu"), ((2, 4), (2, 3))),
    "LSTMCell": Case(lambda nn: nn.LSTMCell(4, 3), ((2, 4),)),
    "GRUCell": Case(lambda nn: nn.GRUCell(4, 3, bias=False), ((2, 4), (2, 3))),
    "Attention": Case(lambda nn: nn.Attention(4, 2), (TIMES,)),
    "Attention without": Case(lambda nn: nn.Attention(4, 1, bias=False), (TIMES, (5, 6, 4), (5, 6, 4))),
    "TransformerBlock": Case(lambda nn: nn.TransformerBlock(4, 2, 6, 0.0), (TIMES,)),
    "TransformerBlock first": Case(
        lambda nn: nn.TransformerBlock(4, 2, 6, 0.0, "gelu", norm_first=True), (TIMES,)
    ),
    "ReLU": Case(lambda nn: nn.ReLU(), (POINTS,)),
    "LeakyReLU": Case(lambda nn: nn.LeakyReLU(0.2), (POINTS,)),
    "ELU": Case(lambda nn: nn.ELU(1.3), (POINTS,)),
    "SELU": Case(lambda nn: nn.SELU(), (POINTS,)),
    "SiLU": Case(lambda nn: nn.SiLU(), (POINTS,)),
    "Mish": Case(lambda nn: nn.Mish(), (POINTS,)),
    "GELU": Case(lambda nn: nn.GELU(), (POINTS,)),
    "GELU tanh": Case(lambda nn: nn.GELU("tanh"), (POINTS,)),
    "Softplus": Case(lambda nn: nn.Softplus(0.6), (POINTS,)),
    "Softsign": Case(lambda nn: nn.Softsign(), (POINTS,)),
    "Sigmoid": Case(lambda nn: nn.Sigmoid(), (POINTS,)),
    "LogSigmoid": Case(lambda nn: nn.LogSigmoid(), (POINTS,)),
    "Tanh": Case(lambda nn: nn.Tanh(), (POINTS,)),
    "Hardtanh": Case(lambda nn: nn.Hardtanh(-1.5, 2.0), (POINTS,)),
    "Softmax": Case(lambda nn: nn.Softmax(1), ((2, 3, 2),)),
    "LogSoftmax": Case(lambda nn: nn.LogSoftmax(-1), ((2, 3, 2),)),
    # Whole networks, one of each kind.
    "network MLP": Case(
        lambda nn: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)),
        ((5, 6),),
    ),
    "network convolutional": Case(
        lambda nn: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.ConvTranspose2d(4, 2, 2, stride=2),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(32, 3),
        ),
        ((3, 2, 8, 8),),
    ),
    "network series": Case(
        lambda nn: nn.Sequential(
            nn.Conv1d(3, 4, 2), nn.BatchNorm1d(4), nn.Tanh(), nn.ConvTranspose1d(4, 2, 2), nn.Flatten()
        ),
        ((5, 3, 4),),
    ),
    "network words": Case(
        lambda nn: nn.Sequential(nn.Embedding(5, 4), nn.TransformerBlock(4, 2, 6, 0.0), nn.Linear(4, 5)),
        (WORDS,),
    ),
}
