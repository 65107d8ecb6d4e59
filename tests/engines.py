"""The engines that programs are tested on besides NumPy, and what is skipped where one is not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NEEDED = {
    "jax": (["jax"], "pip install 'chainrule[jax]' runs these tests on JAX"),
    "torch": (["torch", "array_api_compat"], "pip install 'chainrule[torch]' runs these tests on PyTorch"),
}


def engine(name: str) -> Any:
    """A parameter that skips the test, and says what to install, where an engine is missing."""
    modules, advice = NEEDED[name]
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=f"no {missing}: {advice}"))


ENGINES = [engine("jax"), engine("torch")]
(needs_jax,), (needs_torch,) = (parameter.marks for parameter in ENGINES)


@contextmanager
def set_up(name: str, wide: bool = True) -> Iterator[None]:
    """JAX with 64 bits, or with 32; quick to compile and slow to run."""
    if name != "jax":
        yield
        return
    import jax

    wanted = {"jax_enable_x64": wide, "jax_disable_most_optimizations": True}
    before = {option: jax.config.read(option) for option in wanted}
    try:
        for option, value in wanted.items():
            jax.config.update(option, value)
        yield
    finally:
        for option, value in before.items():
            jax.config.update(option, value)


def on(program: Any, name: str) -> tuple[Any, Any]:
    """A program on an engine, and the same function as one calls it there: compiled, on JAX."""
    if name == "torch":
        pure = program.to_torch()
        return pure, pure
    import jax

    pure = program.to_jax()
    return pure, jax.jit(pure)
