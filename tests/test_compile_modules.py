"""Modules that are changed between compiled steps: their parts, hooks and nodes, called or not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from step_pairs import KINDS, total

import autograd
import nn
from autograd import Tensor, gradcheck


class Blocks(nn.Module):
    """Layers in a list, which itself is never called."""

    def __init__(self) -> None:
        self.blocks = nn.ModuleList([nn.Linear(2, 2, rng=k) for k in range(3)])

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return x.sum()


def replace_block(model: Any) -> None:
    model.blocks[1] = nn.Linear(2, 2, rng=9)


def add_block(model: Any) -> None:
    model.blocks.append(nn.Linear(2, 2, rng=9))


def drop_block(model: Any) -> None:
    delattr(model.blocks, "2")


def move_elsewhere(model: Any) -> None:
    """An optimiser that is made later takes the parameters into memory of its own."""
    model.blocks[0](np.ones((1, 2))).sum().backward()
    nn.Adam(model.parameters()).step()


def check_gradients(model: Any) -> None:
    assert gradcheck(model, np.ones((1, 2)))


def follows(compiled: Callable[[Any], Any], eager: Callable[[Any], Any], x: Any, change: Any) -> None:
    """A compiled function is the eager one, before a change of both models and after it."""
    for k in range(7):
        assert compiled(x).item() == eager(x).item()
        if k == 4:
            change()


@pytest.mark.parametrize("change", [replace_block, add_block, drop_block, move_elsewhere, check_gradients])
def test_changes_in_what_is_never_called_take_effect(change: Callable[[Any], None]) -> None:
    one, two = Blocks(), Blocks()
    compiled = autograd.compile(lambda x: two(x))
    x = np.ones((4, 2), np.float32)
    follows(compiled, one, x, lambda: (change(one), change(two)))


def test_frozen_and_thawed_between_steps() -> None:
    one, two = Blocks(), Blocks()

    def stepping(model: Any) -> Any:
        optimizer = nn.SGD(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = model(x)
            loss.backward()
            optimizer.step()
            return loss

        return step

    eager, compiled = stepping(one), autograd.compile(stepping(two))
    for k in range(9):
        x = np.full((4, 2), 0.1 * k, np.float32)
        assert compiled(x).item() == eager(x).item()
        if k in (4, 6):
            for model in (one, two):
                model.blocks[1].weight.requires_grad_(k == 6)


def test_hooks_that_are_added_and_removed_take_effect() -> None:
    one, two = Blocks(), Blocks()
    compiled, handles = autograd.compile(lambda x: two(x)), []
    x = np.ones((4, 2), np.float32)
    for k in range(14):
        assert compiled(x).item() == one(x).item()
        if k in (0, 4):
            for model in (one, two):
                handles += [model.blocks[1].register_forward_hook(lambda module, inputs, output: output * 2)]
        if k in (7, 10):
            for _ in range(2):
                handles.pop().remove()


class Kept(nn.Module):
    """A module with a node that is no parameter, and one that it computes."""

    def __init__(self, kind: Callable[[float], Any]) -> None:
        self.factor, self.last = kind(2.0), None

    def forward(self, x: Any) -> Any:
        self.last = total(self.factor * x)
        return self.last


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_that_a_module_has_may_be_replaced(kind: str) -> None:
    one, two = Kept(KINDS[kind]), Kept(KINDS[kind])
    compiled = autograd.compile(lambda x: two(x))
    for k in range(8):
        x = np.arange(2.0) + k if kind == "Tensor" else 1.0 + k
        assert compiled(x).item() == one(x).item()
        assert len(compiled.programs) < 2
        if k == 4:
            assert [len(programs) for programs in compiled.programs.values()] == [1]  # replayed ever after
            one.factor, two.factor = KINDS[kind](5.0), KINDS[kind](5.0)


# -- what is used without being called --------------------------------------------------------


class Scaled(nn.Module):
    """A model that is used by its parts and its methods."""

    def __init__(self) -> None:
        self.encoder, self.beta = nn.Linear(2, 1, rng=0), 1.0
        self.register_buffer("mask", np.array([1.0, 0.5], np.float32))

    def loss(self, x: Any) -> Any:
        return self.encoder(Tensor(x) * (2 - self.mask)).sum() * self.beta

    def forward(self, x: Any) -> Any:
        return self.loss(x)


def set_beta(model: Any) -> None:
    model.beta = 3.0


def replace_encoder(model: Any) -> None:
    model.encoder = nn.Linear(2, 1, rng=5)


def load_mask(model: Any) -> None:
    model.load_state_dict({**model.state_dict(), "mask": np.array([0.25, 2.0], np.float32)})


def helper(model: Any, x: Any) -> Any:
    return model.loss(x)


GLOBAL = Scaled()


USES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "a method": lambda model: model.loss,
    "a closure": lambda model: lambda x: model.loss(x) + model.encoder(x).sum(),
    "a partial": lambda model: functools.partial(helper, model),
    "a default": lambda model: lambda x, model=model: model.loss(x),
    "a function in between": lambda model: lambda x, use=lambda x: model.loss(x): use(x),
    "the model": lambda model: model,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("change", [set_beta, replace_encoder, load_mask])
def test_a_model_that_is_not_called_is_looked_at(use: str, change: Callable[[Any], None]) -> None:
    one, two = Scaled(), Scaled()
    eager, compiled = USES[use](one), autograd.compile(USES[use](two))
    x = np.ones((3, 2), np.float32)
    follows(compiled, eager, x, lambda: (change(one), change(two)))


def test_a_global_model_is_looked_at() -> None:
    compiled = autograd.compile(lambda x: helper(GLOBAL, x))
    x = np.ones((3, 2), np.float32)
    try:
        for k in range(7):
            assert compiled(x).item() == helper(GLOBAL, x).item()
            if k == 4:
                GLOBAL.beta = 5.0
    finally:
        GLOBAL.beta = 1.0
