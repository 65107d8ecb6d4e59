"""Programs on another engine: the same instructions, in the words of the array API standard.

Other engines' arrays do not share memory, and JAX's cannot be written into. So what NumPy writes in
place becomes a new array for the memory that was written into, and views are looked at again.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import RecordError
from ..graph import Node
from ..ops import scale
from ..structure import flatten
from .instruction import Instruction, replaced
from .program import Program
from .recorder import check, draw
from .slot import Slot
from .slot import view as view_as
from .standard import SPECIAL, TRANSLATIONS, forwards, standard_name
from .wording import name_of

State = dict[str, Any]


class Engine(NamedTuple):
    """What a library does in words of its own.

    Attributes
    ----------
    name: how messages call it.
    namespace: its functions, as the standard names them.
    put: ``put(x, index, value)``, a copy of x with the value at the index.
    put_more: the same, added to what is there, also where an index names an element twice.
    constant: ``constant(array, like)``, a NumPy array as an array of the library, beside another one.
    special: its functions that the standard lacks, see ``SPECIAL``.
    """

    name: str
    namespace: Any
    put: Callable[[Any, Any, Any], Any]
    put_more: Callable[[Any, Any, Any], Any]
    constant: Callable[[Any, Any], Any]
    special: Any


def jax_engine() -> Engine:
    """JAX; its extra is ``chainrule[jax]``.

    Raises
    ------
    ImportError: JAX is not installed.
    """
    try:
        import jax.numpy as jnp
        import jax.scipy.special
    except ImportError as error:
        raise ImportError(
            "to_jax() needs JAX, which is not installed: pip install 'chainrule[jax]'"
        ) from error
    return Engine(
        "JAX",
        jnp,
        put=lambda x, index, value: x.at[index].set(value),
        put_more=lambda x, index, value: x.at[index].add(value),
        constant=lambda array, like: jnp.asarray(array),
        special=jax.scipy.special,
    )


def torch_engine() -> Engine:
    """PyTorch, through the namespace that ``array_api_compat`` gives it; their extra is ``chainrule[torch]``.

    Raises
    ------
    ImportError: one of them is not installed.
    """
    try:
        import array_api_compat.torch as namespace
        import torch
    except ImportError as error:
        raise ImportError(
            f"to_torch() needs PyTorch and array_api_compat, and {error.name} is not installed: "
            "pip install 'chainrule[torch]'"
        ) from error

    def put(x: Any, index: Any, value: Any) -> Any:
        copy = x.clone()
        copy[index] = value
        return copy

    def put_more(x: Any, index: Any, value: Any) -> Any:
        places = torch.arange(x.numel(), device=x.device).reshape(x.shape)[index]
        values = torch.broadcast_to(value, places.shape)
        flat = x.reshape(-1).index_put((places.reshape(-1),), values.reshape(-1), accumulate=True)
        return flat.reshape(x.shape)

    def constant(array: Any, like: Any) -> Any:
        return torch.as_tensor(np.array(array), device=None if like is None else like.device)

    return Engine("PyTorch", namespace, put, put_more, constant, torch.special)


class Pure:
    """A program as a pure function of another library's arrays.

    A program that changes nothing is a function of its arguments, ``pure(*arguments)``. One that changes
    memory from outside, as a step of training does, takes that memory first and returns it first:
    ``state, result = pure(state, *arguments)``, beginning with :meth:`state`. Random numbers are an input,
    too: ``pure(..., random=pure.random())``. Where a branch of the program would be another one, every
    float in what it returns is NaN, since a compiled function cannot raise.

    Attributes
    ----------
    changes: whether the program changes memory from outside.
    """

    def __init__(self, program: Program, engine: Engine) -> None:
        self.program, self.engine = program, engine
        self._parts = _memory(program)
        self._names = _names(program, self._parts.roots)
        self.changes = bool(program.written or program.rebound)
        self._draws = [i for i in program.instructions if i.function is draw]
        for instruction in program.instructions:
            self._known(instruction)

    def _known(self, instruction: Instruction) -> None:
        function = instruction.function
        own = (check, draw, operator.setitem, np.copyto, view_as)
        if function in own or function in SPECIAL or function in TRANSLATIONS or standard_name(function):
            return
        if isinstance(getattr(function, "__self__", None), np.ufunc) and function.__name__ in ("at", "outer"):
            return
        raise RecordError(
            f"{name_of(function)} has no equivalent in the array API standard, so {self.program.name} cannot "
            f"run on {self.engine.name}"
        )

    def state(self) -> State:
        """The memory that the program has from outside, by name, as arrays of the engine."""
        return {
            name: self.engine.constant(np.array(slot.value) if cell is None else np.array(cell.data), None)
            for slot, (name, cell) in self._names.items()
        }

    def load(self, state: State) -> None:
        """Put a state back into the memory that it came from: into parameters and optimisers."""
        for slot, (name, cell) in self._names.items():
            array = np.asarray(state[name])
            if cell is None:
                slot.value[...] = array
            else:
                cell.data = float(array)

    def random(self) -> list[Any]:
        """Fresh random numbers from the program's own generators, as an argument of the next call."""
        return [self.engine.constant(i.arguments[0].random(i.arguments[1]), None) for i in self._draws]

    def __call__(self, *arguments: Any, random: Sequence[Any] | None = None) -> Any:
        """Run the program. See the class for what goes in and what comes out."""
        state: State = self.state()
        if self.changes:
            if not arguments or not isinstance(arguments[0], dict) or arguments[0].keys() != state.keys():
                raise TypeError(
                    f"{self.program.name} changes memory: call it as state, result = f(state, ...), with the "
                    f"state that f.state() gives, of {sorted(state)}"
                )
            state, *arguments = arguments  # type: ignore[assignment]
        if random is None and self._draws:
            raise TypeError(f"{self.program.name} draws random numbers: call it with random=f.random()")
        leaves = flatten(tuple(arguments))[0]
        missing = [place for place in self.program.inputs if place >= len(leaves)]
        if missing:
            raise TypeError(f"{self.program.name} takes {len(self.program.inputs)} arrays, got {len(leaves)}")
        run = _Run(self, state, leaves, list(random or ()))
        for instruction in self.program.instructions:
            run.step(instruction)
        result = self.program.build([run.result(slot) for slot in self.program.outputs])
        if not self.changes:
            return result
        return {name: run.guarded(run.now(slot)) for slot, (name, _) in self._names.items()}, result


