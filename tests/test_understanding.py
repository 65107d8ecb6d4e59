"""The page docs/understanding.md says what happens, and a notebook shows what the text says."""

import doctest
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from autograd import Value, blame, check_training, log, what_if


def test_the_examples_of_the_page_run() -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "understanding.md"
    failures, examples = doctest.testfile(str(page), module_relative=False)
    assert examples > 10 and failures == 0


x, unused = Value(0.0, label="<b>x&"), Value(1.0, label="unused")
FOUND = {
    "what_if": what_if(x, 0.5, x * x),
    "blame": blame(log(x)),
    "blame nothing": blame(x * 2.0),
    "check_training": check_training([x, unused], log(x + 0.0)),
    "check_training nothing": check_training([x], x * 2.0),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_notebook_shows_what_the_text_says(name: str) -> None:
    found: Any = FOUND[name]
    page = found._repr_html_()
    shown = "\n".join(ElementTree.fromstring(f"<page>{page}</page>").itertext())
    assert re.findall(r"\w+", shown) == re.findall(r"\w+", str(found))
