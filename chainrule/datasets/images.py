"""Between pictures and what a network takes: pixels as rows of features, and channels first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_features(images: Any, dtype: Any = np.float32) -> NDArray[Any]:
    """Images (n, height, width) or (n, height, width, channels) of bytes as rows (n, features) of 0 to 1.

    A row is read line by line, within a line pixel by pixel, and within a pixel by channel; a picture of
    256×256 pixels in red, green and blue is 196,608 features. Numbers that are no bytes are only reshaped.

    >>> to_features(np.array([[[0, 255], [51, 0]]], np.uint8))
    array([[0. , 1. , 0.2, 0. ]], dtype=float32)
    >>> to_features(np.zeros((1, 256, 256, 3), np.uint8)).shape
    (1, 196608)
    """
    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4):
        raise ValueError(
            f"images have shape (n, height, width) or (n, height, width, channels), not {pixels.shape}"
        )
    rows = pixels.reshape(len(pixels), math.prod(pixels.shape[1:])).astype(dtype)
    if pixels.dtype == np.uint8:
        rows /= 255
    return rows


def to_images(features: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The reverse of :func:`to_features`: rows of 0 to 1 as bytes of shape (n, *shape).

    What lies outside of 0 to 1 becomes black or white.

    Raises
    ------
    ValueError: the rows do not have as many features as the shape has pixels, or one is not a number.

    >>> to_images([[0.0, 1.0, 0.2, 7.0]], (2, 2)).tolist()
    [[[0, 255], [51, 255]]]
    """
    rows = np.asarray(features)
    if rows.ndim != 2 or rows.shape[1] != math.prod(shape):
        raise ValueError(
            f"features of shape {rows.shape} are no images of {shape}: they need (n, {math.prod(shape)})"
        )
    if np.isnan(rows).any():
        raise ValueError("features that are not a number (nan) have no brightness")
    pixels: NDArray[np.uint8] = np.rint(np.clip(rows, 0, 1) * 255).astype(np.uint8)
    return pixels.reshape(len(rows), *shape)


def channels_first(images: Any, dtype: Any = np.float32) -> NDArray[Any]:
    """Images as convolutions take them: (n, height, width[, channels]) give (n, channels, height, width).

    Bytes become numbers from 0 to 1; without a last axis of channels there is one.

    >>> channels_first(np.zeros((5, 28, 28), np.uint8)).shape
    (5, 1, 28, 28)
    >>> channels_first(np.zeros((5, 28, 28, 3), np.uint8)).shape
    (5, 3, 28, 28)
    """
    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4):
        raise ValueError(
            f"images have shape (n, height, width) or (n, height, width, channels), not {pixels.shape}"
        )
    planes = pixels[:, None] if pixels.ndim == 3 else np.moveaxis(pixels, -1, 1)
    planes = planes.astype(dtype, order="C")
    if pixels.dtype == np.uint8:
        planes /= 255
    return planes
