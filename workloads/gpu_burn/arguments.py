"""What the load is asked, and its options."""

import argparse
from dataclasses import dataclass

from workloads import options as values
from workloads.gpu_burn.engines.engine import FORMATS
from workloads.gpu_burn.load.products import CPU_SIZE
from workloads.result import Arguments
from workloads.workload import Common

CPU_MEMORY_MIB = 64
"""A load for the CPU shows that all is verified: it is no test of the host's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnArguments(Arguments):
    """Figures and words only: what a result carries as arguments."""

    seconds: float
    """Of products, all formats together, on all devices at the same time."""
    precisions: str
    """Formats with commas between; empty for those that framework and card can."""
    memory_share: float
    """Of each card's free memory, for the patterns; 0 leaves them out."""
    size: int
    """Rows and columns of the factors; 0: chosen by how fast the device is."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Those that are named."""
        return tuple(self.precisions.split(",")) if self.precisions else ()

    @property
    def sizes(self) -> tuple[str, ...]:
        """What decides how much memory is taken."""
        size = (f"matrices of {self.size}",) if self.size else ()
        return (*super(BurnArguments, self).sizes, *size, f"memory share {self.memory_share:g}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    add = parser.add_argument
    add(
        "--seconds",
        type=values.whole(1, 86400),
        default=60,
        metavar="N",
        help="of products, all formats together",
    )
    add(
        "--precisions",
        type=precisions,
        default="",
        metavar="NAME,...",
        help=f"of {', '.join(FORMATS)}; without it those that framework and card can",
    )
    add(
        "--memory-share",
        type=values.share,
        default=0.8,
        metavar="X",
        help=f"of each card's free memory for the patterns, 0 for none; at most {CPU_MEMORY_MIB} MiB on the CPU",
    )
    add(
        "--size",
        type=values.whole(0, 32768),
        default=0,
        metavar="N",
        help=f"rows and columns of the factors; 0: by the speed of the card, {CPU_SIZE} on the CPU",
    )


def arguments(options: argparse.Namespace, common: Common) -> BurnArguments:
    """What was asked."""
    return BurnArguments(
        **common,
        seconds=options.seconds,
        precisions=options.precisions,
        memory_share=options.memory_share,
        size=options.size,
    )


def precisions(text: str) -> str:
    """For the command line: names of formats, each once, with commas between."""
    names = text.split(",") if text else []
    unknown = [name for name in names if name not in FORMATS]
    if unknown or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not made of {', '.join(FORMATS)}, each once, with commas between"
        )
    return text
