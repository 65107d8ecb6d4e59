"""One training from start to end: train, save after every epoch, and report."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from nn import (
    Adam,
    Batches,
    Callback,
    CheckpointError,
    History,
    PolynomialLR,
    Training,
    fit,
    load,
    save,
)

from . import report
from .tasks import TASKS, Settings

CHECKPOINT = "checkpoint.safetensors"


class Saving(Callback):
    """After every epoch: keep its numbers, save all that is needed to go on from there, and say so."""

    def __init__(self, path: Path, settings: Settings, schedule: Any, draw: np.random.Generator) -> None:
        self.path, self.settings, self.schedule, self.draw = path, settings, schedule, draw
        self.history = History()
        self.since = time.perf_counter()

    def on_epoch_end(self, training: Training) -> None:
        """Save the epoch.

        Raises
        ------
        FloatingPointError: the loss is no finite number any more; the last good epoch stays saved.
        """
        numbers = {name: values[-1] for name, values in training.history.items()}
        for name in ("loss", "validation_loss"):
            if not math.isfinite(numbers[name]):
                raise FloatingPointError(
                    f"in epoch {self.history.epochs + 1} the loss became {numbers[name]}: "
                    f"name a lower --rate than {self.settings.rate:g}"
                )
        self.history.add(numbers)
        save(
            self.path,
            model=training.model,
            optimizer=training.optimizer,
            schedule=self.schedule,
            rng=self.draw,
            position={"settings": asdict(self.settings), "history": dict(self.history)},
        )
        seconds, self.since = time.perf_counter() - self.since, time.perf_counter()
        line = f"epoch {self.history.epochs}/{self.settings.epochs}  loss {numbers['loss']:.4f}"
        line += f"  test loss {numbers['validation_loss']:.4f}"
        if "validation_accuracy" in numbers:
            line += f"  test accuracy {numbers['validation_accuracy']:.2%}"
        tqdm.write(f"{line}  {seconds:.1f} s", file=sys.stdout)

    def resume(self, model: Any, optimizer: Any) -> None:
        """Go on from the checkpoint: put everything into the state that it was saved in.

        Raises
        ------
        CheckpointError: it is damaged, or of a training with other settings.
        """
        # Settings come first: without them another network would only be said to have other shapes.
        position = load(self.path).position
        here, there = asdict(self.settings), position["settings"]
        other = [name for name, value in here.items() if there.get(name) != value]
        if other:
            differences = "; ".join(f"{name} {there.get(name)} there, {here[name]} here" for name in other)
            options = " ".join(f"--{name} {there.get(name)}" for name in other)
            going_on = "" if "task" in other else f"to go on with it, say {options}; "
            raise CheckpointError(
                f"{self.path} is of another training: {differences}; {going_on}to train anew, name another "
                "--output, or leave out --resume, which replaces it"
            )
        load(self.path, model=model, optimizer=optimizer, schedule=self.schedule, rng=self.draw)
        for name, values in position["history"].items():
            self.history[name] = list(values)


def run(settings: Settings, *, data: Path | None = None, output: Path, resume: bool = False) -> History:
    """Train as the settings say, leave a checkpoint and pictures in a folder, and return the numbers.

    Raises
    ------
    FileNotFoundError: the data are not there; the message says what to install.
    CheckpointError: the checkpoint to go on from is damaged, or of another training.
    FloatingPointError: the loss is no finite number any more.
    """
    job = TASKS[settings.task].job(settings, data)
    output.mkdir(parents=True, exist_ok=True)
    path = output / CHECKPOINT
    model, draw = job.model, np.random.default_rng(settings.seed)
    batches = Batches(*job.data, batch_size=settings.batch, rng=draw)
    optimizer = Adam(model.parameters(), lr=settings.rate, betas=job.betas)
    schedule = PolynomialLR(optimizer, total_iters=settings.epochs * len(batches))
    saving = Saving(path, settings, schedule, draw)
    if resume and path.exists():
        saving.resume(model, optimizer)
        print(f"going on after epoch {saving.history.epochs} of {settings.epochs}")
    elif resume:
        print(f"there is no {path} to go on from: this is a new training")
    elif path.exists():
        print(f"{path} is there from an earlier training, and will be replaced; --resume goes on from it")
    print(f"{settings.task}: {len(job.data[0]):,} to learn from, {len(job.test[0]):,} to be tested on")
    print(f"network {settings.network}, {sum(p.size for p in model.parameters()):,} numbers", flush=True)
    history = fit(
        model,
        batches,
        job.loss,
        optimizer,
        epochs=settings.epochs - saving.history.epochs,
        validation=job.test,
        metrics=job.metrics,
        callbacks=[saving],
        schedule=schedule,
        schedule_every="batch",
        compile=True,
    )
    if history.stopped:
        print(f"stopped: {history.stopped}; with --resume it goes on after epoch {saving.history.epochs}")
    report.write(output, job, saving.history, np.random.default_rng(settings.seed))
    return saving.history
