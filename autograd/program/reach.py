"""What a function has from outside: its object, its closure, its globals, as far as this can be seen."""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import attrgetter, is_
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

from ..graph import Node
from .settings import MISSING

_OWN = ("autograd", "nn", "viz")
"""Packages whose objects are followed in other ways."""
_PLAIN = frozenset([bool, float, int, str])
"""What is the same if it is equal."""


class Reach:
    """The models that a function may use, and what the names and attributes that it reads stand for.

    Functions and objects of the same file are looked into, too. What the function sets itself is not looked
    at: it is something else at every run.

    Parameters
    ----------
    objects: arguments that are part of the program.

    Attributes
    ----------
    modules: models, which the function may use without calling them, such as by a method or a part of them.

    >>> scale = 2.0
    >>> reach = Reach(lambda x: x * scale)
    >>> reach.changed()
    ''
    >>> scale = 3.0
    >>> reach.changed()
    'scale is something else than before'
    """

    def __init__(self, function: Callable[..., Any], objects: Iterable[Any] = ()) -> None:
        self.modules, functions, instances = _walked(function, objects)
        names = _together(*[_names(each.__code__) for each in functions])
        self._held: list[_Held] = []
        for each in functions:
            cells = dict(zip(each.__code__.co_freevars, each.__closure__ or (), strict=True))
            closed = [name for name, cell in cells.items() if name not in names.set and _is_filled(cell)]
            self._held.append(_Held.of(attrgetter("cell_contents"), [cells[name] for name in closed], closed))
            known = each.__globals__
            own = [name for name in _names(each.__code__).globals - names.set if name in known]
            self._held.append(_Held.of(known.get, own, own))
        for x in instances:
            read = [name for name in names.attributes - names.set_attributes if _is_data(x, name)]
            called = names.methods - names.set_attributes
            read += [name for name in called if callable(_dictionary(x).get(name))]
            owner = getattr(x, "__name__", f"a {type(x).__name__}")
            words = [f"the attribute {name} of {owner}" for name in read]
            self._held.append(_Held.of(partial(_attribute, x), read, words))
        self._held = [held for held in self._held if held.keys]

    def changed(self) -> str:
        """In words, what is something else than before; or nothing."""
        for held in self._held:
            if not all(map(is_, map(held.get, held.keys), held.values)):
                for word, x, before in zip(held.words, map(held.get, held.keys), held.values, strict=True):
                    if not (x is before or (type(x) in _PLAIN and type(x) is type(before) and x == before)):
                        return f"{word} is something else than before"
        return ""


def _walked(
    function: Callable[..., Any], objects: Iterable[Any]
) -> tuple[list[Any], list[FunctionType], list[Any]]:
    """The models, the functions of the same file and the objects that a function reaches."""
    modules: list[Any] = []
    functions: list[FunctionType] = []
    instances: list[Any] = []
    home = _globals(function)
    seen: dict[int, Any] = {}
    found: list[Any] = [function, *objects]
    while found:
        while found:
            x = found.pop()
            if id(x) in seen:
                continue
            seen[id(x)] = x
            if isinstance(x, functools.partial):
                found += [x.func, *x.args, *x.keywords.values()]
            elif isinstance(x, MethodType):
                found += [x.__func__, x.__self__]
            elif isinstance(x, property):
                found.append(x.fget)
            elif isinstance(x, FunctionType):
                if x is function or x.__globals__ is home:
                    functions.append(x)
                    found += _from_outside(x)
            elif callable(getattr(x, "modules", None)) and hasattr(x, "training"):
                modules.append(x)
            elif _has_attributes(x):
                instances.append(x)
                if not isinstance(x, (type, ModuleType)):
                    found += _values(x)
        names = _together(*[_names(each.__code__) for each in functions])
        for name in names.attributes | names.methods | _UNNAMED:  # methods that the functions call
            found += [getattr(type(each), name, None) for each in instances]
        found = [getattr(method, "__func__", method) for method in found]
        found = [x for x in found if isinstance(x, (FunctionType, property)) and id(x) not in seen]
    return modules, functions, instances


