"""Settings for every test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, chromium
from engines import ENGINES, set_up
from hypothesis import settings

# They need PyTorch, which no test does.
collect_ignore = ["reference/make_reference.py", "reference/pytorch.py"]

# The first run of an example may import half the project, so no example has a deadline. The examples are the
# same every time: what fails on one machine fails on all.
settings.register_profile("project", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("project")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A running browser, for tests that look at a page."""
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the ``.html`` of what is given, or a text; nothing may have gone wrong when all are closed."""
    visits: list[Visit] = []

    def visit(content: Any, **options: Any) -> Any:
        visits.append(Visit(browser, **options))
        path = tmp_path / f"page{len(visits)}.html"
        path.write_text(content if isinstance(content, str) else content.html, encoding="utf-8")
        return visits[-1].open(path)

    yield visit
    for each in visits:
        each.close()


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an engine that programs run on, which is set to 64 bits."""
    with set_up(request.param):
        yield request.param


@pytest.fixture
def jax() -> Iterator[Any]:
    """JAX with 64 bits."""
    with set_up("jax"):
        import jax

        yield jax
