"""The colours of drawings, light and dark, as a style sheet.

Blue for negative and orange for positive gradients stay apart for every kind of colour vision; the
side of zero on which a bar lies says the same without any colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Theme = Literal["auto", "light", "dark"]

_FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_SHAPES = {
    "text": f"font: 12px {_FONT}; font-variant-numeric: tabular-nums; white-space: pre",
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
    # Only browsers, which fit a drawing into a page, read media rules; other programs trip over "auto".
    rules = [f"@media all {{ #{name} {{ max-width: 100%; height: auto }} }}"]
    rules += _rules(name, _SHAPES) + _rules(name, _DARK if theme == "dark" else _LIGHT)
    if theme == "auto":
        rules += ["@media (prefers-color-scheme: dark) {", *_rules(name, _DARK), "}"]
    return "\n".join(rules)


def background(theme: Theme) -> str:
    """The style sheet of a page that holds a drawing of this theme.

    >>> background("light")
    'body { margin: 0; background: #ffffff }'
    """
    light, dark = (colours[".ground"].replace("fill", "background") for colours in (_LIGHT, _DARK))
    rule = f"body {{ margin: 0; {dark if theme == 'dark' else light} }}"
    if theme == "auto":
        rule += f"\n@media (prefers-color-scheme: dark) {{ body {{ {dark} }} }}"
    return rule


def _rules(name: str, declarations: Mapping[str, str]) -> list[str]:
    return [
        ", ".join(f"#{name} {part}" for part in selector.split(", ")) + f" {{ {declaration} }}"
        for selector, declaration in declarations.items()
    ]