class _Memory(NamedTuple):
    """Memory from outside: arrays that hold others, and where in them those are."""

    roots: list[Slot]
    spans: dict[Slot, tuple[Slot, int]]


def _memory(program: Program) -> _Memory:
    """Parameters are parts of an optimiser's flat array: one array of state, seen in two ways."""
    roots: list[Slot] = []
    spans: dict[Slot, tuple[Slot, int]] = {}
    for slot in sorted(program.leaves, key=lambda slot: -slot.value.nbytes):
        for root in roots:
            if np.may_share_memory(slot.value, root.value):
                first = slot.value.__array_interface__["data"][0] - root.value.__array_interface__["data"][0]
                spans[slot] = root, first // root.value.itemsize
                break
        else:
            roots.append(slot)
    return _Memory(roots, spans)


def _names(program: Program, roots: Sequence[Slot]) -> dict[Slot, tuple[str, Any]]:
    """A name for each array of the state, and the Value that it is the number of, if it is one's."""
    labels = {id(memory): tensor.label for tensor, memory, _ in program.tensors}
    names: dict[Slot, tuple[str, Any]] = {}
    taken: set[str] = set()
    everything = [(slot, labels.get(id(slot.value), ""), None) for slot in roots]
    for slot, label, cell in [*everything, *[(s, v.label, v) for v, s in program.cells]]:
        name = label or f"memory{len(names)}"
        while name in taken:
            name += "'"
        taken.add(name)
        names[slot] = name, cell
    return names


