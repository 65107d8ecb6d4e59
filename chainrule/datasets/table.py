"""Tables in CSV files: columns of numbers or of words, and what a network takes of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[Any]]


def read_csv(
    path: str | Path, *, header: bool | None = None, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> Table:
    """Read a CSV file as columns: float64 where every field is a number or empty (nan), else words.

    Parameters
    ----------
    header: whether the first row names the columns; otherwise they are named ``0``, ``1``, … It has to be
        said where the first row is all numbers, which are rarely names.
    encoding: a byte order mark, as spreadsheets write it, is skipped.

    Returns
    -------
    A dictionary of columns in order, each an array of shape (rows,).

    Raises
    ------
    ValueError: there is no row, a row has another number of fields, a name stands twice, the first row is all
        numbers and ``header`` is not given, or the file has another encoding.

    >>> Path("cats.csv").write_text("name,weight\\nTom,4.5\\nKitty,\\n")
    27
    >>> read_csv("cats.csv")
    {'name': array(['Tom', 'Kitty'], dtype='<U5'), 'weight': array([4.5, nan])}
    """
    with open(path, newline="", encoding=encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from error
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path} is no text in {encoding}: {error.reason}; name another encoding="
            ) from error
    if not rows:
        raise ValueError(f"{path} holds no row")
    if header is None:
        header = _column(rows[0][1]).dtype.kind != "f"
        if not header:
            raise ValueError(
                f"the first row of {path} is all numbers: say header=False if it is data, header=True if it "
                "names the columns"
            )
    names = [name.strip() for name in rows[0][1]] if header else [str(i) for i in range(len(rows[0][1]))]
    if len(set(names)) != len(names):
        raise ValueError(f"{path} has two columns of one name: {names}")
    body = rows[1:] if header else rows
    for line, row in body:
        if len(row) != len(names):
            raise ValueError(f"{path}, line {line}: {len(row)} fields, where the first row has {len(names)}")
    return {name: _column([row[i].strip() for _, row in body]) for i, name in enumerate(names)}


def _column(fields: list[str]) -> NDArray[Any]:
    try:
        return np.array([float(field) if field else np.nan for field in fields], np.float64)
    except ValueError:
        return np.array(fields)


def features(table: Table, columns: Sequence[str] | None = None) -> NDArray[np.float64]:
    """The columns of numbers side by side, shape (rows, columns): by default all that are numbers.

    Raises
    ------
    KeyError: there is no such column.
    TypeError: a column that was asked for holds words, or all do.

    >>> features({"a": np.array([1.0, 2.0]), "name": np.array(["x", "y"]), "b": np.array([3.0, 4.0])})
    array([[1., 3.],
           [2., 4.]])
    """
    if columns is None:
        columns = [name for name, column in table.items() if column.dtype.kind == "f"]
        if not columns:
            raise TypeError(
                f"no column holds numbers, of {', '.join(map(repr, table))}: is the delimiter right?"
            )
    for name in columns:
        if name not in table:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(table)}")
        if table[name].dtype.kind != "f":
            raise TypeError(f"the column {name!r} holds words; classes() makes numbers of them")
    return np.stack([table[name] for name in columns], axis=1)


def classes(column: NDArray[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """Number the different entries of a column in sorted order: the numbers (rows,), and the entries.

    >>> numbers, entries = classes(np.array(["cat", "dog", "cat"]))
    >>> numbers.tolist(), entries
    ([0, 1, 0], ['cat', 'dog'])
    """
    entries, numbers = np.unique(column, return_inverse=True)
    return numbers.astype(np.int64), entries.tolist()
