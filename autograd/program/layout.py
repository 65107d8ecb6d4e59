"""``Layout``: how an array lies in memory, and what owns that memory."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np


class Layout(NamedTuple):
    """How an array lies in memory, without the numbers in it.

    >>> layout = Layout.of(np.zeros((3, 2)).T)
    >>> layout.within(np.empty(layout.nbytes, np.uint8)).strides
    (8, 16)
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]

    @classmethod
    def of(cls, array: Any) -> Layout:
        """The layout of an array, or of a number."""
        return array if isinstance(array, Layout) else cls(array.shape, array.dtype, array.strides)

    def within(self, block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """These bytes as an array whose axes lie in the same order."""
        if self.is_in_order:
            return np.ndarray(self.shape, self.dtype, block)
        order = sorted(range(self.ndim), key=lambda axis: -self.strides[axis])
        shape = [self.shape[axis] for axis in order]
        array: np.ndarray[Any, Any] = np.ndarray(shape, self.dtype, block)
        return array.transpose(np.argsort(order))

    def words(self) -> str:
        """Shape and dtype, as messages have them."""
        return f"of shape {self.shape}, {self.dtype}"

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes the elements take."""
        return self.size * self.dtype.itemsize

    @property
    def is_in_order(self) -> bool:
        """Whether the elements lie side by side, the last axis first."""
        step = self.dtype.itemsize
        for n, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if n > 1 and stride != step:
                return False
            step *= n
        return True


def root(array: np.ndarray[Any, Any]) -> Any:
    """What owns the memory that an array looks into; itself if it is its own."""
    return array if array.base is None else array.base
