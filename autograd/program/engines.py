"""The engines that a program runs on besides NumPy, and what each does in words of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import RecordError


class Engine(NamedTuple):
    """A library of arrays that follows the array API standard, and what the standard leaves out.

    Attributes
    ----------
    name: how messages call it.
    namespace: its functions, as the standard names them.
    special: its functions that the standard lacks, see ``standard.SPECIAL``.
    constant: ``constant(array, like)``, a NumPy array as one of the engine, on the device of another.
    plain: an array of the engine as one of NumPy's.
    dtype: a dtype of NumPy's as one of the engine's; the next narrower one where it is set to 32 bits.
    put: ``put(x, index, value)``, a copy of x with the value at the index.
    put_more: the same, added to what is there, as often as an index names an element.
    is_wide: whether it computes with 64 bits now.
    raises: whether an index outside of an array is an error there.
    """

    name: str
    namespace: Any
    special: Any
    constant: Callable[[Any, Any], Any]
    plain: Callable[[Any], Any]
    dtype: Callable[[Any], Any]
    put: Callable[[Any, Any, Any], Any]
    put_more: Callable[[Any, Any, Any], Any]
    is_wide: Callable[[], bool]
    raises: bool


def jax() -> Engine:
    """JAX; its extra is ``chainrule[jax]``.

    Raises
    ------
    ImportError: JAX is not installed.
    """
    try:
        import jax
        import jax.numpy as jnp
        import jax.scipy.special
    except ImportError as error:
        raise ImportError(
            "to_jax() needs JAX, which is not installed: pip install 'chainrule[jax]'"
        ) from error

    def constant(array: Any, like: Any) -> Any:
        result = jnp.array(array)  # a copy: NumPy's memory may be written into while JAX computes
        if array.dtype.kind in "iu" and result.dtype != array.dtype and array.size:
            limits = np.iinfo(result.dtype)
            if array.min() < limits.min or array.max() > limits.max:
                raise RecordError(
                    f"an integer does not fit into {result.dtype}, the widest that JAX is set to; call "
                    'jax.config.update("jax_enable_x64", True) first'
                )
        return result

    return Engine(
        "JAX",
        jnp,
        jax.scipy.special,
        constant,
        plain=np.asarray,
        dtype=jax.dtypes.canonicalize_dtype,
        put=lambda x, index, value: x.at[index].set(value),
        put_more=lambda x, index, value: x.at[index].add(value),
        is_wide=lambda: bool(jnp.result_type(float) == np.float64),
        raises=False,
    )


def torch() -> Engine:
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

    # PyTorch stores wide unsigned integers, and neither compares nor adds them.
    signed = {"uint16": "int32", "uint32": "int64", "uint64": "int64"}
    return Engine(
        "PyTorch",
        namespace,
        torch.special,
        constant,
        plain=lambda array: array.detach().cpu().numpy(),
        dtype=functools.cache(lambda dtype: getattr(namespace, signed.get(dtype.name, dtype.name))),
        put=put,
        put_more=put_more,
        is_wide=lambda: True,
        raises=True,
    )
