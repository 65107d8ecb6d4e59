"""Files in the IDX format, in which MNIST and Fashion-MNIST come: an array with its shape in front.

::

    bytes 0, 1     0
    byte  2        what the elements are: 0x08 for uint8, …, 0x0E for float64
    byte  3        the number of axes
    4 for each     the length of an axis, most significant byte first
    the rest       the elements, the last axis fastest, most significant byte first

The description is that of Y. LeCun, C. Cortes and C. Burges, The MNIST Database of Handwritten Digits.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

ELEMENTS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PIECE = 1 << 20
# Deflate makes at most about 1030 bytes of one, so a compressed file tells how much it can hold.
MOST_FROM_ONE_BYTE = 1032
LIMIT = 1 << 30


def read_idx(path: str | Path, *, sha256: str | None = None, limit: int = LIMIT) -> NDArray[Any]:
    """Read an IDX file, compressed by gzip if its name ends in ``.gz``.

    The size of the file is compared with the shape it states before any room for the elements is made.

    Parameters
    ----------
    sha256: the checksum that the uncompressed content must have, in hexadecimal.
    limit: how many bytes of elements to read at most.

    Returns
    -------
    A new array of the shape and the element type that the file states, in this machine's byte order.

    Raises
    ------
    FileNotFoundError: there is no such file.
    ValueError: it is no IDX file, it is cut short or too long, or it has another checksum.

    >>> Path("four.idx").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]))
    16
    >>> read_idx("four.idx")
    array([[1, 2],
           [3, 4]], dtype=uint8)
    """
    path = Path(path)
    stored = path.stat().st_size
    compressed = path.suffix == ".gz"
    try:
        with gzip.open(path) if compressed else path.open("rb") as file:
            return _read(cast(BinaryIO, file), path, stored, compressed, sha256, limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _read(
    file: BinaryIO, path: Path, stored: int, compressed: bool, sha256: str | None, limit: int
) -> NDArray[Any]:
    header = file.read(4)
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in ELEMENTS or not header[3]:
        raise ValueError(f"{path} is no IDX file: it starts with {header.hex(' ') or 'nothing'}")
    lengths = file.read(4 * header[3])
    if len(lengths) < 4 * header[3]:
        raise ValueError(f"{path} is cut short: it ends within its header")
    shape = tuple(int.from_bytes(lengths[i : i + 4], "big") for i in range(0, len(lengths), 4))
    dtype = np.dtype(ELEMENTS[header[2]])
    size = math.prod(shape) * dtype.itemsize
    start = 4 + len(lengths)
    if size > limit:
        raise ValueError(f"{path} states shape {shape}, {size:,} bytes; the limit is {limit:,}: pass limit=")
    if compressed:
        if size > stored * MOST_FROM_ONE_BYTE:
            raise ValueError(f"{path} states shape {shape}, more than its {stored:,} bytes can hold")
    elif start + size != stored:
        raise ValueError(f"{path} states shape {shape}, so {start + size:,} bytes, and has {stored:,}")

    checksum = hashlib.sha256(header + lengths)
    content = bytearray()  # grows with what is really there
    while piece := file.read(min(PIECE, size + 1 - len(content))):
        content += piece
        checksum.update(piece)
    if len(content) != size:
        raise ValueError(
            f"{path} states shape {shape}, {size:,} bytes, and holds "
            + (f"{len(content):,}" if len(content) < size else "more")
        )
    if sha256 is not None and checksum.hexdigest() != sha256:
        raise ValueError(
            f"{path} is damaged or another file: its sha256 is {checksum.hexdigest()}, not {sha256}"
        )
    return np.frombuffer(content, dtype).astype(dtype.newbyteorder("=")).reshape(shape)
