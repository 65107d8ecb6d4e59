"""The page docs/understanding.md says what happens."""

import doctest
from pathlib import Path


def test_the_examples_of_the_page_run() -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "understanding.md"
    failures, examples = doctest.testfile(str(page), module_relative=False)
    assert examples > 10 and failures == 0
