"""Every layer, loss and activation as a function against PyTorch in float64, to the second order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reference import arrays

import autograd
from autograd import Tensor, gradcheck
from nn import functional as F  # noqa: N812 - so do all who use PyTorch

ARRAYS = arrays()
NAMES = list(dict.fromkeys(name.partition("/")[0] for name in ARRAYS if not name.startswith("module/")))
TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}

CASES: dict[str, Callable[..., Any]] = {
    "conv1d": F.conv1d,
    "conv1d_all": lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=2, dilation=2, groups=2),
    "conv1d_same": lambda x, w: F.conv1d(x, w, padding="same", dilation=3),
    "conv2d": F.conv2d,
    "conv2d_all": lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
    "conv2d_depthwise": lambda x, w: F.conv2d(x, w, padding=1, groups=4),
    "conv_transpose1d": lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2),
    "conv_transpose2d": lambda x, w, b: F.conv_transpose2d(
        x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, dilation=(1, 2)
    ),
    "max_pool1d": lambda x: F.max_pool1d(x, 3, 2, 1),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "max_pool2d_all": lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0), (1, 2)),
    "max_pool2d_ceil": lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
    "avg_pool1d": lambda x: F.avg_pool1d(x, 3, 2, 1),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2),
    "avg_pool2d_inside": lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
    "avg_pool2d_ceil": lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
    "linear": F.linear,
    "embedding": F.embedding,
    "embedding_padding": lambda i, w: F.embedding(i, w, padding_idx=1),
    "layer_norm": lambda x, w, b: F.layer_norm(x, (3, 4), w, b),
    "rms_norm": lambda x, w: F.rms_norm(x, 4, w, 1e-3),
    "group_norm": lambda x, w, b: F.group_norm(x, 2, w, b, 1e-3),
    "instance_norm": lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-3),
    "batch_norm_training": lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
    "batch_norm_evaluation": lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b),
    "attention": F.scaled_dot_product_attention,
    "attention_mask": F.scaled_dot_product_attention,
    "attention_bias": F.scaled_dot_product_attention,
    "attention_causal": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7),
    "rnn_cell": F.rnn_cell,
    "rnn_relu_cell": F.rnn_relu_cell,
    "gru_cell": F.gru_cell,
    "lstm_cell": lambda x, h, c, *w: autograd.concatenate(F.lstm_cell(x, (h, c), *w)),
    "activation_relu": F.relu,
    "activation_leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "activation_elu": lambda x: F.elu(x, 1.3),
    "activation_selu": F.selu,
    "activation_silu": F.silu,
    "activation_mish": F.mish,
    "activation_gelu": F.gelu,
    "activation_gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "activation_softplus": lambda x: F.softplus(x, beta=2.0),
    "activation_softsign": F.softsign,
    "activation_sigmoid": F.sigmoid,
    "activation_logsigmoid": F.logsigmoid,
    "activation_tanh": F.tanh,
    "activation_hardtanh": lambda x: F.hardtanh(x, -1.5, 2.0),
    "activation_softmax": lambda x: F.softmax(x, 0),
    "activation_log_softmax": lambda x: F.log_softmax(x, 0),
    "kl_div_batchmean": lambda x, y: F.kl_div(x, y, reduction="batchmean"),
    "cosine_similarity": F.cosine_similarity,
}
LOSSES: dict[str, Callable[..., Any]] = {
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
    "huber_loss": lambda x, y, **r: F.huber_loss(x, y, delta=0.7, **r),
    "smooth_l1_loss": lambda x, y, **r: F.smooth_l1_loss(x, y, beta=0.7, **r),
    "binary_cross_entropy": F.binary_cross_entropy,
    "binary_cross_entropy_with_logits": lambda x, y, w, p, **r: F.binary_cross_entropy_with_logits(
        x, y, w, pos_weight=p, **r
    ),
    "cross_entropy": F.cross_entropy,
    "cross_entropy_all": lambda x, y, w, **r: F.cross_entropy(
        x, y, w, ignore_index=2, label_smoothing=0.2, **r
    ),
    "cross_entropy_images": F.cross_entropy,
    "cross_entropy_soft": lambda x, y, w, **r: F.cross_entropy(x, y, w, label_smoothing=0.1, **r),
    "nll_loss": lambda x, y, w, **r: F.nll_loss(x, y, w, ignore_index=1, **r),
    "kl_div": F.kl_div,
    "kl_div_log": lambda x, y, **r: F.kl_div(x, y, log_target=True, **r),
}
for _name, _loss in LOSSES.items():
    for _reduction in ("mean", "sum", "none"):
        CASES[f"{_name}_{_reduction}"] = lambda *x, loss=_loss, r=_reduction: loss(*x, reduction=r)


def inputs(name: str) -> list[Any]:
    found = []
    while f"{name}/input{len(found)}" in ARRAYS:
        found.append(ARRAYS[f"{name}/input{len(found)}"])
    return found


def test_there_is_a_case_for_every_name_on_both_sides() -> None:
    assert set(CASES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_output_and_two_orders_of_derivatives_are_those_of_pytorch(name: str) -> None:
    given = inputs(name)
    moving = [i for i, x in enumerate(given) if x.dtype.kind == "f"]

    def first(*leaves: Any) -> list[Any]:
        def total(*inner: Any) -> Any:
            everything = list(given)
            for place, x in zip(moving, inner, strict=True):
                everything[place] = x
            return autograd.sum(autograd.sin(CASES[name](*everything)))

        return list(autograd.grad(total, argnums=tuple(range(len(moving))))(*leaves))

    def size(*leaves: Any) -> Any:
        return sum(autograd.sum(autograd.square(g)) for g in first(*leaves))

    leaves = [given[i] for i in moving]
    np.testing.assert_allclose(CASES[name](*given), ARRAYS[f"{name}/output"], **TOLERANCE)
    for i, gradient in enumerate(first(*leaves)):
        np.testing.assert_allclose(gradient, ARRAYS[f"{name}/first{i}"], **TOLERANCE)
    second = autograd.grad(size, argnums=tuple(range(len(leaves))))(*leaves)
    for i, gradient in enumerate(second):
        np.testing.assert_allclose(gradient, ARRAYS[f"{name}/second{i}"], **TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_gives_the_same_as_an_array(name: str) -> None:
    tensors = [Tensor(x, requires_grad=True) if x.dtype.kind == "f" else x for x in inputs(name)]
    y = CASES[name](*tensors)
    autograd.sum(autograd.sin(y)).backward()
    np.testing.assert_allclose(y.data, ARRAYS[f"{name}/output"], **TOLERANCE)
    moving = [x for x in tensors if isinstance(x, Tensor)]
    for i, x in enumerate(moving):
        np.testing.assert_allclose(x.grad, ARRAYS[f"{name}/first{i}"], **TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
def test_each_element_of_each_derivative_is_the_measured_one(name: str) -> None:
    given = inputs(name)
    if name == "embedding_padding":
        pytest.skip("a padding row has no gradient on purpose")
    gradcheck(CASES[name], given, atol=1e-12)  # log_softmax subtracts from 1
