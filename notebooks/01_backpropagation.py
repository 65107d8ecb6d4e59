# %% [markdown]
# # Backpropagation, one neuron at a time
#
# A neural network learns by asking one question over and over: *if I moved this number a little, how would
# the result move?* The answer is a derivative, and **backpropagation** is the way to find all of them at
# once.
#
# There is no magic in it. By the end of this lesson you will have worked out every gradient of a neuron
# with pencil and paper, let the machine do the same, and caught it being right.
#
# You need a little Python, and from school that the derivative of a function is its slope. Each cell runs
# on its own in a blink, so change the numbers as you go. That is what they are for.

# %% [markdown]
# ## 1. A number that remembers
#
# `Value` wraps a single number. It computes as numbers do, and it also remembers where it came from: which
# operation made it, and from what.

# %%
from autograd import Value

a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = a * b
c

# %%
c.op, c.parents

# %% [markdown]
# That memory is all we need. The multiplication knows its two inputs, each input would know its own, and so
# on back to the numbers that we typed in: the *leaves*. Together they are a **graph**.

# %% [markdown]
# ## 2. The neuron
#
# A neuron takes some inputs, multiplies each by a *weight*, adds a *bias*, and squashes the sum with a
# curve, here the hyperbolic tangent:
#
# $$y = \tanh(w_1 x_1 + w_2 x_2 + b)$$
#
# Let us write it exactly so, one operation a line, and give every step a name.

# %%
from autograd import tanh

x1, x2 = Value(1.5, label="x1"), Value(-2.0, label="x2")
w1, w2 = Value(0.8, label="w1"), Value(0.5, label="w2")
b = Value(-0.3, label="b")

p1 = w1 * x1
p2 = w2 * x2
s = p1 + p2
n = s + b
y = tanh(n)

for node, name in ((p1, "p1"), (p2, "p2"), (s, "s"), (n, "n"), (y, "y")):
    node.label = name
    print(f"{name:2} = {node.data:+.4f}")

# %% [markdown]
# Those five lines were the **forward pass**: from the inputs to the output. Here is the graph that they
# left behind. A rounded box is a leaf, a square one an operation. Follow the arrows from left to right and
# do the sums in your head as you pass.

# %%
from viz import draw

draw(y)

# %% [markdown]
# Every box has a line `grad`, and a dash in it: nobody has asked for the gradients yet.

# %% [markdown]
# ## 3. Backwards, with pencil and paper
#
# The *gradient* of a box is the slope of `y` with respect to the number in it: $\partial y /
# \partial(\text{box})$. We go from right to left, and at each box we need two things only:
#
# - the gradient that has already arrived at the box, and
# - the **local derivative** of its operation, which knows nothing of the rest of the graph.
#
# Multiply the two and you have the gradient of the box before. That is the **chain rule**.
#
# Start at the end. How much does `y` move if `y` moves? Exactly as much:

# %%
grad_y = 1.0

# %% [markdown]
# **Through the tanh.** The slope of $y = \tanh(n)$ is $1 - y^2$: steep in the middle, flat at both ends. If
# you do not remember the rule, ask the rule book. It is the same one that the machine will read.

# %%
from autograd import derivatives

print(*derivatives("tanh", n=n.data))

# %%
grad_n = grad_y * (1 - y.data**2)
grad_n

# %% [markdown]
# **Through an addition.** In $n = s + b$, if `s` grows by a little, `n` grows by just as much. Both local
# derivatives are 1, so an addition simply hands its gradient on, the same to each side.

# %%
print(*derivatives("add", s=s.data, b=b.data), sep="\n")

# %%
grad_s, grad_b = grad_n * 1.0, grad_n * 1.0
grad_p1, grad_p2 = grad_s * 1.0, grad_s * 1.0

# %% [markdown]
# **Through a multiplication.** In $p_1 = w_1 x_1$, a small move of $w_1$ is stretched by $x_1$, and the
# other way round. Each factor's local derivative is *the other factor*.

# %%
print(*derivatives("mul", w1=w1.data, x1=x1.data), sep="\n")

# %%
grad_w1, grad_x1 = grad_p1 * x1.data, grad_p1 * w1.data
grad_w2, grad_x2 = grad_p2 * x2.data, grad_p2 * w2.data

by_hand = {"x1": grad_x1, "x2": grad_x2, "w1": grad_w1, "w2": grad_w2, "b": grad_b}
for name, gradient in by_hand.items():
    print(f"dy/d{name:2} = {gradient:+.6f}")

# %% [markdown]
# Look at `w2`: its gradient is negative, because it is multiplied by the negative input $x_2 = -2$. To make
# `y` larger you would turn `w1` up and `w2` *down*. A neuron that learns does precisely this.

# %% [markdown]
# ## 4. Backwards, by machine
#
# One call does all of what we have just done: it walks the graph from `y` to the leaves, youngest box
# first, and multiplies by one local derivative for each arrow.

# %%
y.backward()
draw(y)

# %% [markdown]
# The dashes are gone. Under each gradient is a bar: blue to the left for negative, orange to the right for
# positive. Does the machine agree with the pencil?

# %%
leaves = [x1, x2, w1, w2, b]
for leaf in leaves:
    print(f"{leaf.label:2}  by hand {by_hand[leaf.label]:+.6f}   by machine {leaf.grad:+.6f}")
    assert abs(leaf.grad - by_hand[leaf.label]) < 1e-12

