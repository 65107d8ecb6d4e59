"""The steps with JAX: one jitted function, whose parameters are donated (never slower than keeping them).

    python jax_steps.py [synchronous]

JAX hands work to another thread; ``synchronous`` lets the one that calls do it, faster for small work.
"""

import sys
from functools import partial

import jax
import jax.numpy as jnp
from work import CONVOLUTION, DENSE, RATE, convolutional, dense, inputs, serve

jax.config.update("jax_cpu_enable_async_dispatch", "synchronous" not in sys.argv)


def trained(forward, state, case):
    parameters = [jnp.asarray(array) for array in state]
    x, classes = map(jnp.asarray, inputs(case))

    def loss(parameters, x, classes):
        likely = jax.nn.log_softmax(forward(parameters, x))
        return -jnp.take_along_axis(likely, classes[:, None], 1).mean()

    @partial(jax.jit, donate_argnums=0)
    def update(parameters, x, classes):
        value, gradients = jax.value_and_grad(loss)(parameters, x, classes)
        return [p - RATE * g for p, g in zip(parameters, gradients, strict=True)], value

    def step():
        nonlocal parameters
        parameters, value = update(parameters, x, classes)
        return jax.block_until_ready((parameters, value))[1].item()

    return step


def perceptron(parameters, x):
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    weight, bias = layers[-1]
    return x @ weight.T + bias


def images(parameters, x):
    *layers, weight, bias = parameters
    for kernel, shift in zip(layers[::2], layers[1::2], strict=True):
        x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME") + shift[:, None, None]
        x = jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return x.reshape(len(x), -1) @ weight.T + bias


cases = {case: partial(trained, perceptron, dense(case), case) for case in DENSE}
cases |= {case: partial(trained, images, convolutional(), case) for case in CONVOLUTION}
serve(cases, f"JAX {jax.__version__}")
