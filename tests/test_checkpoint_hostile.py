"""A file that was made to do harm is refused at once, and the message says why."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from peak_memory import printed_by

from nn import CheckpointError, load

pytest.importorskip("resource", reason="only Unix measures the memory of a process")


def file_of(header: Any, room: int = 0) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(room)


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cut short"),
    "short": (b"\x08\0\0", "cut short"),
    "a header of exabytes": (struct.pack("<Q", 1 << 62) + b"{}", "header takes 4,611,686"),
    "no JSON": (file_of(b"{nonsense"), "no JSON"),
    "no text": (file_of(b'{"\xff": 1}'), "no JSON"),
    "deep": (file_of(b'{"a":' + b"[" * 1_000_000), "no JSON"),
    "a long number": (file_of(b'{"a":' + b"9" * 10_000), "no JSON"),
    "a list": (file_of([]), "no object"),
    "a name twice": (file_of(b'{"a":' + json.dumps(entry()).encode() + b',"a":3}', 4), "a name stands twice"),
    "metadata of numbers": (file_of({"__metadata__": {"a": 1}}), "not words"),
    "an array of words": (file_of({"a": "b"}), "no dtype"),
    "another field": (file_of({"a": {**entry(), "more": 1}}, 4), "no dtype"),
    "an unknown dtype": (file_of({"a": entry("F3")}, 4), "dtype 'F3'"),
    "petabytes": (file_of({"a": entry(shape=[1 << 50], offsets=[0, 1 << 52])}), "the arrays need"),
    "sizes that overflow": (file_of({"a": entry(shape=[1 << 33, 1 << 33])}, 4), "needs"),
    "a negative size": (file_of({"a": entry(shape=[-1], offsets=[4, 0])}), "has shape"),
    "a size with a point": (file_of({"a": entry(shape=[1.0])}, 4), "has shape"),
    "a true size": (file_of({"a": entry(shape=[True])}, 4), "has shape"),
    "arrays over each other": (file_of({"a": entry(), "b": entry()}, 4), "starts at byte 0"),
    "a gap": (file_of({"a": entry(offsets=[4, 8])}, 8), "starts at byte 4"),
    "too long": (file_of({"a": entry()}, 5), "the arrays need 4 bytes, and there are 5"),
    "marks without checksums": (
        file_of({"__metadata__": {"chainrule.version": "1"}}),
        "checksum of the header",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str, tmp_path: Path) -> None:
    content, message = HOSTILE[name]
    (tmp_path / "hostile").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load(tmp_path / "hostile")


GIANTS = {
    "its header is full of lists": b'{"a":[' + b"[]," * 1_000_000 + b"[]]}",
    "its array is sparse": json.dumps({"weight": entry(shape=[1 << 33], offsets=[0, 1 << 35])}).encode(),
    "its header is sparse": b"",
}


@pytest.mark.parametrize("name", GIANTS)
def test_a_file_that_claims_gigabytes_is_refused_at_once(name: str, tmp_path: Path) -> None:
    text = GIANTS[name]
    path = tmp_path / "giant"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text) or 1 << 30) + text)
        if not name.endswith("lists"):
            file.truncate(file.tell() + ((1 << 35) if text else (1 << 30)))
    printed = printed_by(
        """
        import time
        from nn import CheckpointError, Linear, load
        from peak_memory import peak_mebibytes
        for model in (None, Linear(2, 2)):
            start = time.process_time()
            try:
                load(sys.argv[1], model=model)
            except CheckpointError:
                print(time.process_time() - start)
        print(peak_mebibytes())
        """,
        path,
    )
    *seconds, mebibytes = map(float, printed)
    assert len(seconds) == 2 and max(seconds) < 2, printed
    assert mebibytes < 256, printed
