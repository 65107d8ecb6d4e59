"""Pictures as files: the suffix of the name picks the format."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import ClassVar, Literal

_HELP = (
    "a picture becomes {what} with the help of typst, which is not installed: "
    "pip install 'chainrule[image]', or save it as .svg"
)
_SHARP, _LARGEST = 192.0, 12_000  # pixels an inch, twice those of a screen; pixels to a side
_TYPST = '#set document(date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.svg")'


class Saved(ABC):
    """A picture that shows itself in a notebook and saves itself to a file."""

    formats: ClassVar[tuple[str, ...]] = (".svg", ".html", ".png", ".pdf")

    @property
    @abstractmethod
    def svg(self) -> str:
        """The picture as an SVG element."""

    @property
    @abstractmethod
    def html(self) -> str:
        """The picture as an HTML document that needs nothing else."""

    @property
    def png(self) -> bytes:
        """The picture in pixels, two for each of a screen's.

        Raises
        ------
        ImportError: typst is not installed; the message says what to install.
        """
        return rendered(self.svg, "png")

    @property
    def pdf(self) -> bytes:
        """The picture as a page of its own size, its lines and letters still lines and letters.

        Raises
        ------
        ImportError: typst is not installed; the message says what to install.
        """
        return rendered(self.svg, "pdf")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all; the suffix picks the format.

        Raises
        ------
        ValueError: for a suffix that is none of ``formats``.
        ImportError: for ``.png`` and ``.pdf`` without the extra ``image``.
        OSError: when the file cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in self.formats:
            *others, last = self.formats
            what = f"{', '.join(others)} or {last}"
            raise ValueError(
                f"cannot save a {type(self).__name__.lower()} as {path.name!r}: end its name in {what}"
            )
        content: str | bytes = getattr(self, suffix[1:])
        write(path, content if isinstance(content, bytes) else content.encode())
        return path

    def _repr_svg_(self) -> str:
        return self.svg


def rendered(svg: str, form: Literal["png", "pdf"]) -> bytes:
    """An SVG as "png" or "pdf"."""
    try:
        import typst
    except ImportError as error:
        raise ImportError(_HELP.format(what=f"a {form.upper()}")) from error
    longest = max(
        float(length) for length in re.findall(r' (?:width|height)="([\d.]+)"', svg[:1000]) or (1.0,)
    )
    sharpness = min(_SHARP, 96.0 * _LARGEST / longest)
    with TemporaryDirectory() as folder:
        page, picture = Path(folder, "page.typ"), Path(folder, "picture.svg")
        page.write_text(_TYPST, encoding="utf-8")
        picture.write_text(svg, encoding="utf-8")
        return typst.compile(page, format=form, ppi=sharpness)


def write(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that no reader finds half a picture."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
