r"""How mathematics writes what Python spells: one table from operations to LaTeX.

A :class:`Typeset` is a piece of LaTeX that knows how strongly its outermost sign binds, so that
parentheses appear where mathematics needs them, which is not where Python does: the bar of a
fraction and the height of an exponent already group.

>>> apply("div", [symbol("a"), apply("add", [symbol("b"), number(1.0)])]).text
'\\frac{a}{b + 1}'
>>> apply("mul", [symbol("w0"), apply("add", [symbol("b"), number(-2.0)])]).text
'w_{0} \\cdot \\left(b + \\left(-2\\right)\\right)'
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

SUM, MINUS, PRODUCT, FRACTION, POWER, ATOM = 2, 3, 4, 5, 6, 9
"""How strongly a sign binds. What begins with a minus may begin a product, but not stand inside one."""


class Typeset(NamedTuple):
    """A piece of LaTeX and how strongly its outermost sign binds."""

    text: str
    strength: int = ATOM

    def inside(self, strength: int) -> str:
        """The text, in parentheses if it binds weaker than its surroundings."""
        return self.text if self.strength >= strength else rf"\left({self.text}\right)"


class Form(NamedTuple):
    """How an operation is written: a pattern, how strongly it binds, what its arguments have to bind."""

    pattern: str
    strength: int = ATOM
    needs: tuple[int, ...] = (0, 0, 0)


def _call(name: str, arguments: int = 1) -> Form:
    places = ", ".join(f"{{{i}}}" for i in range(arguments))
    return Form(rf"{name}\left({places}\right)")


def _word(name: str) -> str:
    return rf"\operatorname{{{escaped(name)}}}"


# fmt: off
FORMS: dict[str, Form] = {
    "add": Form("{0} + {1}", SUM, (SUM, PRODUCT)),
    "sub": Form("{0} - {1}", SUM, (SUM, PRODUCT)),
    "neg": Form("-{0}", MINUS, (PRODUCT,)),
    "mul": Form(r"{0} \cdot {1}", PRODUCT, (MINUS, PRODUCT)),
    "scale": Form(r"{0} \cdot {1}", PRODUCT, (MINUS, PRODUCT)),
    "matmul": Form(r"{0} \, {1}", PRODUCT, (MINUS, FRACTION)),
    "div": Form(r"\frac{{{0}}}{{{1}}}", FRACTION),
    "reciprocal": Form(r"\frac{{1}}{{{0}}}", FRACTION),
    "power": Form("{0}^{{{1}}}", POWER, (ATOM, 0)),
    "square": Form("{0}^{{2}}", POWER, (ATOM,)),
    "exp": Form("e^{{{0}}}", POWER),
    "expm1": Form("e^{{{0}}} - 1", SUM),
    "sqrt": Form(r"\sqrt{{{0}}}"),
    "rsqrt": Form(r"\frac{{1}}{{\sqrt{{{0}}}}}", FRACTION),
    "hypot": Form(r"\sqrt{{{0}^{{2}} + {1}^{{2}}}}", ATOM, (ATOM, ATOM)),
    "abs": Form(r"\left|{0}\right|"),
    "floor": Form(r"\left\lfloor {0} \right\rfloor"),
    "euclidean_norm": Form(r"\left\| {0} \right\|"),
    "identity": Form("{0}", SUM, (SUM,)),
    "log": _call(r"\ln"), "log2": _call(r"\log_{{2}}"), "log10": _call(r"\log_{{10}}"),
    "log1p": Form(r"\ln\left(1 + {0}\right)", ATOM, (PRODUCT,)),
    "sin": _call(r"\sin"), "cos": _call(r"\cos"), "tan": _call(r"\tan"),
    "sinh": _call(r"\sinh"), "cosh": _call(r"\cosh"), "tanh": _call(r"\tanh"),
    "asin": _call(r"\arcsin"), "acos": _call(r"\arccos"), "atan": _call(r"\arctan"),
    "sigmoid": _call(r"\sigma"), "det": _call(r"\det"),
    "maximum": _call(r"\max", 2), "minimum": _call(r"\min", 2),
    "amax": _call(r"\max"), "amin": _call(r"\min"),
    "inv": Form("{0}^{{-1}}", POWER, (ATOM,)),
    "transpose": Form(r"{0}^{{\mathsf{{T}}}}", POWER, (ATOM,)),
    "sum": Form(r"\sum {0}", PRODUCT, (PRODUCT,)),
    "prod": Form(r"\prod {0}", PRODUCT, (PRODUCT,)),
    "where": Form(r"\left\{{ {1} \;\text{{if}}\; {0}, \;\text{{else}}\; {2} \right\}}"),
    # A comparison stands for the number 1 or 0: Iverson's bracket.
    "<": Form(r"\left[{0} < {1}\right]"), "<=": Form(r"\left[{0} \leq {1}\right]"),
    ">": Form(r"\left[{0} > {1}\right]"), ">=": Form(r"\left[{0} \geq {1}\right]"),
    "==": Form(r"\left[{0} = {1}\right]"), "!=": Form(r"\left[{0} \neq {1}\right]"),
}
"""An operation that is not here is written upright, as a function: ``softplus(x)``."""
# fmt: on

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega"
)
_SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\wedge ", "#": r"\#", "$": r"\$",
    "%": r"\%", "&": r"\&", "~": r"\sim ", " ": r"\ ",
}  # fmt: skip


def apply(name: str, arguments: Sequence[Typeset], static: str = "") -> Typeset:
    """An operation on pieces of LaTeX; ``static`` describes its arguments that are not numbers."""
    if name in ("swapaxes", "transpose"):
        name, static = "transpose", ""  # the axes say more than a reader of a formula wants
    form = FORMS.get(name)
    if form is None:
        form = _call(_word(name).replace("{", "{{").replace("}", "}}"), len(arguments))
    wanted = [*form.needs, *[0] * len(arguments)]
    parts = [argument.inside(need) for argument, need in zip(arguments, wanted, strict=False)]
    text = form.pattern.format(*parts)
    if static and name not in ("sum", "prod", "amax", "amin"):
        text += rf"_{{\,\mathtt{{{escaped(static)}}}}}"
    return Typeset(text, min(form.strength, MINUS) if text.startswith("-") else form.strength)


def symbol(name: str) -> Typeset:
    r"""A name: one letter is italic, a word upright, digits at the end are an index.

    >>> [symbol(name).text for name in ("x", "theta", "v12", "loss", "0.weight", "a_b")]
    ['x', '\\theta', 'v_{12}', '\\mathrm{loss}', '\\mathrm{0.weight}', '\\mathrm{a\\_b}']
    """
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", name)
    stem, index = match.groups() if match else (name, "")
    if _GREEK.fullmatch(stem):
        stem = "\\" + stem
    elif not (len(stem) == 1 and stem.isalpha()):
        stem = rf"\mathrm{{{escaped(stem)}}}"
    return Typeset(f"{stem}_{{{index}}}" if index else stem)


def partial(result: Typeset, by: Typeset) -> Typeset:
    r"""A partial derivative.

    >>> partial(symbol("y"), symbol("x")).text
    '\\frac{\\partial y}{\\partial x}'
    """
    return Typeset(rf"\frac{{\partial {result.text}}}{{\partial {by.text}}}", FRACTION)


def escaped(text: str) -> str:
    r"""Text with the characters that LaTeX reads as signs made harmless; line ends become spaces.

    >>> escaped("50% of {x}")
    '50\\%\\ of\\ \\{x\\}'
    """
    printable = (character if character.isprintable() else " " for character in text)
    return "".join(_SPECIAL.get(character, character) for character in printable)


def number(value: Any) -> Typeset:
    r"""A number as mathematics writes it, six digits of it; of an array its values or its shape.

    >>> [number(x).text for x in (-0.5, 1e-9, float("inf"), [1.0, 2.0])]
    ['-0.5', '10^{-9}', '\\infty', '\\left[1, 2\\right]']
    """
    array = np.asarray(value)
    if array.ndim:
        if array.ndim == 1 and 0 < array.size <= 6:
            return Typeset(rf"\left[{', '.join(number(item).text for item in array.tolist())}\right]")
        size = r" \times ".join(map(str, array.shape))
        return Typeset(rf"\text{{array }}{size}")
    real = float(array)
    if math.isnan(real):
        return Typeset(r"\mathrm{NaN}")
    sign = "-" if math.copysign(1.0, real) < 0 and real else ""
    if math.isinf(real):
        return Typeset(sign + r"\infty", MINUS if sign else ATOM)
    digits, _, exponent = f"{abs(real):.6g}".partition("e")
    if not exponent:
        return Typeset(sign + digits, MINUS if sign else ATOM)
    power = f"10^{{{int(exponent)}}}"
    text = power if digits == "1" else rf"{digits} \cdot {power}"
    return Typeset(sign + text, MINUS if sign else PRODUCT if digits != "1" else POWER)
