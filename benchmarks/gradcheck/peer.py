"""One peer's gradient checker on the cases: run in the peer's own environment, prints JSON.

From the folder above, ``python -m gradcheck.peer torch 1`` runs every case, ``jax 10`` every tenth.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .cases import Case, all_cases

Check = Callable[[Case], bool]


def gradient(case: Case, g: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The claimed Jacobians in reverse: a cotangent times each."""
    g = np.asarray(g)
    return tuple(np.tensordot(g, block, axes=g.ndim) for block in case.claimed(*inputs))


def torch_check() -> tuple[str, Check]:
    import torch

    torch.set_num_threads(1)

    def check(case: Case) -> bool:
        class Function(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
            @staticmethod
            def forward(context: Any, *inputs: Any) -> Any:
                context.save_for_backward(*inputs)
                return torch.as_tensor(np.asarray(case.function(*[x.detach().numpy() for x in inputs])))

            @staticmethod
            def backward(context: Any, g: Any) -> Any:
                inputs = tuple(x.detach().numpy() for x in context.saved_tensors)
                return tuple(torch.as_tensor(np.asarray(each)) for each in gradient(case, g.numpy(), inputs))

        inputs = tuple(torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in case.inputs)
        return bool(torch.autograd.gradcheck(Function.apply, inputs, raise_exception=False))

    return f"torch.autograd.gradcheck {torch.__version__}", check


def jax_check() -> tuple[str, Check]:
    import jax

    jax.config.update("jax_enable_x64", True)
    from jax.test_util import check_grads

    def check(case: Case) -> bool:
        shape = jax.ShapeDtypeStruct(np.shape(case.function(*case.inputs)), np.float64)
        shapes = tuple(jax.ShapeDtypeStruct(x.shape, np.float64) for x in case.inputs)

        @jax.custom_vjp
        def function(*inputs: Any) -> Any:
            return jax.pure_callback(
                lambda *xs: np.asarray(case.function(*map(np.asarray, xs))), shape, *inputs
            )

        def forward(*inputs: Any) -> Any:
            return function(*inputs), inputs

        def backward(inputs: Any, g: Any) -> Any:
            def pulled(g: Any, *xs: Any) -> Any:
                return tuple(map(np.asarray, gradient(case, g, tuple(map(np.asarray, xs)))))

            return jax.pure_callback(pulled, shapes, g, *inputs)

        function.defvjp(forward, backward)
        try:
            check_grads(function, case.inputs, order=1, modes=("rev",))
        except AssertionError:
            return False
        finally:
            jax.clear_caches()  # each case compiles functions of its own, which would pile up
        return True

    return f"jax.test_util.check_grads {jax.__version__}", check


def hips_check() -> tuple[str, Check]:
    from importlib.metadata import version

    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def check(case: Case) -> bool:
        np.random.seed(0)
        function = primitive(lambda *inputs: case.function(*inputs))

        def rule(position: int) -> Any:
            return lambda y, *inputs: lambda g: gradient(case, g, inputs)[position]

        defvjp(function, *[rule(position) for position in range(len(case.inputs))])
        try:
            which = (
                tuple(range(len(case.inputs))) if len(case.inputs) > 1 else 0
            )  # the first alone by default
            check_grads(function, which, modes=["rev"], order=1)(*case.inputs)
        except AssertionError:
            return False
        return True

    return f"autograd.test_util.check_grads {version('autograd')}", check


PEERS = {"torch": torch_check, "jax": jax_check, "autograd": hips_check}


def main() -> None:
    title, check = PEERS[sys.argv[1]]()
    accepted: dict[str, bool | str] = {}
    start = time.perf_counter()
    with np.errstate(all="ignore"):
        for case in all_cases()[:: int(sys.argv[2])]:
            try:
                accepted[case.name] = check(case)
            except Exception as error:  # an exception of the checker's own is an answer of a kind
                accepted[case.name] = f"{type(error).__name__}: {error}"[:200]
    print(json.dumps({"title": title, "seconds": time.perf_counter() - start, "accepted": accepted}))


if __name__ == "__main__":
    main()
