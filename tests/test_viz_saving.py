"""Pictures as files of every format, with and without what the formats need."""

import sys
import zlib
from pathlib import Path

import pytest

import viz
from autograd import Value, relu
from viz.plots import new_figure

NASTY = "<b>\u202e</svg>&]]>\x00\ud800 層"


def drawing(label: str = "x", **options: str) -> viz.Drawing:
    x = Value(2.0, label=label)
    loss = relu(x * 3.0)
    loss.backward()
    return viz.draw(loss, **options)  # type: ignore[arg-type]


def dimensions(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_pixels_and_pages(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    content = drawing(NASTY).save(tmp_path / f"graph{suffix}").read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix])
    assert content == drawing(NASTY).save(tmp_path / f"again{suffix}").read_bytes()


def test_a_png_has_two_pixels_for_each_of_the_drawing_and_a_huge_one_fewer() -> None:
    pytest.importorskip("typst")
    drawn = drawing()
    wide = float(drawn.svg.split(' width="')[1].split('"')[0])
    assert dimensions(drawn.png)[0] == pytest.approx(2 * wide, abs=2)
    node = Value(0.5)
    for _ in range(140):
        node = relu(node)
    assert max(dimensions(viz.draw(node, max_nodes=1000).png)) <= 12_100


def test_the_theme_reaches_the_pixels() -> None:
    pytest.importorskip("typst")
    assert drawing(theme="dark").png != drawing(theme="light").png == drawing(theme="auto").png


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_without_typst_the_error_says_what_to_install(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ImportError, match=r"chainrule\[image\].*\.svg"):
        drawing().save(tmp_path / f"graph{suffix}")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"chainrule\[plot\]"):
        new_figure(1, 1, 2.0, 2.0)


def test_a_pdf_keeps_its_letters() -> None:
    pytest.importorskip("typst")
    streams = [part.split(b"endstream")[0].strip(b"\r\n") for part in drawing().pdf.split(b"stream")[1::2]]
    assert any(b"BT" in zlib.decompressobj().decompress(s) for s in streams if s.startswith(b"\x78"))
