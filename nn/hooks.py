"""Hooks: a user's functions that look at what goes through a module, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd import Node
from autograd.operation import Operation

if TYPE_CHECKING:
    from .module import Module

Hook = Callable[..., Any]


class Handle:
    """What registering a hook returns: ``remove()`` takes the hook away again."""

    def __init__(self, hooks: Hooks, place: str, hook: Hook) -> None:
        # A function of its own, so that a hook registered twice is removed once.
        self.hook: Hook = lambda *arguments: hook(*arguments)
        self.module, self.place = hooks.module, place
        hooks.replace(place, [*hooks.by_place[place], self.hook])

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        hooks = self.module._hooks
        if hooks is not None:
            hooks.replace(self.place, [hook for hook in hooks.by_place[self.place] if hook is not self.hook])


class Hooks:
    """The hooks of one module, and how its forward is run with them. They never change: others take over."""

    def __init__(self, module: Module, **by_place: list[Hook]) -> None:
        self.module = module
        self.by_place: dict[str, list[Hook]] = {"before": [], "after": [], "backward": []} | by_place

    def add(self, place: str, hook: Hook) -> Handle:
        """Add a hook to those of a place."""
        return Handle(self, place, hook)

    def replace(self, place: str, hooks: list[Hook]) -> None:
        """Give the module other hooks of a place, as a setting, so that a recorded program notices it."""
        self.module._hooks = Hooks(self.module, **self.by_place | {place: hooks})

    def run(self, *inputs: Any, **options: Any) -> Any:
        """Run the module's forward with hooks around it."""
        for hook in self.by_place["before"]:
            replaced = hook(self.module, inputs)
            if replaced is not None:
                inputs = replaced if isinstance(replaced, tuple) else (replaced,)
        gradients = _Gradients(self.module, self.by_place["backward"]) if self.by_place["backward"] else None
        if gradients is not None:
            inputs = gradients.watch_inputs(inputs)
        output = self.module.forward(*inputs, **options)
        if gradients is not None:
            output = gradients.watch_output(output)
        for hook in self.by_place["after"]:
            replaced = hook(self.module, inputs, output)
            if replaced is not None:
                output = replaced
        return output


class _Gradients:
    """Collects the gradients of one call of a module, and shows them to the hooks when all are there."""

    def __init__(self, module: Module, hooks: Sequence[Hook]) -> None:
        self.module, self.hooks = module, hooks
        self.inputs: list[Any] = []
        self.output: Any = None
        self.awaited: set[int] = set()

    def watch_inputs(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        self.inputs = [None] * len(inputs)
        self.awaited = {i for i, x in enumerate(inputs) if isinstance(x, Node) and x.requires_grad}
        return tuple(
            passing(partial(self.arrived, i))(x) if i in self.awaited else x for i, x in enumerate(inputs)
        )

    def watch_output(self, output: Any) -> Any:
        if not isinstance(output, Node):  # a state beside the output is not watched
            return (self.watch_output(output[0]), *output[1:]) if isinstance(output, tuple) else output
        return passing(self.started)(output)

    def started(self, g: Any) -> None:
        self.output, self.waiting = g, set(self.awaited)
        self.finish()

    def arrived(self, place: int, g: Any) -> None:
        self.inputs[place] = g
        self.waiting.discard(place)
        self.finish()

    def finish(self) -> None:
        if not self.waiting:
            for hook in self.hooks:
                hook(self.module, tuple(self.inputs), self.output)


def passing(look: Callable[[Any], None]) -> Operation:
    """An operation that changes nothing, and shows its gradient to a function as it passes."""

    def rule(g: Any, y: Any, x: Any) -> Any:
        look(g)
        return g

    return Operation("hook", lambda x: x, scalar=lambda x: x, rules=[rule], kind="linear")
