"""What does not fit is refused, by every layer and every loss: shapes with both shapes, and odd arguments."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import nn.layers
from autograd import ShapeError
from nn import functional as F  # noqa: N812 - so do all who use PyTorch


def ones(*shape: int) -> np.ndarray[Any, Any]:
    return np.ones(shape)


def classes(*shape: int) -> np.ndarray[Any, Any]:
    return np.zeros(shape, int)


# What is called, and the shapes that its error must show.
SHAPES: dict[str, tuple[Callable[[], Any], tuple[tuple[int, ...], ...]]] = {
    "Linear": (lambda: nn.Linear(3, 2)(ones(4, 5)), ((4, 5), (2, 3))),
    "Linear number": (lambda: nn.Linear(3, 2)(ones()), ((), (2, 3))),
    "linear bias": (lambda: F.linear(ones(4, 3), ones(2, 3), ones(3)), ((2, 3), (3,))),
    "linear weight": (lambda: F.linear(ones(4, 3), ones(3)), ((4, 3), (3,))),
    "Flatten": (lambda: nn.Flatten(2)(ones(4, 3)), ((4, 3),)),
    "Flatten backwards": (lambda: nn.Flatten(2, 1)(ones(4, 3, 2)), ((4, 3, 2),)),
    "Conv1d": (lambda: nn.Conv1d(3, 2, 3)(ones(4, 2, 9)), ((4, 2, 9), (2, 3, 3))),
    "Conv1d small": (lambda: nn.Conv1d(3, 2, 5)(ones(4, 3, 4)), ((4, 3, 4), (2, 3, 5))),
    "Conv1d axes": (lambda: nn.Conv1d(3, 2, 3)(ones(4, 3, 9, 9)), ((4, 3, 9, 9),)),
    "Conv2d": (lambda: nn.Conv2d(3, 2, 3)(ones(4, 2, 9, 9)), ((4, 2, 9, 9), (2, 3, 3, 3))),
    "Conv2d axes": (lambda: nn.Conv2d(3, 2, 3)(ones(9, 9)), ((9, 9),)),
    "Conv2d small": (lambda: nn.Conv2d(3, 2, 3)(ones(4, 3, 2, 9)), ((4, 3, 2, 9), (2, 3, 3, 3))),
    "conv2d bias": (lambda: F.conv2d(ones(1, 1, 3, 3), ones(2, 1, 2, 2), ones(3)), ((3,), (1, 2, 2, 2))),
    "conv2d weight": (lambda: F.conv2d(ones(1, 1, 3, 3), ones(2, 1, 2)), ((1, 1, 3, 3), (2, 1, 2))),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(3, 2, 3)(ones(4, 2, 9)), ((4, 2, 9), (3, 2, 3))),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(3, 2, 3)(ones(4, 2, 9, 9)), ((4, 2, 9, 9), (3, 2, 3, 3))),
    "ConvTranspose2d small": (
        lambda: nn.ConvTranspose2d(1, 1, 2, padding=3)(ones(1, 1, 2, 2)),
        ((1, 1, 2, 2), (-3, -3)),
    ),
    "MaxPool1d": (lambda: nn.MaxPool1d(3)(ones(4, 3, 2)), ((4, 3, 2), (3,))),
    "MaxPool1d axes": (lambda: nn.MaxPool1d(3)(ones(4)), ((4,),)),
    "MaxPool2d": (lambda: nn.MaxPool2d(3)(ones(4, 3, 2, 9)), ((4, 3, 2, 9), (3, 3))),
    "MaxPool2d axes": (lambda: nn.MaxPool2d(3)(ones(4, 4)), ((4, 4),)),
    "AvgPool1d": (lambda: nn.AvgPool1d(3)(ones(4, 3, 2)), ((4, 3, 2), (3,))),
    "AvgPool2d": (lambda: nn.AvgPool2d((2, 3))(ones(4, 3, 9, 2)), ((4, 3, 9, 2), (2, 3))),
    "embedding": (lambda: F.embedding(classes(2), ones(3)), ((2,), (3,))),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3)(ones(4, 2)), ((4, 2),)),
    "BatchNorm1d axes": (lambda: nn.BatchNorm1d(3)(ones(4, 3, 2, 2)), ((4, 3, 2, 2),)),
    "BatchNorm1d one": (lambda: nn.BatchNorm1d(3)(ones(1, 3)), ((1, 3),)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3)(ones(4, 2, 3, 3)), ((4, 2, 3, 3),)),
    "batch_norm running": (
        lambda: F.batch_norm(ones(4, 3), ones(2), ones(2)),
        ((4, 3), (2,)),
    ),
    "batch_norm training": (
        lambda: F.batch_norm(ones(4, 3), ones(2), ones(2), training=True),
        ((4, 3), (2,)),
    ),
    "batch_norm weight": (
        lambda: F.batch_norm(ones(4, 3), None, None, ones(2), training=True),
        ((4, 3), (2,)),
    ),
    "batch_norm axes": (lambda: F.batch_norm(ones(4), None, None, training=True), ((4,),)),
    "InstanceNorm": (lambda: nn.InstanceNorm(3)(ones(4, 3, 1)), ((4, 3, 1),)),
    "InstanceNorm1d": (lambda: nn.InstanceNorm1d(3)(ones(4, 2, 5)), ((4, 2, 5),)),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(3)(ones(4, 3, 5)), ((4, 3, 5),)),
    "instance_norm running": (
        lambda: F.instance_norm(ones(4, 3, 5), ones(2), ones(2)),
        ((4, 3, 5), (2,)),
    ),
    "LayerNorm": (lambda: nn.LayerNorm((3, 2))(ones(4, 2)), ((4, 2), (3, 2))),
    "layer_norm weight": (lambda: F.layer_norm(ones(4, 2), 2, ones(3)), ((3,), (2,))),
    "RMSNorm": (lambda: nn.RMSNorm(3)(ones(4, 2)), ((4, 2), (3,))),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4)(ones(4, 6)), ((4, 6),)),
    "GroupNorm bare": (lambda: nn.GroupNorm(2, 4, affine=False)(ones(4, 6)), ((4, 6),)),
    "group_norm": (lambda: F.group_norm(ones(4, 3), 2), ((4, 3),)),
    "RNN": (lambda: nn.RNN(3, 2)(ones(4, 2, 5)), ((4, 2, 5),)),
    "RNN axes": (lambda: nn.RNN(3, 2)(ones(3)), ((3,),)),
    "RNN state": (lambda: nn.RNN(3, 2)(ones(4, 2, 3), ones(1, 5, 2)), ((1, 5, 2), (1, 2, 2))),
    "RNN empty": (lambda: nn.RNN(3, 2)(ones(0, 2, 3)), ((0, 2, 3),)),
    "LSTM": (lambda: nn.LSTM(3, 2)(ones(4, 2, 5)), ((4, 2, 5),)),
    "LSTM state": (
        lambda: nn.LSTM(3, 2)(ones(4, 2, 3), (ones(1, 2, 3), ones(1, 2, 2))),
        ((1, 2, 3), (1, 2, 2)),
    ),
    "LSTM empty": (lambda: nn.LSTM(3, 2)(ones(0, 2, 3)), ((0, 2, 3),)),
    "LSTM alone": (lambda: nn.LSTM(3, 2)(ones(4, 2, 3), (ones(1, 2, 2),)), ()),
    "GRU": (lambda: nn.GRU(3, 2, batch_first=True)(ones(4, 2, 5)), ((4, 2, 5),)),
    "GRU state": (lambda: nn.GRU(3, 2)(ones(4, 3), ones(1, 3)), ((1, 3), (1, 2))),
    "RNNCell": (lambda: nn.RNNCell(3, 2)(ones(4, 5)), ((4, 5), (2, 3))),
    "RNNCell state": (lambda: nn.RNNCell(3, 2)(ones(4, 3), ones(3, 2)), ((4, 3), (3, 2))),
    "LSTMCell": (lambda: nn.LSTMCell(3, 2)(ones(4, 5)), ((4, 5), (8, 3))),
    "LSTMCell state": (lambda: nn.LSTMCell(3, 2)(ones(4, 3), (ones(4, 2), ones(3, 2))), ((4, 3), (3, 2))),
    "GRUCell": (lambda: nn.GRUCell(3, 2)(ones(4, 5)), ((4, 5), (6, 3))),
    "GRUCell state": (lambda: nn.GRUCell(3, 2)(ones(4, 3), ones(3, 2)), ((4, 3), (3, 2))),
    "gru_cell weight": (lambda: F.gru_cell(ones(4, 3), ones(4, 2), ones(6, 3), ones(4, 2)), ((4, 2), (6, 3))),
    "gru_cell bias": (
        lambda: F.gru_cell(ones(4, 3), ones(4, 2), ones(6, 3), ones(6, 2), ones(6), ones(5)),
        ((6, 2), (5,)),
    ),
    "lstm_cell weight": (
        lambda: F.lstm_cell(ones(4, 3), (ones(4, 2), ones(4, 2)), ones(4, 3), ones(8, 2)),
        ((4, 3), (8, 2)),
    ),
    "Attention": (lambda: nn.Attention(4, 2)(ones(4, 3)), ((4, 3),)),
    "Attention key": (lambda: nn.Attention(4, 2)(ones(4, 4), ones(3, 4), ones(2, 4)), ((3, 4), (2, 4))),
    "Attention mask": (lambda: nn.Attention(4, 2)(ones(3, 4), attn_mask=ones(3, 2) > 0), ((3, 2), (2, 3, 3))),
    "scaled_dot_product_attention": (
        lambda: F.scaled_dot_product_attention(ones(2, 3), ones(4, 2), ones(4, 1)),
        ((2, 3), (4, 2), (4, 1)),
    ),
    "scaled_dot_product_attention batch": (
        lambda: F.scaled_dot_product_attention(ones(2, 2, 3), ones(3, 4, 3), ones(3, 4, 1)),
        ((2, 2, 3), (3, 4, 3)),
    ),
    "scaled_dot_product_attention axes": (
        lambda: F.scaled_dot_product_attention(ones(3), ones(4, 3), ones(4, 1)),
        ((3,), (4, 3), (4, 1)),
    ),
    "TransformerBlock": (lambda: nn.TransformerBlock(4, 2, 6)(ones(5, 3)), ((5, 3),)),
    "Softmax": (lambda: nn.Softmax(2)(ones(4, 3)), ((4, 3),)),
    "LogSoftmax": (lambda: nn.LogSoftmax(-3)(ones(4, 3)), ((4, 3),)),
    "mse_loss": (lambda: nn.mse_loss(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "mse_loss weight": (lambda: nn.mse_loss(ones(3), ones(3), weight=ones(1)), ((3,), (1,))),
    "l1_loss": (lambda: nn.l1_loss(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "l1_loss weight": (lambda: nn.l1_loss(ones(3), ones(3), weight=ones(2)), ((3,), (2,))),
    "huber_loss": (lambda: nn.huber_loss(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "huber_loss weight": (lambda: nn.huber_loss(ones(3), ones(3), weight=ones(2)), ((3,), (2,))),
    "smooth_l1_loss": (lambda: nn.smooth_l1_loss(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "smooth_l1_loss sharp": (lambda: nn.smooth_l1_loss(ones(3, 1), ones(3), beta=0), ((3, 1), (3,))),
    "hinge_loss": (lambda: nn.hinge_loss(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "binary_cross_entropy": (lambda: nn.binary_cross_entropy(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "binary_cross_entropy weight": (
        lambda: nn.binary_cross_entropy(ones(3), ones(3), ones(2, 3)),
        ((3,), (2, 3)),
    ),
    "binary_cross_entropy_with_logits": (
        lambda: nn.binary_cross_entropy_with_logits(ones(3, 1), ones(3)),
        ((3, 1), (3,)),
    ),
    "binary_cross_entropy_with_logits weight": (
        lambda: nn.binary_cross_entropy_with_logits(ones(2, 3), ones(2, 3), ones(2)),
        ((2, 3), (2,)),
    ),
    "binary_cross_entropy_with_logits pos_weight": (
        lambda: nn.binary_cross_entropy_with_logits(ones(2, 3), ones(2, 3), pos_weight=ones(2)),
        ((2, 3), (2,)),
    ),
    "cross_entropy": (lambda: nn.cross_entropy(ones(3, 2), classes(2)), ((3, 2), (2,))),
    "cross_entropy column": (lambda: nn.cross_entropy(ones(3, 2), classes(3, 1)), ((3, 2), (3, 1))),
    "cross_entropy number": (lambda: nn.cross_entropy(ones(), classes()), ((), ())),
    "cross_entropy soft": (lambda: nn.cross_entropy(ones(3, 2), ones(2, 2)), ((3, 2), (2, 2))),
    "cross_entropy weight": (lambda: nn.cross_entropy(ones(3, 2), classes(3), ones(3)), ((3,), (3, 2))),
    "cross_entropy soft weight": (lambda: nn.cross_entropy(ones(3, 2), ones(3, 2), ones(3)), ((3,), (3, 2))),
    "nll_loss": (lambda: nn.nll_loss(ones(3, 2), classes(2)), ((3, 2), (2,))),
    "nll_loss weight": (lambda: nn.nll_loss(ones(3, 2), classes(3), ones(3)), ((3,), (3, 2))),
    "kl_div": (lambda: nn.kl_div(ones(3, 1), ones(3)), ((3, 1), (3,))),
    "cosine_similarity": (lambda: nn.cosine_similarity(ones(3, 2), ones(2, 2)), ((3, 2), (2, 2))),
    "cosine_similarity dim": (lambda: nn.cosine_similarity(ones(3), ones(3)), ((3,),)),
    "MLP": (lambda: nn.MLP(2, [3, 1])(ones(2, 2, 3)), ((2, 2, 3),)),
    "accuracy": (lambda: nn.accuracy(ones(3, 2), classes(2)), ((3, 2), (2,))),
}
ANY_SHAPE = {
    "Dropout", "ELU", "Embedding", "GELU", "Hardtanh", "Identity", "LeakyReLU", "LogSigmoid", "Mish", "ReLU",
    "SELU", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh",
}  # fmt: skip


def test_every_layer_and_every_loss_is_in_the_table() -> None:
    losses = {name for name in F.__all__ if "loss" in name or "entropy" in name} | {"kl_div"}
    assert {name.split()[0] for name in SHAPES} >= (set(nn.layers.__all__) - ANY_SHAPE) | losses


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_that_do_not_fit_are_both_named(name: str) -> None:
    call, shapes = SHAPES[name]
    with pytest.raises(ShapeError) as caught:
        call()
    for shape in shapes:
        assert str(shape) in str(caught.value), f"{shape} is not in: {caught.value}"


ARGUMENTS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.Linear(-1, 2), ValueError, "-1"),
    (lambda: nn.Linear(2, 0), ValueError, "0"),
    (lambda: nn.Conv2d(4, 6, 3, groups=4), ValueError, "4 and 6 channels make no 4 groups"),
    (lambda: nn.Conv2d(4, 4, 3, groups=0), ValueError, "groups"),
    (lambda: nn.Conv2d(4, 4, 0), ValueError, "kernel_size"),
    (lambda: nn.Conv2d(4, 4, 3, stride=0), ValueError, "stride"),
    (lambda: nn.Conv2d(4, 4, 3, padding=-1), ValueError, "padding"),
    (lambda: nn.Conv2d(4, 4, 3, dilation=(1, 0)), ValueError, "dilation"),
    (lambda: nn.Conv2d(4, 4, (3, 3, 3)), ValueError, "kernel_size"),
    (lambda: nn.Conv2d(4, 4, 3, padding="full"), ValueError, "padding"),  # type: ignore[arg-type]
    (lambda: nn.Conv1d(4, 4, 3, stride=2, padding="same"), ValueError, "same"),
    (lambda: nn.ConvTranspose1d(4, 4, 3, output_padding=1), ValueError, "output_padding"),
    (lambda: nn.ConvTranspose2d(4, 4, 3, output_padding=-1), ValueError, "output_padding"),
    (lambda: nn.MaxPool2d(2, padding=2), ValueError, "padding"),
    (lambda: nn.MaxPool1d(0), ValueError, "kernel_size"),
    (lambda: nn.AvgPool2d(2, stride=0), ValueError, "stride"),
    (lambda: nn.AvgPool2d(2, padding=-1), ValueError, "padding"),
    (lambda: nn.Embedding(5, 2, padding_idx=5), IndexError, "padding_idx 5"),
    (lambda: nn.Embedding(0, 2), ValueError, "0"),
    (lambda: nn.Embedding(5, 2)(np.array([1, 5])), IndexError, "from 1 to 5"),
    (lambda: nn.Embedding(5, 2)(np.array([-1, 0])), IndexError, "from -1 to 0"),
    (lambda: nn.Embedding(5, 2)(np.array([1.0])), TypeError, "integers"),
    (lambda: nn.BatchNorm1d(0), ValueError, "0"),
    (lambda: nn.BatchNorm2d(3, eps=-1.0), ValueError, "eps"),
    (lambda: nn.LayerNorm(0), ValueError, "0"),
    (lambda: nn.LayerNorm(()), ValueError, "()"),
    (lambda: nn.RMSNorm((2, 0)), ValueError, "0"),
    (lambda: nn.GroupNorm(3, 4), ValueError, "4 channels do not make 3 groups"),
    (lambda: nn.GroupNorm(0, 4), ValueError, "num_groups is 1 or more, got 0"),
    (lambda: F.group_norm(ones(2, 4), 0), ValueError, "num_groups is 1 or more, got 0"),
    (lambda: F.batch_norm(ones(2, 4), None, None), ValueError, "running_mean"),
    (lambda: nn.Dropout(-0.1), ValueError, "between 0 and 1"),
    (lambda: F.dropout(ones(2), 1.1), ValueError, "between 0 and 1"),
    (lambda: nn.Dropout(float("nan")), ValueError, "between 0 and 1"),
    (lambda: nn.RNN(3, 2, nonlinearity="sin"), ValueError, "'sin'"),  # type: ignore[arg-type]
    (lambda: nn.RNNCell(3, 2, nonlinearity="sin"), ValueError, "'sin'"),  # type: ignore[arg-type]
    (lambda: nn.LSTM(3, 0), ValueError, "1 or more"),
    (lambda: nn.GRU(3, 2, 0), ValueError, "1 or more"),
    (lambda: nn.GRU(3, 2, 2, dropout=1.5), ValueError, "between 0 and 1"),
    (lambda: nn.GRUCell(3, 0), ValueError, "0"),
    (lambda: nn.Attention(4, 3), ValueError, "4 features do not make 3 heads"),
    (lambda: nn.Attention(4, 0), ValueError, "num_heads is 1 or more, got 0"),
    (lambda: nn.Attention(4, 2, dropout=2.0), ValueError, "between 0 and 1"),
    (lambda: nn.TransformerBlock(4, 2, activation="sin"), ValueError, "'sin'"),  # type: ignore[arg-type]
    (lambda: F.scaled_dot_product_attention(ones(2, 2), ones(2, 2), ones(2, 2), ones(2, 2), is_causal=True),
     ValueError, "not both"),
    (lambda: nn.GELU("erf"), ValueError, "'erf'"),  # type: ignore[arg-type]
    (lambda: nn.Hardtanh(1.0, -1.0), ValueError, "-1.0"),
    (lambda: nn.Softplus(0.0), ValueError, "beta"),
    (lambda: nn.huber_loss(ones(2), ones(2), delta=0.0), ValueError, "delta"),
    (lambda: nn.smooth_l1_loss(ones(2), ones(2), beta=-1.0), ValueError, "beta"),
    (lambda: nn.binary_cross_entropy(np.array([-0.1]), ones(1)), ValueError, "-0.1"),
    (lambda: nn.binary_cross_entropy(np.array([0.5, 1.1]), ones(2)), ValueError, "1.1"),
    (lambda: nn.cross_entropy(ones(1, 2), np.array([2])), IndexError, "class 2, the input has 2"),
    (lambda: nn.cross_entropy(ones(1, 2), np.array([-1])), IndexError, "class -1, the input has 2"),
    (lambda: nn.cross_entropy(ones(1, 2), np.array([-1])), IndexError, "0 to 1; for labels -1 and 1 pass"),
    (lambda: nn.mse_loss(ones(32, 1), ones(32)), ShapeError, "target (32,); pass target[:, None]"),
    (lambda: nn.MLP(2, 3), TypeError, "MLP(2, [3])"),  # type: ignore[arg-type]
    (lambda: nn.MLP(1, [1])(1.0), TypeError, "a list of numbers, such as [1.0, 2.0], not 1.0"),  # type: ignore[arg-type]
    (lambda: nn.MLP(1, [1])(np.array(1.0)), TypeError, "not array(1.)"),  # type: ignore[arg-type]
    (lambda: nn.nll_loss(ones(1, 2), np.array([2])), IndexError, "class 2, the input has 2"),
    (lambda: nn.cross_entropy(ones(1, 2), np.array([1.0])), TypeError, "integers, not float64"),
    (lambda: nn.cross_entropy(ones(1, 2), np.ones((1, 2), int)), TypeError, "probabilities, not int64"),
    (lambda: nn.cross_entropy(ones(1, 2), classes(1), label_smoothing=1.5), ValueError, "label_smoothing"),
    (lambda: nn.cross_entropy(ones(1, 2), classes(1), label_smoothing=-0.1), ValueError, "label_smoothing"),
    (lambda: nn.cross_entropy(ones(1, 2), ones(1, 2), ignore_index=1), ValueError, "no class to ignore"),
    (lambda: nn.Sequential(nn.Linear(2, 1), nn.ReLU), TypeError, "place 1 is <class"),
    (lambda: nn.ModuleList([3]), TypeError, "place 0 is 3"),
    (lambda: nn.accuracy(ones(0, 2), classes(0)), ValueError, "no"),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(ARGUMENTS)))
def test_arguments_that_make_no_sense_are_refused(place: int) -> None:
    call, kind, message = ARGUMENTS[place]
    with pytest.raises(kind, match=re.escape(message)):
        call()


PAIR: dict[str, tuple[Any, Any]] = {
    name: (ones(2, 3) / 2, ones(2, 3) / 2) for name in F.__all__ if "loss" in name or "entropy" in name
} | {"nll_loss": (ones(2, 3), classes(2)), "kl_div": (ones(2, 3), ones(2, 3))}


@pytest.mark.parametrize("name", PAIR)
def test_every_loss_refuses_a_reduction_that_it_does_not_know(name: str) -> None:
    loss = getattr(nn, name)
    pairs = [PAIR[name]] + ([PAIR["nll_loss"]] if name == "cross_entropy" else [])
    for pair in pairs:
        for reduction in ("average", "", None, "Mean"):
            with pytest.raises(ValueError, match="'mean', 'sum'"):
                loss(*pair, reduction=reduction)
        assert np.shape(loss(*pair, reduction="none")) and not np.shape(loss(*pair))


def test_what_nothing_counts_in_has_no_mean() -> None:
    for loss in (nn.cross_entropy, nn.nll_loss):
        assert np.isnan(loss(ones(2, 3), classes(2), ignore_index=0))
        assert np.isnan(loss(ones(2, 3), classes(2), np.zeros(3)))
        assert loss(ones(2, 3), classes(2), ignore_index=0, reduction="sum") == 0
    assert np.isnan(nn.kl_div(ones(2), np.array([-0.5, 0.5])))
