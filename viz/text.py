"""Text that can do no harm and whose width is known.

Labels are the user's: they may hold markup, control characters or marks that reverse the reading
direction. Everything that goes into a picture first passes through :func:`visible`.
"""

from __future__ import annotations

import unicodedata

_LONGEST = 1000  # more than anyone reads of a label
_NARROW = 0.62  # em, a little over the advance of every common monospaced font (0.50 to 0.61)
_OTHER = 0.95  # outside ASCII a proportional font may have to help out
_WIDE = 1.3  # ideographs take 1 em, colour emoji up to 1.25


def visible(text: object) -> str:
    r"""``str(text)``, its first thousand characters, with all that do not print spelled as their escapes.

    >>> visible("gate\n\u202eoutput")
    'gate\\n\\u202eoutput'
    """
    string = shortened(str(text), _LONGEST)
    if string.isprintable():
        return string
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in string
    )


def shortened(text: str, limit: int) -> str:
    """The text in at most ``limit`` characters, the last one an ellipsis where some were left out.

    >>> shortened("the weight of the first input", 12)
    'the weight…'
    """
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…"


def width(text: str, size: float) -> float:
    """An upper bound of the width of a monospaced text of the given font size.

    >>> width("tanh", 10) < width("層層層層", 10)
    True
    """
    if text.isascii():
        return len(text) * _NARROW * size
    return sum(map(_advance, text)) * size


def _advance(character: str) -> float:
    if character.isascii():
        return _NARROW
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER
