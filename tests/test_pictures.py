"""The pictures in README.md are those that the library draws."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SVGS = runpy.run_path(str(PICTURES / "make.py"))["SVGS"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", SVGS)
def test_a_picture_is_what_the_library_draws(name: str, theme: str) -> None:
    drawn, kept = SVGS[name](theme), (PICTURES / f"{name}-{theme}.svg").read_text(encoding="utf-8")
    if drawn != kept:  # the whole would fill the screen
        lines = zip(drawn.splitlines(), kept.splitlines(), strict=False)
        pytest.fail(f"{next((pair for pair in lines if pair[0] != pair[1]), 'the end')}; run `make pictures`")


def test_the_readme_shows_each_of_them_light_and_dark() -> None:
    shown = re.findall(
        r'(?:src|srcset)="(docs/pictures/[^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8")
    )
    files = {f"docs/pictures/{path.name}" for path in PICTURES.iterdir() if path.suffix in (".svg", ".png")}
    assert set(shown) == files and len(shown) == len(files)
    assert {path.rpartition("-")[0] for path in files} == {
        f"docs/pictures/{name}" for name in (*SVGS, "stepper")
    }
    assert sum((ROOT / path).stat().st_size for path in files) < 600_000
