"""Settings for the doctests, which are all over the project."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder_of_its_own(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example that saves a file leaves it in a temporary folder."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)
