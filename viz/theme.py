"""The colours of drawings, light and dark, as a style sheet.

Blue for negative and orange for positive gradients stay apart for every kind of colour vision; the
side of zero on which a bar lies says the same without any colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Theme = Literal["auto", "light", "dark"]

FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_SHAPES = {
    "text": f"font: 12px {FONT}; font-variant-numeric: tabular-nums; white-space: pre",
    ".heading": "font-size: 16px; font-weight: 600",
    ".unnamed": "font-weight: 400",
    ".end": "text-anchor: end",
    ".middle, .mark": "text-anchor: middle",
    ".mark": "font-size: 9px",
    ".badge": "font-weight: 600",
    ".line, .group .frame": "fill: none",
    ".line": "stroke-width: 1.3",
    ".constant .frame": "stroke-dasharray: 4 3",
    ".root .frame": "stroke-width: 2.5",
    ".group .frame": "stroke-dasharray: 2 4",
    ".zero": "stroke-width: 1.2",
    ".footer": "font-size: 10px",
    ".stack": "fill: none",
    ".dense .line": "stroke-opacity: 0.45; stroke-width: 1",
    ".outside .frame": "stroke-dasharray: 1 3",
    ".less .line": "stroke-dasharray: 7 3",
    ".nothing .line": "stroke-dasharray: 1 4",
}

COLOURS = (
    ("#ffffff", "#0d1117"),  # the ground
    ("#1f2328", "#f0f6fc"),  # text
    ("#59636e", "#9198a1"),  # text of less weight
    ("#818b98", "#6e7681"),  # lines
    ("#0072b2", "#56b4e9"),  # negative
    ("#d55e00", "#ff8c3b"),  # positive
    ("#ffffff", "#0d1117"),  # text on a strong negative or positive
)
"""For each purpose the colour of the light and of the dark theme."""

SERIES = (
    COLOURS[4],
    COLOURS[5],
    ("#00a078", "#158f6b"),
    ("#c46fa0", "#ffc9e6"),
    ("#3b1d78", "#a25bff"),
    ("#6b4f1d", "#fff29a"),
)
"""The colours of lines and classes, light and dark, told apart with every kind of colour vision."""

EITHER = ((24, 128, 204), (224, 100, 8))
"""Negative and positive as red, green and blue, for images, which suit both themes."""

_PAGE = """\
body { margin: 0; height: 100vh; display: flex; flex-direction: column; font: 14px system-ui, sans-serif }
header { display: flex; gap: 12px; align-items: center; flex-wrap: wrap; padding: 8px 14px }
header { border-bottom: 1px solid }
h1 { font-size: 14px; margin: 0 }
header span { margin-left: auto }
input, button { font: inherit; color: inherit; background: none; border: 1px solid; border-radius: 6px }
input, button { padding: 3px 8px }
button { cursor: pointer }
main { overflow: auto; flex: 1; min-height: 0; display: grid }
main svg { display: block; margin: auto }
.opens { cursor: pointer; outline-offset: 2px }
.opens:hover .frame, .opens:focus-visible .frame { stroke-width: 2.5 !important }
.hit > .frame { stroke: #d4005a !important; stroke-width: 4 !important }"""
_LIGHT_PAGE = """\
body { background: #ffffff; color: #1f2328 } header, input, button { border-color: #818b98 }"""
_DARK_PAGE = """\
body { background: #0d1117; color: #f0f6fc } header, input, button { border-color: #6e7681 }"""

_LIGHT = {
    ".ground": "fill: #ffffff",
    "text": "fill: #1f2328",
    ".name, .label, .mark, .unnamed, .footer": "fill: #59636e",
    ".frame": "fill: #ffffff; stroke: #818b98",
    ".operation .frame, .root .frame": "fill: #f3f5f8",
    ".root .frame": "stroke: #1f2328",
    ".line": "stroke: #818b98",
    ".head": "fill: #818b98",
    ".track": "fill: #dfe3e8",
    ".zero": "stroke: #1f2328",
    ".negative": "fill: #0072b2",
    ".positive": "fill: #d55e00",
    ".badge": "fill: #b3007d",
    ".folded .frame": "fill: #f6f1fa; stroke: #8a63b0",
    ".folded.root .frame": "stroke: #1f2328",
    ".stack, .base": "stroke: #8a63b0",
    ".chart": "fill: #8a63b0",
    ".less .line": "stroke: #0072b2",
    ".less .head": "fill: #0072b2",
    ".more .line": "stroke: #d55e00",
    ".more .head": "fill: #d55e00",
}

_DARK = {
    ".ground": "fill: #0d1117",
    "text": "fill: #f0f6fc",
    ".name, .label, .mark, .unnamed, .footer": "fill: #9198a1",
    ".frame": "fill: #0d1117; stroke: #6e7681",
    ".operation .frame, .root .frame": "fill: #1a212b",
    ".root .frame": "stroke: #f0f6fc",
    ".line": "stroke: #6e7681",
    ".head": "fill: #6e7681",
    ".track": "fill: #30363d",
    ".zero": "stroke: #f0f6fc",
    ".negative": "fill: #56b4e9",
    ".positive": "fill: #ff8c3b",
    ".badge": "fill: #ff7ad1",
    ".folded .frame": "fill: #1d1828; stroke: #a98bd0",
    ".folded.root .frame": "stroke: #f0f6fc",
    ".stack, .base": "stroke: #a98bd0",
    ".chart": "fill: #a98bd0",
    ".less .line": "stroke: #56b4e9",
    ".less .head": "fill: #56b4e9",
    ".more .line": "stroke: #ff8c3b",
    ".more .head": "fill: #ff8c3b",
}


def style_sheet(name: str, theme: Theme) -> str:
    """The rules for the drawing whose element has the id ``name``, and for nothing else.

    >>> print(style_sheet("d", "dark").splitlines()[-1])
    #d .more .head { fill: #ff8c3b }
    """
    return rules_for(name, theme, _SHAPES, _LIGHT, _DARK)


def rules_for(
    name: str, theme: Theme, shapes: Mapping[str, str], light: Mapping[str, str], dark: Mapping[str, str]
) -> str:
    """A style sheet in which every rule is for the inside of the element of that id."""
    # Only browsers, which fit a drawing into a page, read media rules; other programs trip over "auto".
    rules = [f"@media all {{ #{name} {{ max-width: 100%; height: auto }} }}"]
    rules += _rules(name, shapes) + _rules(name, dark if theme == "dark" else light)
    if theme == "auto":
        rules += ["@media (prefers-color-scheme: dark) {", *_rules(name, dark), "}"]
    return "\n".join(rules)


def page_style(theme: Theme) -> str:
    """The style sheet of a page that holds a drawing of this theme, its search box and its buttons."""
    rules = [_PAGE, _DARK_PAGE if theme == "dark" else _LIGHT_PAGE]
    if theme == "auto":
        rules.append(f"@media (prefers-color-scheme: dark) {{ {_DARK_PAGE} }}")
    return "\n".join(rules)


def _rules(name: str, declarations: Mapping[str, str]) -> list[str]:
    return [
        ", ".join(f"#{name} {part}" for part in selector.split(", ")) + f" {{ {declaration} }}"
        for selector, declaration in declarations.items()
    ]
