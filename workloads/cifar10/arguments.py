"""What `cifar10` is asked, and its options. Pure."""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workloads import options as values
from workloads.cifar10.configurations import ALL, DEFAULT
from workloads.result import TrainingArguments
from workloads.workload import Common

TRAINING_IMAGES = 50_000
_NAME = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cifar10Arguments(TrainingArguments):
    """On top of what every training is asked."""

    target_accuracy: float
    """Test accuracy, 0..1, up to which the time is taken; a training ends when it is reached."""
    configurations: tuple[str, ...]
    """Names, or `default`, `all`."""
    limit: int | None
    """Images to train on, and at most as many to test on; None for all."""
    synthetic: int | None
    """Pictures made on the spot instead of the data set, so many to train on; None: the data set."""
    data: str
    """The archive, or a folder with it; empty for Keras' own places."""
    data_sha256: str
    """Of the archive that is meant; empty for a published one."""
    mirror: str
    """Where it is fetched from; empty for its authors' server."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    add = parser.add_argument
    images = TRAINING_IMAGES
    add(
        "--configurations",
        type=_names,
        default=(DEFAULT,),
        metavar="default|all|NAME,…",
        help="what is measured; a wrong name is answered with those that this host has",
    )
    add(
        "--epochs",
        type=values.whole(1, 1000),
        default=10,
        metavar="N",
        help="passes over the images, at most",
    )
    add("--batch-size", type=values.whole(1, images), default=64, metavar="N", help="images per step")
    add(
        "--target-accuracy",
        type=values.share,
        default=0.6,
        metavar="X",
        help="test accuracy up to which the time is taken, 0 to 1; training ends there",
    )
    add("--min-accuracy", type=values.share, default=0.5, metavar="X", help="test accuracy to reach, 0 to 1")
    add("--limit", type=values.whole(1, images), metavar="N", help="images; without it all")
    add(
        "--synthetic",
        type=values.whole(10, images),
        metavar="N",
        help="train on so many pictures made on the spot, for a look at speeds without the data set",
    )
    add("--data", type=Path, metavar="PATH", help="the archive, or a folder with it")
    add(
        "--data-sha256",
        type=values.checksum,
        metavar="HEX",
        help="of the archive that is meant, where that is no published one",
    )
    add("--mirror", type=values.web_address, metavar="URL", help="fetch the archive from there")


def arguments(options: argparse.Namespace, common: Common) -> Cifar10Arguments:
    """From all options."""
    return Cifar10Arguments(
        **common,
        epochs=options.epochs,
        batch_size=options.batch_size,
        min_accuracy=options.min_accuracy,
        target_accuracy=options.target_accuracy,
        configurations=options.configurations,
        limit=options.limit,
        synthetic=options.synthetic,
        data=str(options.data or ""),
        data_sha256=options.data_sha256 or "",
        mirror=options.mirror or "",
    )


def _matching(pattern: "re.Pattern[str]", what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return text

    return parse


def _names(text: str) -> tuple[str, ...]:
    name = _matching(_NAME, f"{DEFAULT}, {ALL} or the name of a configuration")
    return tuple(name(part) for part in text.split(","))
