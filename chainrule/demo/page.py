"""The page that opens everything the demo wrote: ``page.html``, filled in."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template

import numpy as np
from numpy.typing import NDArray

from autograd.check import Report
from chainrule import __version__

from . import check, digits, moons

SHOWN = 24  # misread images; a short training leaves more of them than a page has room for

EXAMPLE = """\
from autograd import Value
from viz import draw

a, b = Value(2.0, label="a"), Value(-3.0, label="b")
c = a * b + a
c.backward()
draw(c).save("graph.svg")
"""


def page(parts: digits.Split, trained: digits.Trained, report: Report, moon: moons.Trained) -> str:
    """The HTML document; the pictures are expected beside it."""
    wrong = np.flatnonzero(trained.answers != parts.held_out_labels)
    count = len(parts.held_out_labels)
    template = Template((files("chainrule.demo") / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        version=escape(__version__),
        digits_accuracy=f"{trained.accuracy:.1%}",
        digits_right=count - len(wrong),
        digits_count=count,
        derivatives=f"{check.checked(report):,}",
        verdict=escape(check.sentence(report)),
        moons_accuracy=f"{moon.new_accuracy:.1%}",
        moons_count=f"{moons.NEW_POINTS:,}",
        batch=digits.BATCH,
        mistakes_title="What it still gets wrong" if len(wrong) else "What it gets wrong: nothing",
        mistakes_words=_mistakes_words(len(wrong), count),
        mistakes="".join(
            _misread(parts.held_out_images[i], parts.held_out_labels[i], trained.answers[i])
            for i in wrong[:SHOWN]
        ),
        example=escape(EXAMPLE.strip()),
    )


def _mistakes_words(wrong: int, count: int) -> str:
    if not wrong:
        return f"All {count} held-out images were read right."
    shown = f"The first {SHOWN} of {wrong} misread" if wrong > SHOWN else "Every misread"
    return f"{shown} image of the {count} held out. Would you have read them right?"


def _misread(image: NDArray[np.float32], label: np.int64, guess: np.int64) -> str:
    """One image of 64 pixels as squares of ink, with what it is and what the network read."""
    squares = "".join(
        f'<path d="M{position % 8},{position // 8}h1v1h-1z" opacity="{ink:.2f}"/>'
        for position, ink in enumerate(image.tolist())
        if ink
    )
    words = f"an {label}" if label == 8 else f"a {label}"
    return (
        f'<li><svg viewBox="-.5 -.5 9 9" role="img" aria-label="{words}, read as {guess}" '
        f'shape-rendering="crispEdges">{squares}</svg>is <b>{label}</b>, read as <b>{guess}</b></li>\n'
    )
