"""The stepper inside JupyterLab, trusted and untrusted; slow, and only where JupyterLab is installed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, missing

import viz
from autograd import Value

pytestmark = pytest.mark.slow


def laboratory() -> str:
    """Where JupyterLab is: ``JUPYTER_LAB`` names it, else it is looked for in this environment."""
    beside = Path(sys.executable).with_name("jupyter-lab")
    found = os.environ.get("JUPYTER_LAB") or shutil.which("jupyter-lab") or (beside.exists() and str(beside))
    return found or missing("JupyterLab is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    laboratory()
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A running JupyterLab with a trusted and an untrusted notebook of the same content."""
    folder = tmp_path_factory.mktemp("notebooks")
    x = Value(3.0, label="x")
    shown = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": viz.step(x * x)._repr_html_()},
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}

    def notebook(source: str) -> str:
        cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "outputs": [shown]}
        cells = [{**cell, "source": source}]
        return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})

    homes = {name: str(folder / "home") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    environment = {**os.environ, **homes, "JUPYTER_RUNTIME_DIR": str(folder / "home")}
    for name in ("trusted", "untrusted"):
        (folder / f"{name}.ipynb").write_text(notebook(name), encoding="utf-8")  # trust goes by content
    program = laboratory()
    trust = [Path(program).with_name("jupyter-trust"), "trusted.ipynb"]
    subprocess.run(trust, cwd=folder, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.token=",
        "--ServerApp.password=",
    ]
    with subprocess.Popen(
        [program, *options, f"--ServerApp.root_dir={folder}"], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield address, folder
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def opened(browser: Any, server: tuple[str, Path], name: str) -> Any:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{server[0]}/lab/workspaces/{name}/tree/{name}.ipynb", wait_until="domcontentloaded")
    page.wait_for_selector(".jp-OutputArea-output img", state="attached", timeout=90_000)
    return page


def test_a_trusted_notebook_runs_the_stepper_and_its_keys_stay_inside(
    browser: Any, server: tuple[str, Path]
) -> None:
    page = opened(browser, server, "trusted")
    page.wait_for_selector(".jp-OutputArea-output iframe", timeout=30_000)
    frame = next(each for each in page.frames if each.parent_frame and "srcdoc" in each.url)
    frame.wait_for_selector("html[data-ready=yes]", state="attached")
    frame.click("#stage", position={"x": 40, "y": 200})
    cells = page.locator(".jp-Cell").count()
    for key in ("ArrowRight", "a", "b", "ArrowRight"):
        page.keyboard.press(key)
    assert frame.evaluate("story.position") == 2
    assert page.locator(".jp-Cell").count() == cells
    page.close()


def test_an_untrusted_notebook_shows_the_picture(browser: Any, server: tuple[str, Path]) -> None:
    page = opened(browser, server, "untrusted")
    assert page.locator(".jp-OutputArea-output iframe").count() == 0
    picture = page.locator(".jp-OutputArea-output img")
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 300
    assert picture.bounding_box()["height"] > 100
    page.close()