# %% [markdown]
# ## 5. Is it true? Ask the function itself
#
# The pencil and the machine used the same rules, so perhaps they make the same mistake. Here is a check
# that knows no rules at all. A slope is how much the result changes when an input changes, so change the
# input, a little up and a little down, and look:
#
# $$\frac{\partial y}{\partial w} \approx \frac{y(w + h) - y(w - h)}{2h}$$
#
# These are **finite differences**. They are slow, two forward passes for each number, and never quite
# exact. But they cannot be fooled, and that makes them the judge.

# %%
import math


def forward(x1, x2, w1, w2, b):
    """The neuron once more, in plain Python numbers."""
    return math.tanh(w1 * x1 + w2 * x2 + b)


numbers = [leaf.data for leaf in leaves]
h = 1e-6
for position, leaf in enumerate(leaves):
    up, down = list(numbers), list(numbers)
    up[position] += h
    down[position] -= h
    difference = (forward(*up) - forward(*down)) / (2 * h)
    print(f"{leaf.label:2}  backward {leaf.grad:+.9f}   difference {difference:+.9f}")
    assert abs(leaf.grad - difference) < 1e-8

# %% [markdown]
# They agree to nine digits for every leaf. Backpropagation is not an approximation. It is the same
# derivative, found by multiplying slopes instead of by trying.
#
# It is also much cheaper. Differences need two forward passes *for each number*; backward needs one walk
# *for all of them*. With five numbers, who cares. A large network has billions, and this one fact is why it
# can be trained.

# %% [markdown]
# ## 6. When a number is used twice
#
# In $a \cdot a$ there are two arrows from `a`. Each of them passes a gradient back, and the two are
# **added**: a small move of `a` moves the result along both ways at once.

# %%
a = Value(3.0, label="a")
square = a * a
square.backward()
print(a.grad, "is 3 along one arrow and 3 along the other: the familiar 2a")
draw(square)

# %% [markdown]
# Adding also happens from one `backward` to the next: gradients **accumulate** until you say otherwise.
# This is what you want when a batch of examples is done in pieces, and it is what you forget exactly once.

# %%
(a * a).backward()
print("after a second backward:", a.grad)
a.zero_grad()
print("after zero_grad:", a.grad)

# %% [markdown]
# ## 7. The same neuron, ready made
#
# `nn.Neuron` is what we have built, with random weights to start from. Give it ours:

# %%
from nn import Neuron

neuron = Neuron(2, "tanh", rng=0)
neuron.weights[0].data = w1.data
neuron.weights[1].data = w2.data
neuron.bias.data = b.data

out = neuron([x1.data, x2.data])
out.backward()
draw(out)

# %%
assert math.isclose(out.data, y.data)
for parameter, ours in zip(neuron.parameters(), (w1, w2, b), strict=True):
    print(f"{parameter.label:2}  nn.Neuron {parameter.grad:+.6f}   ours {ours.grad:+.6f}")
    assert math.isclose(parameter.grad, ours.grad)

# %% [markdown]
# The graph is smaller because the sum of products $w \cdot x + b$ is one box here, `w·x + b`. It is the
# same arithmetic in fewer steps, so the gradients are the same too.

# %% [markdown]
# ## 8. The same neuron, as an array
#
# A `Tensor` is a `Value` that holds a whole array, and the rules are the very same: they are written once,
# for both. With `@`, the product of vectors, our neuron is one line.

# %%
from autograd import Tensor

w = Tensor([w1.data, w2.data], requires_grad=True, label="w")
x = Tensor([x1.data, x2.data], requires_grad=True, label="x")
bias = Tensor(b.data, requires_grad=True, label="b")

out = tanh(w @ x + bias)
out.backward()
draw(out)

# %%
import numpy as np

print("w.grad", w.grad)
print("x.grad", x.grad)
np.testing.assert_allclose(w.grad, [w1.grad, w2.grad])
np.testing.assert_allclose(x.grad, [x1.grad, x2.grad])
np.testing.assert_allclose(bias.grad, b.grad)

# %% [markdown]
# Six boxes instead of ten, and the same numbers in them. Real networks are made of these, because one
# array operation does the work of thousands of single ones.

# %% [markdown]
# ## 9. What gradients are for
#
# Suppose that for this input we would like the neuron to say `0.5`. Call the square of how far off it is
# the **loss**. Its gradients tell each weight which way is up, so step a little the *other* way. Then do it
# again.

# %%
target, rate = 0.5, 0.1
for step in range(8):
    loss = (neuron([1.5, -2.0]) - target) ** 2
    for parameter in neuron.parameters():
        parameter.zero_grad()
    loss.backward()
    for parameter in neuron.parameters():
        parameter.data = parameter.data - rate * parameter.grad
    print(f"step {step}: loss {loss.data:.6f}")

print(f"the neuron now says {neuron([1.5, -2.0]).data:.4f}")

# %% [markdown]
# That loop is the whole of learning: forward, backward, a small step downhill. Everything else, from
# reading handwritten digits to writing text, is this with more numbers.
#
# ## Try it yourself
#
# 1. Set `w1` to 8 in section 2 and run the lesson again. Nearly all gradients vanish. Which local
#    derivative is to blame? (Look at the flat ends of tanh.)
# 2. In a new cell, build the neuron again with `relu` instead of `tanh`: 0 for negative numbers, the number
#    itself otherwise. What are its gradients, and why can it learn nothing from this input?
# 3. In section 5 make `h` larger, and then very small: `1e-1`, `1e-12`. Why do both make the difference
#    worse?
# 4. Delete the lines with `zero_grad` in section 9. What does the loss do?
