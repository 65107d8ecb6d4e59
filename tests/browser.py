"""A real browser for tests of pages: Chromium, driven by Playwright, both only if they are there."""

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def executable() -> str | None:
    """Where a Chromium is: ``CHROMIUM`` names one, else the first on the path."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; the tests that need it are skipped, and say so, where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the Python package playwright is not installed")
    path = executable()
    if path is None:
        missing("no Chromium was found; install one, or name it in the variable CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def missing(reason: str) -> Any:
    """Skip so that nobody overlooks it: the pages were NOT tested."""
    message = f"THE PAGES ARE NOT TESTED IN A BROWSER: {reason}"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(message, stacklevel=2)
    pytest.skip(message)


class Visit:
    """One page, with everything that went wrong on it and every address that it asked for."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 760}, **options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path) -> Any:
        """Open a file and answer the page."""
        self.page.goto(path.as_uri())
        return self.page

    def close(self) -> None:
        """Close the page and check that nothing went wrong and nothing was asked of a network."""
        self.context.close()
        assert not self.faults, self.faults
        asked = [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "about:"))]
        assert not asked, asked
