"""HIPS autograd has the same import name: files of both in one folder are refused, with what to do."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

import autograd

PACKAGE = Path(autograd.__file__).parent


def run_import(folder: Path) -> subprocess.CompletedProcess[str]:
    """Import ``autograd`` from a folder, which Python searches before the environment."""
    return subprocess.run(
        [sys.executable, "-c", "import autograd; print(autograd.__file__)"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(copytree(PACKAGE, tmp_path / "autograd", ignore=ignore_patterns("__pycache__")))


def test_a_copy_of_the_package_alone_is_imported(copy: Path) -> None:
    result = run_import(copy.parent)
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).parent.samefile(copy)


@pytest.mark.parametrize("name", ["core.py", "numpy/__init__.py"])
def test_files_of_hips_autograd_in_the_folder_are_refused(copy: Path, name: str) -> None:
    theirs = copy / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("# a module of HIPS autograd\n", encoding="utf-8")
    result = run_import(copy.parent)
    assert result.returncode != 0
    message = result.stderr.strip().splitlines()[-1]
    assert message.startswith("ImportError:") and "HIPS autograd" in message
    assert "pip uninstall autograd" in message and "environment of its own" in message
