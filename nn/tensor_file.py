"""Arrays by name in one file, in the safetensors format, with a checksum of every byte.

::

    8 bytes    the length of the header, least significant byte first
    header     JSON: for each array its dtype, shape and place; and "__metadata__", words by name
    the rest   the arrays, one after another, without gaps

Other programs read these files as any of their format: the checksums are words in the metadata. Nothing in
a file is ever executed. A file is written beside its place and then moved there, so that it is whole or not
there at all, whatever happens in between.

The format is described at https://huggingface.co/docs/safetensors (Hugging Face, 2022).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from .atomic_file import replacing

Array = np.ndarray[Any, Any]

VERSION = "1"
# Three marks: a damaged byte can take one of them away, and the other two still say what the file was.
VERSION_KEY, HEADER_KEY, ARRAYS_KEY = "chainrule.version", "chainrule.header", "chainrule.arrays"
MARKS = {VERSION_KEY, HEADER_KEY, ARRAYS_KEY}

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "C64": "<c8",
}  # fmt: skip
NAMES = {np.dtype(code): name for name, code in DTYPES.items() if name != "BF16"}

# Parsed JSON takes up to 25 times the room of its text, so this bounds what a hostile header can allocate.
LONGEST_HEADER = 4 << 20
NO_CHECKSUM = "0" * 64


class CheckpointError(ValueError):
    """A file that is damaged, is cut short, or does not hold what is asked of it.

    >>> _ = Path("note.txt").write_text("no tensors")
    >>> TensorFile("note.txt")
    Traceback (most recent call last):
    nn.tensor_file.CheckpointError: note.txt: cut short, or no safetensors file: ...
    """


@dataclass(frozen=True)
class Entry:
    """One array of a file: what it is, and which bytes it is."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype that :meth:`TensorFile.read` gives; brain floats become float32, without loss."""
        return (
            np.dtype(np.float32) if self.dtype == "BF16" else np.dtype(DTYPES[self.dtype]).newbyteorder("=")
        )


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Write arrays and words to a file, whole or not at all, and return when they are on the disk.

    Raises
    ------
    TypeError: an array has a dtype that the format does not know.
    ValueError: the names and the metadata are too long for a header.

    >>> write("two.safetensors", {"a": np.arange(3.0), "b": np.array(True)}, {"made by": "hand"})
    >>> with TensorFile("two.safetensors") as file:
    ...     file.read("a"), file.metadata
    (array([0., 1., 2.]), {'made by': 'hand'})
    """
    # The widest elements come first, so that every array starts at a multiple of its own element.
    given = {name: np.asarray(array) for name, array in arrays.items()}
    ordered = dict(sorted(given.items(), key=lambda item: -item[1].dtype.itemsize))
    contents = {name: _plain(name, array) for name, array in ordered.items()}
    header = _header(contents, metadata)
    if len(header) > LONGEST_HEADER:
        raise ValueError(
            f"the header would have {len(header):,} bytes, more than {LONGEST_HEADER:,}: shorten the names, "
            "or put lists of numbers into arrays"
        )
    with replacing(path) as file:
        file.write(len(header).to_bytes(8, "little"))
        file.write(header)
        for array in contents.values():
            file.write(_bytes(array))


def _plain(name: str, array: Array) -> Array:
    little = array.dtype.newbyteorder("<")
    if name == "__metadata__" or little not in NAMES:
        raise TypeError(f"{name!r} cannot be saved: {array.dtype} is none of {', '.join(map(str, NAMES))}")
    return np.ascontiguousarray(array, little).reshape(array.shape)  # ascontiguousarray has no 0-d result


def _bytes(array: Array) -> memoryview:
    flat: Any = array.reshape(-1).view(np.uint8)
    return memoryview(flat)


def _header(contents: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {}
    sums: dict[str, str] = {}
    place = 0
    for name, array in contents.items():
        entries[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [place, place + array.nbytes],
        }
        place += array.nbytes
        sums[name] = hashlib.sha256(_bytes(array)).hexdigest()
    marks = {VERSION_KEY: VERSION, HEADER_KEY: NO_CHECKSUM, ARRAYS_KEY: json.dumps(sums)}
    text = json.dumps({"__metadata__": {**metadata, **marks}, **entries}, separators=(",", ":"))
    content = text.encode("ascii")
    content += b" " * (-len(content) % 8)  # so that the arrays start at a multiple of 8
    return _with_checksum(content, hashlib.sha256(content).hexdigest())


def _with_checksum(header: bytes, checksum: str) -> bytes:
    """A header with its own checksum in it, which is that of the header with zeros in this place."""
    mark = f'"{HEADER_KEY}":"'.encode()
    place = header.rindex(mark) + len(mark)
    return header[:place] + checksum.encode() + header[place + len(checksum) :]


class TensorFile:
    """A file open for reading, its header verified: what is in it is known before any of it is read.

    Attributes
    ----------
    entries: every array by name, in the order of the file.
    metadata: the words that were saved with them, without the checksums.
    version: the version of the file; None for a file of another program, which has no checksums.

    Raises
    ------
    FileNotFoundError: there is no such file.
    CheckpointError: it is damaged, cut short, no file of this format, or of a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file: BinaryIO = self.path.open("rb")
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> TensorFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _fail(self, reason: str) -> NoReturn:
        raise CheckpointError(f"{self.path}: {reason}")

    def _read_header(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        length = int.from_bytes(self._file.read(8), "little")
        if size < 8 or length > size - 8:
            self._fail(
                f"cut short, or no safetensors file: {size:,} bytes, of which the header takes {length:,}"
            )
        if length > LONGEST_HEADER:
            self._fail(f"its header states {length:,} bytes, more than {LONGEST_HEADER:,}")
        content = self._file.read(length)
        if content[:1] != b"{":
            self._fail("no safetensors file: the header is no object")
        try:
            header = json.loads(content.decode("utf-8"), object_pairs_hook=_no_name_twice)
        except (ValueError, RecursionError) as error:
            self._fail(f"damaged, or no safetensors file: the header is no JSON: {error}")
        words = header.pop("__metadata__", {})
        if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
            self._fail("damaged: the metadata are not words")
        self.metadata: dict[str, str] = {name: word for name, word in words.items() if name not in MARKS}
        self.version: str | None = None
        self._sums: dict[str, str] | None = None
        if not MARKS.isdisjoint(words):
            self._sums = self._verified(content, words)
            self.version = words[VERSION_KEY]
        self._start = 8 + length
        self.entries = self._checked_entries(header, size - self._start)
        if self._sums is not None and self._sums.keys() != self.entries.keys():
            self._fail("damaged: the arrays are not those that were saved")

    def _verified(self, content: bytes, words: dict[str, str]) -> dict[str, str]:
        """The checksums of the arrays, after the header's own was found right."""
        try:
            expected = hashlib.sha256(_with_checksum(content, NO_CHECKSUM)).hexdigest()
        except ValueError:
            expected = ""
        if not words.keys() >= MARKS or words[HEADER_KEY] != expected:
            self._fail("damaged: the checksum of the header is wrong")
        if words[VERSION_KEY] != VERSION:
            self._fail(f"version {words[VERSION_KEY]}; this chainrule reads version {VERSION}: update it")
        try:
            sums: dict[str, str] = dict(json.loads(words[ARRAYS_KEY]))
        except (ValueError, TypeError, RecursionError) as error:
            self._fail(f"damaged: its checksums cannot be read: {error}")
        return sums

    def _checked_entries(self, header: dict[str, Any], room: int) -> dict[str, Entry]:
        entries: list[tuple[str, Entry]] = []
        for name, fields in header.items():
            if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
                self._fail(f"damaged: {name!r} has no dtype, shape and data_offsets")
            dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
            if dtype not in DTYPES:
                self._fail(f"{name} has dtype {dtype!r}; known are {', '.join(DTYPES)}")
            if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2:
                self._fail(f"damaged: {name} has shape {shape!r} and data_offsets {offsets!r}")
            needed = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
            if offsets[1] - offsets[0] != needed:
                self._fail(
                    f"damaged: {name}, {dtype} of shape {shape}, needs {needed:,} bytes and has "
                    f"{offsets[1] - offsets[0]:,}"
                )
            entries.append((name, Entry(dtype, tuple(shape), offsets[0], offsets[1])))
        entries.sort(key=lambda item: (item[1].start, item[1].end))
        place = 0
        for name, entry in entries:
            if entry.start != place:
                self._fail(f"damaged: {name} starts at byte {entry.start:,} and not at {place:,}")
            place = entry.end
        if place != room:
            self._fail(f"cut short or damaged: the arrays need {place:,} bytes, and there are {room:,}")
        return dict(entries)

    def read(self, name: str) -> Array:
        """One array, new and writeable, its checksum verified.

        Raises
        ------
        KeyError: there is no such array.
        CheckpointError: its bytes are not those that were saved.
        """
        entry = self.entries[name]
        array = np.empty(entry.shape, DTYPES[entry.dtype])
        content = _bytes(array)
        self._file.seek(self._start + entry.start)
        read = 0
        while read < len(content):
            count = self._file.readinto(content[read:])  # type: ignore[attr-defined]
            if not count:
                self._fail(f"cut short while it was read, within {name}")
            read += count
        if self._sums is not None and hashlib.sha256(content).hexdigest() != self._sums[name]:
            self._fail(f"damaged: the checksum of {name} is wrong")
        if entry.dtype == "BOOL" and not set(np.unique(np.frombuffer(content, np.uint8))) <= {0, 1}:
            self._fail(f"damaged: {name} holds booleans that are neither 0 nor 1")
        if entry.dtype == "BF16":  # the upper half of a float32
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return array.astype(entry.numpy_dtype(), copy=False)


def _sizes(numbers: Any) -> bool:
    """Whether something is a list of sizes: integers, neither negative nor beyond what a file can hold."""
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n < 1 << 63 for n in numbers)


def _no_name_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
