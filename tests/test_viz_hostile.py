"""Labels that mean harm come out inert and readable, whatever is drawn and however it is saved."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

import viz
from autograd import Value, scope
from viz.text import visible
from viz.text_stepper import frame

LABELS = {
    "markup": "<b>bold</b>",
    "an HTML label of Graphviz": "<<TABLE><TR><TD>x</TD></TR></TABLE>>",
    "quotes": '"\'`" onload="alert(1)" x=\'',
    "the end of a script": "</script><script>alert(1)</script>",
    "the end of a style, a title and a comment": "</style></title></svg>--><!--]]>",
    "backslashes": '\\N\\G\\"\\',
    "entities": "&lt;b&gt;&amp;&#60;",
    "control characters": "a\x00\x07\x1b[31m\r\n\tb\x7f\x9b",
    "bidirectional marks": "\u202eabc\u2066def\u200f",
    "separators and no characters at all": "\u2028\u2029\ud800\ufffe",
    "a link": "javascript:alert(1)",
    "a template and a record": "{{data}} {a|b} %n ${x}",
    "a megabyte": "m" * 1_000_000,
    "another script": "層 β 🎉 e\u0301",
}

SVG_TAGS = {"svg", "title", "desc", "style", "defs", "g", "rect", "path", "text", "use", "marker", "circle"}
HTML_TAGS = SVG_TAGS | {
    "html", "head", "meta", "body", "header", "main", "footer", "section", "aside", "nav", "h1", "h2", "div",
    "span", "p", "label", "input", "button", "output", "select", "option", "dialog", "img", "noscript",
    "script",
}  # fmt: skip


def graph(label: str) -> Value:
    with scope(label):
        x = Value(2.0, label=label)
        out: Value = x * Value(3.0) + x
    out.backward()
    return out


PICTURES: dict[str, Callable[[Value], str]] = {
    "draw": lambda out: viz.draw(out, show="data,grad,formula,scope").svg,
    "folded": lambda out: viz.draw(out, fold="all").svg,
    "flow": lambda out: viz.flow(out).svg,
    "animate": lambda out: viz.animate(out).svg,
    "still": lambda out: viz.step(out).svg(),
}
PAGES: dict[str, Callable[[Value], str]] = {
    "draw": lambda out: viz.draw(out, fold="all").html,
    "step": lambda out: viz.step(out).html,
}


def harmless(text: str, longest: int) -> None:
    assert len(text) < longest
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_in_a_picture(label: str, picture: str) -> None:
    text = PICTURES[picture](graph(label))
    harmless(text, 100_000)
    root = ElementTree.fromstring(text)
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in SVG_TAGS
        for name, value in element.attrib.items():
            assert not name.startswith("on") and ("href" not in name or value.startswith("#"))
    assert visible(label)[:10] in "".join(root.itertext()), "readable"


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_on_a_page(label: str, page: str) -> None:
    text, plain = PAGES[page](graph(label)), PAGES[page](graph("x"))
    harmless(text, 250_000)
    found, usual = Page(text), Page(plain)
    assert set(found.tags) <= HTML_TAGS
    assert found.tags.count("script") == usual.tags.count("script")
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    links = {value for name, value in found.attributes if name in ("href", "src") and value}
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_in_the_language_of_graphviz(label: str) -> None:
    text = viz.draw(graph(label)).dot
    harmless(text, 10_000)
    # Outside of strings there is nothing but the words of the writer, so no label is HTML.
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert not set("<\\'&") & set(outside) and re.fullmatch(r"[\w\s\[\]{}=,;>-]*", outside.replace("->", ""))


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_in_a_terminal(label: str) -> None:
    stepper = viz.step(graph(label))
    for place in range(len(stepper.steps) + 1):
        harmless(frame(stepper.timeline, stepper.steps, place), 10_000)
    harmless(repr(stepper) + repr(viz.draw(graph(label))), 200)


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_in_pixels(label: str) -> None:
    pytest.importorskip("typst", reason="the extra image is not installed")
    assert viz.draw(graph(label)).png.startswith(b"\x89PNG")


def test_in_a_browser_nothing_runs_and_nothing_is_fetched(visit: Callable[..., Any]) -> None:
    out = sum((graph(label) for label in LABELS.values()), Value(0.0))
    for content in (viz.draw(out), viz.step(out)):
        page = visit(content)
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.wait_for_timeout(100)
        assert page.locator("b, table:not(#table table), a").count() == 0
