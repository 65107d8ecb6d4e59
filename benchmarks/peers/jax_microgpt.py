"""The tiny GPT with JAX, one step a name, from the weights and the names in the folder named.

    python jax_microgpt.py FOLDER [synchronous]

``microgpt`` is compiled for each length of a name; ``padded`` once, every name filled up to the whole block.
"""

import itertools
import json
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from work import serve

jax.config.update("jax_cpu_enable_async_dispatch", "synchronous" not in sys.argv)
FOLDER = Path(sys.argv[1])
NAMES = json.loads((FOLDER / "names.json").read_text())
STEPS, RATE, BETAS, EPSILON = 1000, 0.01, (0.85, 0.99), 1e-8
BLOCK, HEADS, SIZE = 16, 4, 4


def normalized(x):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)


def loss_of(w, tokens, following, counts):
    """Where ``counts`` is 0, a place only fills the block."""
    query, key, value, output = (w[f"layers.0.{name}"] for name in ("query", "key", "value", "output"))
    places = len(tokens)
    x = normalized(w["token"][tokens] + w["place"][:places])
    a = normalized(x)
    q, k, v = ((a @ matrix).reshape(places, HEADS, SIZE).swapaxes(0, 1) for matrix in (query, key, value))
    scores = q @ k.swapaxes(1, 2) * SIZE**-0.5
    seen = jnp.where(jnp.tril(jnp.ones((places, places), bool)), scores, -jnp.inf)
    x = x + (jax.nn.softmax(seen) @ v).swapaxes(0, 1).reshape(x.shape) @ output
    x = x + jax.nn.relu(normalized(x) @ w["layers.0.wide"]) @ w["layers.0.narrow"]
    likely = jax.nn.log_softmax(x @ w["head"])
    return -(jnp.take_along_axis(likely, following[:, None], 1)[:, 0] * counts).sum() / counts.sum()


@partial(jax.jit, donate_argnums=0)
def update(state, tokens, following, counts):
    """One step of Adam; the state is the weights, both moments and the count of steps."""
    w, m, v, time = state
    loss, g = jax.value_and_grad(loss_of)(w, tokens, following, counts)
    rate, time = RATE * jnp.maximum(1 - time / STEPS, 0), time + 1
    (one, two), each = BETAS, jax.tree.map
    m = each(lambda m, g: one * m + (1 - one) * g, m, g)
    v = each(lambda v, g: two * v + (1 - two) * g * g, v, g)
    unbiased = 1 / (1 - one**time), 1 / (1 - two**time)
    w = each(lambda w, m, v: w - rate * m * unbiased[0] / (jnp.sqrt(v * unbiased[1]) + EPSILON), w, m, v)
    return (w, m, v, time), loss


def train(padded):
    with np.load(FOLDER / "weights.npz") as file:
        w = {name: jnp.asarray(file[name], jnp.float32) for name in file.files}
    state = w, jax.tree.map(jnp.zeros_like, w), jax.tree.map(jnp.zeros_like, w), jnp.zeros((), jnp.float32)
    items = []
    for tokens in NAMES:
        fill = [0] * (BLOCK + 1 - len(tokens)) if padded else []
        row = np.array(tokens + fill, np.int32)
        counts = np.array([1.0] * (len(tokens) - 1) + [0.0] * len(fill), np.float32)
        items.append((row[:-1], row[1:], counts))
    names = itertools.cycle(items)

    def step():
        nonlocal state
        state, loss = update(state, *next(names))
        return jax.block_until_ready((state, loss))[1].item()

    return step


serve({"microgpt": partial(train, False), "padded": partial(train, True)}, f"JAX {jax.__version__}")