class _Run:
    """One run of a program: the arrays of its memory so far."""

    def __init__(self, pure: Pure, state: State, leaves: Sequence[Any], random: list[Any]) -> None:
        self.engine, self.xp, self.random = pure.engine, pure.engine.namespace, random
        self.spans = pure._parts.spans
        self.views = {i.output: i for i in pure.program.instructions if i.is_view}
        self.arrays: dict[Slot, Any] = {slot: state[name] for slot, (name, _) in pure._names.items()}
        self.like: Any = None
        for place, slot in pure.program.inputs.items():
            given = leaves[place]
            given = given.plain if isinstance(given, Node) else given
            is_ours = not isinstance(given, (np.ndarray, np.generic, float))
            self.arrays[slot] = (
                given if is_ours else self.engine.constant(np.asarray(given, slot.dtype), None)
            )
            self.like = self.like if self.like is not None or not is_ours else given
        for node, slot in pure.program.gradients_before:
            gradient = leaves[node].grad if isinstance(node, int) else node.grad
            self.arrays[slot] = self.engine.constant(np.asarray(gradient), self.like)
        self.checks: list[Any] = []

    def now(self, slot: Slot) -> Any:
        """The array of a slot as it is now: a view is looked at again."""
        if slot in self.arrays:
            return self.arrays[slot]
        if slot in self.spans:
            root, first = self.spans[slot]
            return self.xp.reshape(
                self.xp.reshape(self.now(root), (-1,))[first : first + slot.size], slot.shape
            )
        return self.call(self.views[slot])

    def step(self, instruction: Instruction) -> None:
        """Make one call."""
        function = instruction.function
        if instruction.is_view:
            return
        if function is check:
            condition = self.now(instruction.arguments[0])
            self.checks.append(condition if instruction.arguments[1] else self.xp.logical_not(condition))
        elif function is draw:
            self.arrays[instruction.output] = self.random.pop(0)
        elif instruction.writes:
            self.assign(instruction.output, self.written(instruction))
        else:
            self.arrays[instruction.output] = self.call(instruction)

    def call(self, instruction: Instruction) -> Any:
        """The result of a call that writes nowhere."""
        function, options = instruction.function, self.real(instruction.options)
        arguments = self.real(instruction.arguments)
        if function is view_as:
            # The bits of a boolean are 0 and 1; integers are looked at in this way for a check only.
            return self.xp.astype(arguments[0], self.xp.uint8) if arguments[1] == np.uint8 else arguments[0]
        if function in SPECIAL:
            return getattr(self.engine.special, SPECIAL[function])(*arguments)
        if function in (np.where, scale.array):
            arguments = self.beside(arguments)
        if function in TRANSLATIONS:
            return TRANSLATIONS[function](self.xp, *arguments, **options)
        owner = getattr(function, "__self__", None)
        if not isinstance(owner, np.ufunc):
            return self.elementwise(standard_name(function), self.beside(arguments), instruction.output)
        if function.__name__ == "outer":
            a, b = self.beside(arguments)
            lifted = self.xp.reshape(a, (*a.shape, *(1 for _ in b.shape)))
            return getattr(self.xp, standard_name(owner))(lifted, b)
        return self.reduced(standard_name(function), *arguments, **options)

    def elementwise(self, name: str, arguments: Any, output: Slot) -> Any:
        """A function of elements; the standard does not add booleans to numbers, NumPy does."""
        kind = output.dtype
        if kind.kind == "f":
            wanted = getattr(self.xp, kind.name)
            arguments = [
                self.xp.astype(x, wanted) if hasattr(x, "dtype") and x.dtype != wanted else x
                for x in arguments
            ]
        return getattr(self.xp, name)(*arguments)

    def reduced(self, name: str, x: Any, axis: Any = 0, keepdims: bool = False, dtype: Any = None) -> Any:
        """A reduction; a product, over one axis after the other."""
        if dtype is not None:
            x = self.xp.astype(x, getattr(self.xp, np.dtype(dtype).name))
        if name == "prod":
            return TRANSLATIONS[np.prod](self.xp, x, axis, keepdims)
        return getattr(self.xp, name)(x, axis=axis, keepdims=bool(keepdims))

    def written(self, instruction: Instruction) -> Any:
        """What the memory that is written into holds afterwards."""
        function, target = instruction.function, self.now(instruction.output)
        arguments = self.real(instruction.arguments)
        if function is operator.setitem:
            _, index, value = arguments
            return self.put(target, index, self.fitting(value, instruction.output))
        if function is np.copyto:
            value = self.fitting(arguments[1], instruction.output)
            mask = self.real(instruction.options).get("where")
            return value if mask is None else self.xp.where(mask, value, target)
        if getattr(function, "__name__", "") == "at":
            _, index, value = arguments
            return self.engine.put_more(target, index, self.fitting(value, instruction.output))
        if isinstance(function, np.ufunc):
            arguments = arguments[:-1]  # without the memory of the result
        options = {k: v for k, v in instruction.options.items() if k not in ("out", "casting")}
        return self.call(Instruction(function, arguments, options, instruction.output))

    def assign(self, slot: Slot, value: Any) -> None:
        """Give a slot other numbers, and with it the memory that it looks into."""
        value = self.fitting(value, slot)
        if tuple(value.shape) != slot.shape:
            value = self.xp.broadcast_to(value, slot.shape)
        if slot in self.spans:
            root, first = self.spans[slot]
            flat = self.xp.reshape(self.now(root), (-1,))
            flat = self.engine.put(flat, slice(first, first + slot.size), self.xp.reshape(value, (-1,)))
            self.arrays[root] = self.xp.reshape(flat, root.shape)
            return
        if slot not in self.views:
            self.arrays[slot] = value
            return
        instruction = self.views[slot]
        source, *rest = instruction.arguments
        function = instruction.function
        if function is operator.getitem:
            self.assign(source, self.put(self.now(source), self.real(rest[0]), value))
        elif function is np.transpose:
            axes = rest[0] if rest and rest[0] is not None else tuple(range(len(slot.shape)))[::-1]
            self.assign(source, self.xp.permute_dims(value, tuple(np.argsort(axes).tolist())))
        elif function is np.swapaxes:
            self.assign(source, TRANSLATIONS[np.swapaxes](self.xp, value, *rest))
        elif math.prod(source.shape) == math.prod(slot.shape):
            self.assign(source, self.xp.reshape(value, source.shape))
        else:
            raise RecordError(f"a result of {name_of(function)} cannot be written into on {self.engine.name}")

    def put(self, x: Any, index: Any, value: Any) -> Any:
        """A copy of x with the value at the index."""
        forward, axes = forwards(index, x.shape)
        return self.engine.put(x, forward, self.xp.flip(value, axis=axes) if axes else value)

    def fitting(self, value: Any, slot: Slot) -> Any:
        """A value in the dtype of the memory that it goes to."""
        if not hasattr(value, "dtype"):
            value = self.engine.constant(np.asarray(value, slot.dtype), self.like)
        wanted = getattr(self.xp, slot.dtype.name)
        return value if value.dtype == wanted else self.xp.astype(value, wanted)

    def real(self, tree: Any) -> Any:
        """Nested arguments with every slot, and every array of NumPy's, as an array of the engine."""
        if isinstance(tree, (np.ndarray, np.generic)):
            return self.engine.constant(np.asarray(tree), self.like)
        if type(tree) in (tuple, list):
            return type(tree)([self.real(part) for part in tree])
        if type(tree) is dict:
            return {name: self.real(part) for name, part in tree.items()}
        return replaced(tree, self.now)

    def beside(self, arguments: Any) -> list[Any]:
        """Python numbers as arrays, in the dtype of those beside them."""
        arrays = [x for x in arguments if hasattr(x, "dtype")]
        kinds = {str(x.dtype) for x in arrays if str(x.dtype).rpartition(".")[2].startswith("float")}
        dtype = arrays and next((x.dtype for x in arrays if str(x.dtype) in kinds), arrays[0].dtype)
        return [
            self.xp.astype(self.engine.constant(np.asarray(x), self.like), dtype)
            if type(x) in (int, float) and arrays
            else x
            for x in arguments
        ]

    def guarded(self, array: Any) -> Any:
        """A float of the result, NaN where a branch of the program would be another one."""
        if not self.checks or not str(array.dtype).rpartition(".")[2].startswith("float"):
            return array
        valid = self.checks[0]
        for condition in self.checks[1:]:
            valid = self.xp.logical_and(valid, condition)
        return self.xp.where(valid, array, self.xp.full_like(array, math.nan))

    def result(self, slot: Any) -> Any:
        """An output, or a constant as it is."""
        return self.guarded(self.now(slot)) if isinstance(slot, Slot) else slot
