"""The colours of the stepper: one palette for light, one for dark, and where they are filled in.

Pages know CSS variables; many programs that show an SVG do not, so that in a picture the colours
are written out.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from viz.theme import Theme

_LIGHT = {
    "ground": "#ffffff",
    "raised": "#f3f5f8",
    "ink": "#1f2328",
    "quiet": "#59636e",
    "line": "#98a2ad",
    "track": "#dfe3e8",
    "negative": "#0072b2",
    "positive": "#d55e00",
    "positive-ink": "#963f00",
    "negative-ink": "#005486",
    "broken": "#a80074",
    "accent": "#6639ba",
    "accent-soft": "#e9e2f8",
}
_DARK = {
    "ground": "#0d1117",
    "raised": "#1a212b",
    "ink": "#f0f6fc",
    "quiet": "#9aa4af",
    "line": "#69737e",
    "track": "#30363d",
    "negative": "#56b4e9",
    "positive": "#ff8c3b",
    "positive-ink": "#ffa766",
    "negative-ink": "#8acdf5",
    "broken": "#ff8fd8",
    "accent": "#c6a4ff",
    "accent-soft": "#3a2d57",
}


@cache
def asset(name: str) -> str:
    """A file of the folder ``assets``."""
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")


@cache
def compact(name: str) -> str:
    """A script or a style sheet without comments and indentation, which readers of a page do not need."""
    text = re.sub(r"/\*.*?\*/", "", asset(name), flags=re.DOTALL)
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line)


def picture_style(theme: Theme, more: str = "") -> str:
    """The style sheet of a picture and more rules, their colours written out.

    >>> "var(" in picture_style("light"), "prefers-color-scheme" in picture_style("auto")
    (False, True)
    """
    rules = asset("picture.css").strip() + ("\n" + more.strip() if more else "")
    if theme != "auto":
        return _filled(rules, _DARK if theme == "dark" else _LIGHT)
    coloured = "\n".join(rule for rule in rules.splitlines() if "var(" in rule)
    return f"{_filled(rules, _LIGHT)}\n@media (prefers-color-scheme: dark) {{\n{_filled(coloured, _DARK)}\n}}"


def page_style() -> str:
    """The palettes as variables, for a page whose root element names its theme.

    >>> page_style().splitlines()[0][:30]
    ':root { color-scheme: light; -'
    """
    light, dark = (
        " ".join([f"color-scheme: {name};", *(f"--{key}: {value};" for key, value in palette.items())])
        for name, palette in (("light", _LIGHT), ("dark", _DARK))
    )
    return (
        f":root {{ {light} }}\n:root[data-theme=dark] {{ {dark} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root[data-theme=auto] {{ {dark} }} }}"
    )


def _filled(rules: str, palette: dict[str, str]) -> str:
    return re.sub(r"var\(--([a-z-]+)\)", lambda match: palette[match[1]], rules)
