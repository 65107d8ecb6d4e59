"""Arrays as thumbnails: a PNG of at most 16 × 16 cells, orange above zero, blue below, clear at zero.

Colours have an opacity instead of a background, so that one picture suits light and dark. A larger
array is shown by the extreme of each block: an average would hide the one large gradient.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from viz.theme import EITHER

_MOST = 16
_LEVELS = 7  # to either side of zero: 15 colours with zero, and one for what is not finite
_DECADES = 2.0
_BROKEN = (200, 0, 140)


def cells(array: Any) -> np.ndarray[Any, Any]:
    """The array as rows and columns, few enough to see, each the extreme of a block.

    >>> cells(np.arange(64.0).reshape(2, 32)).shape, cells(np.ones(3)).shape
    ((2, 16), (1, 3))
    """
    table = np.asarray(array, float)
    table = table.reshape(-1, table.shape[-1]) if table.ndim else table.reshape(1, 1)
    for axis in (0, 1):
        if table.shape[axis] > _MOST:
            blocks = np.array_split(table, _MOST, axis)
            table = np.stack([_extreme(block, axis) for block in blocks], axis)
    return table


def heat_map(array: Any) -> bytes:
    """The thumbnail as a PNG.

    >>> heat_map(np.eye(2))[:4]
    b'\\x89PNG'
    """
    table = cells(array)
    indices = _levels(table)
    if indices.shape[1] % 2:
        indices = np.pad(indices, ((0, 0), (0, 1)))
    packed = (indices[:, ::2] << 4 | indices[:, 1::2]).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in packed)
    height, width = table.shape
    opacities = [int(255 * (0.12 + 0.88 * level / _LEVELS)) for level in range(1, _LEVELS + 1)]
    negative, positive = EITHER
    colours = [(0, 0, 0), *[positive] * _LEVELS, *[negative] * _LEVELS, _BROKEN]
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
        (b"PLTE", bytes(part for colour in colours for part in colour)),
        (b"tRNS", bytes([0, *opacities, *opacities, 255])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _extreme(block: np.ndarray[Any, Any], axis: int) -> np.ndarray[Any, Any]:
    size = np.where(np.isfinite(block), np.abs(block), np.inf)
    place = np.expand_dims(size.argmax(axis), axis)
    return np.take_along_axis(block, place, axis).squeeze(axis)


def _levels(table: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The index of each cell's colour, on a logarithmic scale of two decades below the largest."""
    finite = np.isfinite(table)
    size = np.where(finite, np.abs(table), 0.0)
    largest = size.max(initial=0.0) or 1.0
    share = np.log1p(size / largest * 10**_DECADES) / np.log1p(10**_DECADES)
    level = np.ceil(share * _LEVELS).astype(np.uint8)
    level = np.where(size > 0, np.clip(level, 1, _LEVELS), 0)
    level = np.where((table < 0) & (level > 0), level + _LEVELS, level)
    return np.where(finite, level, 2 * _LEVELS + 1).astype(np.uint8)
