"""Each lesson in notebooks/ runs from top to bottom, and its two files say the same.

A lesson is written as a `.py` file of cells (`# %%`). Run as a program, this file executes each one and
writes the `.ipynb` beside it, outputs included: `make notebooks`.
"""

import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
LESSONS = sorted(path.stem for path in FOLDER.glob("*.py"))
SECONDS_A_CELL = 300


def read_lesson(name: str) -> NotebookNode:
    """Read the `.py` file as a notebook whose cells are numbered: the same text gives the same file."""
    notebook: NotebookNode = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    return notebook


def execute(notebook: NotebookNode) -> None:
    """Run every cell, in the folder of the notebooks, and stop at the first error."""
    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        # Jupyter's kernel talks to this process over localhost, and warns of that each time it starts.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()


def cells(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@pytest.mark.parametrize("name", LESSONS)
def test_the_two_files_of_a_lesson_say_the_same(name: str) -> None:
    pair = FOLDER / f"{name}.ipynb"
    assert pair.is_file(), f"notebooks/{name}.ipynb is missing: make notebooks writes it"
    written = nbformat.read(pair, as_version=4)
    assert cells(written) == cells(read_lesson(name)), (
        f"notebooks/{name}.py and .ipynb differ: edit the .py, then run make notebooks"
    )


@pytest.mark.notebook
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs(name: str) -> None:
    execute(read_lesson(name))


def test_every_notebook_is_written_from_a_lesson() -> None:
    alone = sorted(path.name for path in FOLDER.glob("*.ipynb") if path.stem not in LESSONS)
    assert not alone, f"these notebooks have no .py file of the same name: {alone}"


def write_all() -> None:
    """Execute each lesson and write its `.ipynb`."""
    for name in sys.argv[1:] or LESSONS:
        notebook = read_lesson(name)
        execute(notebook)
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, FOLDER / f"{name}.ipynb")
        print(f"notebooks/{name}.ipynb")


if __name__ == "__main__":
    write_all()
