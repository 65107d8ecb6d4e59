"""Keep the memory of large arrays between the steps of a training."""

from __future__ import annotations

import numpy as np

_MALLOC_LEARNS_FROM = 31 * 2**20  # glibc takes an example from blocks of up to 32 MiB


def keep_memory() -> None:
    """Have the C library keep freed memory for the next arrays, up to 64 MiB, instead of returning it.

    A step of training makes and frees arrays of some megabytes; glibc gives their pages back to the
    system, which clears them again at the next touch. A convolutional network was measured to lose a
    third of its time to that. glibc stops once it has seen a large block freed; elsewhere this does
    nothing.

    >>> keep_memory()
    """
    np.empty(_MALLOC_LEARNS_FROM, np.uint8)  # freed at once, untouched
