"""``Module``: what has parameters and can be called; ``Parameter``: a tensor that is trained."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from autograd import ShapeError, Tensor
from autograd.grad_mode import MODE, Mode, recorder_now
from autograd.graph import note_change

from .hooks import Handle, Hooks

Array = np.ndarray[Any, Any]
Random = np.random.Generator | int | None
"""A random generator, or the seed of one; None draws a seed from the system."""


class Parameter(Tensor):
    """A Tensor that is trained: a leaf with a gradient, float32 unless its data says otherwise.

    >>> Parameter([1.0, 2.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, label: str = "", dtype: Any = None) -> None:
        if dtype is None and not isinstance(data, (np.ndarray, Tensor)):
            dtype = np.float32
        super().__init__(data, requires_grad=requires_grad, label=label, dtype=dtype)


class Module:
    """What has parameters and can be called; assign parameters and modules to attributes.

    A parameter's label is its path in the outermost module, such as ``encoder.0.weight``.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> [name for name, parameter in Scale().named_parameters()]
    ['factor']
    """

    training: bool = True
    _name: str = ""  # the attribute of the parent that holds this module
    _inside: tuple[Mode | None, Mode] | None = None  # a mode from outside, and the one in here
    _buffers: tuple[str, ...] = ()
    _hooks: Hooks | None = None

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; each module writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run :meth:`forward`, and the hooks around it, in the scope of this module's path."""
        run = self.forward if self._hooks is None else self._hooks.run
        outside = MODE.get()
        if outside is not None and outside.recorder is not None:
            outside.recorder.module(self)
        if not self._name:
            return run(*inputs, **options)
        # The same as ``with scope(self._name)``; the mode is kept, because a small layer takes as long.
        inside = self._inside
        if inside is None or inside[0] is not outside:
            path = f"{outside.scope}.{self._name}" if outside is not None and outside.scope else self._name
            inside = outside, (outside or Mode())._replace(scope=path)
            if outside is None or outside == Mode(scope=outside.scope):
                object.__setattr__(self, "_inside", inside)
        token = MODE.set(inside[1])
        try:
            return run(*inputs, **options)
        finally:
            MODE.reset(token)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_inside"}

    def __setattr__(self, name: str, value: Any) -> None:
        if (recorder := recorder_now()) is not None:
            recorder.set_attribute(self, name)
        if isinstance(value, Parameter):
            value.label = value.label or name
        elif isinstance(value, Module):
            for path, parameter in value.named_parameters():
                if parameter.label == path:  # a label of the user's own stays
                    parameter.label = f"{name}.{path}"
            object.__setattr__(value, "_name", name)
        super().__setattr__(name, value)
        note_change()

    def __delattr__(self, name: str) -> None:
        if (recorder := recorder_now()) is not None:
            recorder.set_attribute(self, name)
        super().__delattr__(name)
        note_change()

    # -- what is inside -------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, by name."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def children(self) -> Iterator[Module]:
        """The modules directly inside this one."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with their paths; its own path is empty.

        >>> from nn import Linear, Sequential
        >>> [path for path, module in Sequential(Linear(2, 1, rng=0)).named_modules()]
        ['', '0']
        """
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path, such as ``0.weight``."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, module in self.named_children():
            yield from module.named_parameters(f"{prefix}{name}.")

    def parameters(self) -> list[Parameter]:
        """Every parameter once, in order."""
        return list(dict.fromkeys(parameter for _, parameter in self.named_parameters()))

    def register_buffer(self, name: str, array: Array | None) -> None:
        """Keep an array that is not trained but belongs to the state, such as a running mean."""
        self._buffers = (*self._buffers, name)
        setattr(self, name, array)

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Array]]:
        """Every buffer with its path."""
        for name in self._buffers:
            array = getattr(self, name)
            if array is not None:
                yield prefix + name, array
        for name, module in self.named_children():
            yield from module.named_buffers(f"{prefix}{name}.")

    # -- modes ----------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training, for layers that behave differently in it; returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation; returns the module."""
        return self.train(False)

    @contextlib.contextmanager
    def in_mode(self, training: bool) -> Iterator[Self]:
        """Training or evaluation for a while; afterwards each module is as it was.

        >>> from nn import Dropout
        >>> layer = Dropout(0.5)
        >>> with layer.in_mode(training=False):
        ...     print(layer(np.ones(2)))
        [1. 1.]
        >>> layer.training
        True
        """
        modules = list(self.modules())
        before = [module.training for module in modules]
        self.train(training)
        try:
            yield self
        finally:
            for module, mode in zip(modules, before, strict=True):
                module.training = mode

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for value in vars(self).values():
            if isinstance(value, (Parameter, Module)):
                value.zero_grad()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Switch the gradients of all parameters on or off; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, dtype: Any) -> Self:
        """Convert parameters and floating buffers to another dtype; returns the module.

        >>> from nn import Linear
        >>> Linear(2, 1, rng=0).to(np.float64).weight.dtype
        dtype('float64')
        """
        for parameter in self.parameters():
            parameter.data = parameter.plain.astype(dtype)
            parameter.grad = parameter.grad  # a gradient has its parameter's dtype
        for module in self.modules():
            for name in module._buffers:
                array = getattr(module, name)
                if array is not None and array.dtype.kind == "f":
                    setattr(module, name, array.astype(dtype))
        return self

    def double(self) -> Self:
        """The same as ``to(np.float64)``."""
        return self.to(np.float64)

    def float(self) -> Self:
        """The same as ``to(np.float32)``."""
        return self.to(np.float32)

    # -- state ----------------------------------------------------------------------------

    def state_dict(self, prefix: str = "") -> dict[str, Array]:
        """A copy of every parameter and buffer by path, in PyTorch's names and order.

        >>> from nn import Linear
        >>> list(Linear(2, 1, rng=0).state_dict())
        ['weight', 'bias']
        """
        return {name: np.array(array) for name, (_, array) in self._state(prefix).items()}

    def _state(self, prefix: str = "") -> dict[str, tuple[Module, Array]]:
        """Every parameter and buffer by path: the module that holds it, and the array as it is."""
        state = {
            prefix + name: (self, value.plain)
            for name, value in vars(self).items()
            if isinstance(value, Parameter)
        }
        for name in self._buffers:
            if (array := getattr(self, name)) is not None:
                state[prefix + name] = self, array
        for name, module in self.named_children():
            state |= module._state(f"{prefix}{name}.")
        return state

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Take parameters and buffers from arrays, or from PyTorch's tensors, by path.

        Names and shapes are verified first: a state that does not fit changes nothing.

        Parameters
        ----------
        strict: whether every name here has to be in the state, and every name there in the module.

        Raises
        ------
        ValueError: names are missing or unexpected.
        ShapeError: an array does not have the shape of its parameter.
        """
        own = self._state()
        missing, unexpected = [n for n in own if n not in state], [n for n in state if n not in own]
        if strict and (missing or unexpected):
            raise ValueError(
                f"the state does not fit {type(self).__name__}: missing {missing}, unexpected {unexpected}; "
                "pass strict=False to load what fits"
            )
        arrays = {name: np.asarray(state[name]) for name in own if name in state}
        for name, array in arrays.items():
            if array.shape != own[name][1].shape:
                raise ShapeError(
                    f"{name} has shape {own[name][1].shape}, but in the state it has shape {array.shape}"
                )
        for path, array in arrays.items():
            module, before = own[path]
            name = path.rpartition(".")[2]
            if name in module._buffers:
                before[...] = array  # in place: programs that were recorded from it have this memory
            else:
                getattr(module, name).data = array.astype(before.dtype)
        note_change()

    # -- hooks ----------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, inputs)`` before every forward; what it returns replaces the inputs."""
        return self._hooked().add("before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, inputs, output)`` after every forward; what it returns replaces the output.

        >>> from nn import Linear
        >>> layer, seen = Linear(2, 3, rng=0), []
        >>> handle = layer.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
        >>> _ = layer(np.ones((4, 2)))
        >>> handle.remove()
        >>> _ = layer(np.ones((5, 2)))
        >>> seen
        [(4, 3)]
        """
        return self._hooked().add("after", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_inputs, grad_output)`` in every backward, to look at the gradients.

        >>> from nn import Linear
        >>> layer, seen = Linear(2, 3, rng=0), []
        >>> look = lambda module, inputs, output: seen.append(output.shape)
        >>> handle = layer.register_full_backward_hook(look)
        >>> layer(np.ones((4, 2))).sum().backward()
        >>> seen
        [(4, 3)]
        """
        return self._hooked().add("backward", hook)

    def _hooked(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks(self)
        return self._hooks

    # -- in words -------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The settings of this module, for ``repr``."""
        return ""

    def __repr__(self) -> str:
        inside = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in self.named_children()]
        if not inside:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(inside) + "\n)"


def generator(rng: Random) -> np.random.Generator:
    """A random generator from a generator, which stays the same, or a seed.

    >>> float(generator(0).random()) == float(generator(0).random())
    True
    """
    return np.random.default_rng(rng)
