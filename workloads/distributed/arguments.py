"""What a training on several hosts is asked, and its options."""

import argparse
from dataclasses import dataclass

from workloads import options as values
from workloads.collectives import session
from workloads.fashion_mnist.data import TRAINING_IMAGES
from workloads.result import TrainingArguments
from workloads.workload import Common

MOST_EPOCHS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributedArguments(TrainingArguments):
    """`batch_size` is that of all hosts together."""

    checkpoints: str
    """A folder that all hosts see; empty: none are written."""
    checkpoint_seconds: int
    alone_seconds: int
    min_efficiency: float
    tasks: int
    join_seconds: int
    silence_seconds: int
    stall_seconds: int

    @property
    def identity(self) -> str:
        """What tells this training from any other: a checkpoint of another is not taken. On how many hosts it runs does not matter."""
        return f"seed {self.seed}, batches of {self.batch_size}, {self.epochs} epochs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    add = parser.add_argument
    add("--epochs", type=values.whole(1, MOST_EPOCHS), default=4, metavar="N", help="passes over the images")
    add(
        "--batch-size",
        type=values.whole(1, TRAINING_IMAGES),
        default=256,
        metavar="N",
        help="images per step, of all hosts together",
    )
    add("--min-accuracy", type=values.share, default=0.85, metavar="X", help="test accuracy to reach, 0 to 1")
    add(
        "--checkpoints",
        type=lambda text: str(values.folder(text)),
        default="",
        metavar="DIR",
        help="folder that all hosts see; the newest whole checkpoint in it is resumed from",
    )
    add(
        "--checkpoint-seconds",
        type=values.whole(1, 86_400),
        default=60,
        metavar="N",
        help="between checkpoints; one more comes after each epoch, and on SIGTERM",
    )
    add(
        "--alone-seconds",
        type=values.whole(1, 600),
        default=5,
        metavar="N",
        help="for which each host trains by itself before, to be compared with",
    )
    add(
        "--min-efficiency",
        type=values.share,
        default=0.0,
        metavar="X",
        help="images/s together, as a share of what the hosts do each by itself; 0: it is told and not judged",
    )
    session.add_options(parser)


def arguments(options: argparse.Namespace, common: Common) -> DistributedArguments:
    """What was asked."""
    return DistributedArguments(
        **common,
        **session.asked(options),
        epochs=options.epochs,
        batch_size=options.batch_size,
        min_accuracy=options.min_accuracy,
        checkpoints=options.checkpoints,
        checkpoint_seconds=options.checkpoint_seconds,
        alone_seconds=options.alone_seconds,
        min_efficiency=options.min_efficiency,
    )
