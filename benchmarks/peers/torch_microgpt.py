"""The tiny GPT with PyTorch, eager: one step a name, from the weights and the names in the folder named."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from work import serve

torch.set_num_threads(1)
FOLDER = Path(sys.argv[1])
NAMES = json.loads((FOLDER / "names.json").read_text())
STEPS, RATE = 1000, 0.01
HEADS, SIZE = 4, 4


def train():
    with np.load(FOLDER / "weights.npz") as file:
        w = {name: torch.nn.Parameter(torch.tensor(file[name], dtype=torch.float32)) for name in file.files}
    query, key, value, output = (w[f"layers.0.{name}"] for name in ("query", "key", "value", "output"))
    optimizer = torch.optim.Adam(w.values(), lr=RATE, betas=(0.85, 0.99))
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=STEPS)

    def normalized(x):
        return F.rms_norm(x, (x.shape[-1],), eps=1e-5)

    def loss(tokens):
        x = normalized(F.embedding(tokens[:-1], w["token"]) + w["place"][: len(tokens) - 1])
        a = normalized(x)
        q, k, v = ((a @ matrix).view(-1, HEADS, SIZE).transpose(0, 1) for matrix in (query, key, value))
        gathered = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (heads, places, size)
        x = x + gathered.transpose(0, 1).reshape(x.shape) @ output
        x = x + F.relu(normalized(x) @ w["layers.0.wide"]) @ w["layers.0.narrow"]
        return F.cross_entropy(x @ w["head"], tokens[1:])

    names = iter([torch.tensor(tokens) for tokens in NAMES] * 100)

    def step():
        now = loss(next(names))
        optimizer.zero_grad()
        now.backward()
        optimizer.step()
        schedule.step()
        return now.item()

    return step


serve({"microgpt": train}, f"PyTorch {torch.__version__}")
