"""Data-parallel training: one recorded step, its batch spread over devices by JAX's own sharding.

``python docs/data_parallel.py`` trains on eight simulated devices of one process. On several machines,
or in several processes, run it in each of them with its number, how many there are, and where the first
one is reached: ``python docs/data_parallel.py 0 2 localhost:1234`` and ``... 1 2 localhost:1234``.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

import nn
from autograd import record

STEPS, BATCH = 14, 32


def training() -> tuple[Any, list[Any]]:
    """A step of training, and the batches for it: the same in every process."""
    model = nn.Sequential(
        nn.Linear(6, 16, rng=0), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 3, rng=1)
    ).double()
    optimizer = nn.Adam(model.parameters(), lr=0.01)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    random = np.random.default_rng(0)
    data = [(random.normal(size=(BATCH, 6)), random.integers(0, 3, BATCH)) for _ in range(STEPS)]
    return step, data


def main(number: int = 0, count: int = 1, address: str = "") -> None:
    """Train eagerly on NumPy and sharded on JAX, and print both lists of losses."""
    if count == 1:
        os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    jax.config.update("jax_enable_x64", True)
    if count == 1:
        jax.config.update("jax_platforms", "cpu")  # where the simulated devices are
    else:
        jax.distributed.initialize(address, count, number)
    devices = Mesh(np.array(jax.devices()), ("batch",))
    everywhere, split = (NamedSharding(devices, PartitionSpec(*axes)) for axes in ((), ("batch",)))

    step, data = training()
    print("losses, eager:", *[step(x, y).item() for x, y in data])

    step, data = training()
    losses = [step(*data[0]).item()]  # the optimiser sets up its state
    program = record(step)(*data[1])
    losses.append(program.result.item())
    pure = program.to_jax()
    compiled = jax.jit(pure, out_shardings=everywhere)
    state = jax.tree.map(lambda array: spread(array, everywhere), pure.state())
    for x, y in data[2:-2]:
        state, loss = compiled(state, spread(x, split), spread(y, split))
        losses.append(float(loss))
    pure.load(state)  # back into the model, and on with NumPy
    losses += [step(x, y).item() for x, y in data[-2:]]
    print("losses, sharded:", *losses)
    part = spread(x, split).addressable_shards[0].data.shape
    print(f"inputs of shape {x.shape} on {len(jax.devices())} devices, {part} on each")


def spread(array: Any, sharding: Any) -> Any:
    """An array on all devices: every process holds all of it, and keeps the parts of its own devices."""
    import jax

    return jax.make_array_from_callback(array.shape, sharding, lambda part: np.asarray(array)[part])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
