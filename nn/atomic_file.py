"""Files that are whole or not there: written beside their place, put on the disk, and then moved there."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import uuid
from collections.abc import Iterator
from errno import ENOENT
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of ``path`` when the block ends without an error.

    When it has ended, the file and its name are on the disk, not only in the system's memory. Until then,
    and for ever if the process is killed or an exception leaves the block, ``path`` is what it was before.

    >>> with replacing("note.txt") as file:
    ...     _ = file.write(b"done")
    >>> Path("note.txt").read_text()
    'done'
    """
    target = Path(os.path.realpath(path))  # a symbolic link goes on pointing to where it points
    if not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, f"there is no folder {target.parent}", str(path))
    _remove_leftovers(target)
    beside = target.with_name(f".{target.name}.{_writer()}-{uuid.uuid4().hex[:8]}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(beside, flags, 0o666)  # the mode of any new file, less the user's mask
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: without it, a crash of the machine could undo the move."""
    if os.name == "nt":  # Windows does not open folders, and writes names through
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _writer() -> str:
    """This process, in the name of the file that it writes."""
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', socket.gethostname())}-{os.getpid()}"


def _remove_leftovers(target: Path) -> None:
    """Remove what processes of this machine that were killed while they wrote have left behind."""
    if os.name == "nt":  # there is no harmless way to ask whether a process lives
        return
    machine = _writer().rpartition("-")[0]
    name = re.compile(re.escape(f".{target.name}.{machine}-") + r"(\d+)-[0-9a-f]{8}\.part")
    for beside in target.parent.iterdir():
        found = name.fullmatch(beside.name)
        if found and not _lives(int(found[1])):
            beside.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks only
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