class _Held(NamedTuple):
    """What some keys stand for, and what they are called."""

    get: Callable[[Any], Any]
    keys: Sequence[Any]
    words: Sequence[str]
    values: list[Any]

    @classmethod
    def of(cls, get: Callable[[Any], Any], keys: Sequence[Any], words: Sequence[str]) -> _Held:
        return cls(get, keys, words, list(map(get, keys)))


class _Names(NamedTuple):
    """The names in a piece of code: globals, attributes that are read or called, and what is set."""

    globals: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    set: frozenset[str] = frozenset()
    set_attributes: frozenset[str] = frozenset()


_KINDS = {
    "LOAD_GLOBAL": "globals", "LOAD_ATTR": "attributes", "LOAD_METHOD": "methods",
    "STORE_GLOBAL": "set", "STORE_DEREF": "set", "STORE_ATTR": "set_attributes",
}  # fmt: skip
"""Instructions of Python's, by the kind of names that they use."""
_METHODS_BY_BIT = sys.version_info >= (3, 12)
"""Whether an attribute that is called is told from others by a bit, and not by an instruction of its own."""
_UNNAMED = frozenset(["__call__", "__enter__", "__getitem__"])
"""Methods that are called without a name."""


@functools.lru_cache(maxsize=1024)
def _names(code: CodeType) -> _Names:
    found: dict[str, set[str]] = {kind: set() for kind in _Names._fields}
    for instruction in dis.get_instructions(code):
        if instruction.opname in _KINDS:
            kind = _KINDS[instruction.opname]
            if kind == "attributes" and _METHODS_BY_BIT and (instruction.arg or 0) & 1:
                kind = "methods"
            found[kind].add(instruction.argval)
    own = _Names(**{kind: frozenset(names) for kind, names in found.items()})
    return _together(own, *[_names(part) for part in code.co_consts if isinstance(part, CodeType)])


def _together(*names: _Names) -> _Names:
    return _Names(*[frozenset().union(*kind) for kind in zip(_Names(), *names, strict=True)])


def _is_filled(cell: CellType) -> bool:
    """Whether there is something in a cell of a closure; a name may be set later."""
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _has_attributes(x: Any) -> bool:
    """Whether something is an object of a class of the user's, or a class or a module itself."""
    if isinstance(x, (BuiltinFunctionType, Node)):
        return False
    where = x.__name__ if isinstance(x, ModuleType) else (x if isinstance(x, type) else type(x)).__module__
    if where.partition(".")[0] in _OWN:
        return False
    return hasattr(x, "__dict__") or hasattr(type(x), "__slots__")


def _dictionary(x: Any) -> dict[str, Any]:
    return getattr(x, "__dict__", {})


def _values(x: Any) -> list[Any]:
    """What the attributes of an object are."""
    return [*_dictionary(x).values(), *[_attribute(x, name) for name in getattr(type(x), "__slots__", ())]]


def _attribute(x: Any, name: str) -> Any:
    return getattr(x, name, None)


def _is_data(x: Any, name: str) -> bool:
    """Whether an attribute of an object, or of its class, is no method and is not computed."""
    if name in _dictionary(x):
        return True
    held = inspect.getattr_static(x, name, MISSING)
    return type(held) is MemberDescriptorType or not (held is MISSING or hasattr(held, "__get__"))


def _from_outside(function: FunctionType) -> Iterator[Any]:
    yield from (cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell))
    yield from function.__defaults__ or ()
    names = function.__globals__
    yield from (names[name] for name in _names(function.__code__).globals if name in names)


def _globals(function: Any) -> Any:
    """The names of the file that a function is written in."""
    while (inner := getattr(function, "__wrapped__", getattr(function, "func", None))) is not None:
        function = inner
    return getattr(function, "__globals__", getattr(type(function).__call__, "__globals__", None))
