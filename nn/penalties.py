"""Penalties on parameters: what is added to a loss so that they stay small."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import autograd
from autograd.array_ops import shape_of


def l1_penalty(parameters: Iterable[Any]) -> Any:
    """``Σ |p|`` over all parameters: pulls them to exactly zero (Tibshirani 1996).

    >>> from autograd import Value
    >>> l1_penalty([Value(-2.0), Value(3.0)]).data
    5.0
    """
    return _total([_size(autograd.abs(p)) for p in parameters])


def l2_penalty(parameters: Iterable[Any]) -> Any:
    """``Σ p²`` over all parameters: pulls them towards zero (Hoerl and Kennard 1970).

    >>> from autograd import Value
    >>> l2_penalty([Value(-2.0), Value(3.0)]).data
    13.0
    """
    return _total([_size(autograd.square(p)) for p in parameters])


def _size(x: Any) -> Any:
    return autograd.sum(x) if shape_of(x) else x


def _total(parts: list[Any]) -> Any:
    if not parts:
        raise ValueError("a penalty was given no parameters")
    # One node for the whole sum, not a chain of as many as there are parameters.
    return autograd.affine(0.0, *[1.0] * len(parts), *parts)
