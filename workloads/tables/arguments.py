"""What a workload that learns from a table is asked on top, and the options that ask for it. Pure, but for looking whether a path is there."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workloads import options as values
from workloads.result import Arguments
from workloads.workload import Common

MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TableArguments(Arguments):
    """What is asked of a training on a table."""

    epochs: int
    batch_size: int
    data: str
    """Absolute path of a folder, a zip, a CSV or a gzipped one; empty: where Keras looks."""
    mirror: str
    """Address of a zip, a CSV or a gzipped one; empty for none."""
    data_sha256: str
    """Of the file that is read, or of the training table in it; empty: whatever is there is taken."""
    synthetic: int | None
    """How many rows to make up in place of real ones."""
    limit: int | None
    """How many rows to use at most, drawn with the seed."""

    @property
    def sizes(self) -> tuple[str, ...]:
        """With the rows that are in memory at once."""
        rows = (f"{self.limit} rows",) if self.limit else ()
        return (*super(TableArguments, self).sizes, f"batch size {self.batch_size}", *rows)


def add_table_options(parser: argparse.ArgumentParser, *, table: str, epochs: int, batch_size: int) -> None:
    """Adds those of every such workload.

    Args:
        parser: of the workload.
        table: file name of the training table, for the help.
        epochs: as many when nothing is said.
        batch_size: as many rows in a step when nothing is said.
    """
    add = parser.add_argument
    add("--epochs", type=values.whole(1, 10_000), default=epochs, metavar="N", help="passes over the rows")
    add("--batch-size", type=values.whole(1, MOST_ROWS), default=batch_size, metavar="N", help="rows a step")
    add(
        "--limit",
        type=values.whole(20, MOST_ROWS),
        metavar="N",
        help="rows to use at most, drawn with the seed",
    )
    add(
        "--data-sha256",
        type=values.checksum,
        metavar="HEX",
        help=f"of the file that is read, or of the {table} in it; another fails data_verified",
    )
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--data",
        type=existing,
        metavar="PATH",
        help=f"folder or zip with {table}, or that file itself, also gzipped; without it where Keras keeps data sets",
    )
    places.add_argument(
        "--mirror", type=values.web_address, metavar="URL", help="of such a file; needs --data-sha256"
    )
    places.add_argument(
        "--synthetic",
        type=values.whole(20, MOST_ROWS),
        metavar="N",
        help="make up N rows of the same format: shows that everything works, and nothing about the real ones",
    )


def table_fields(options: argparse.Namespace, common: Common) -> dict[str, Any]:
    """The fields of `TableArguments`, as keywords.

    Raises:
        argparse.ArgumentTypeError: the options do not go together.
    """
    if options.mirror and not options.data_sha256:
        raise argparse.ArgumentTypeError(
            "--mirror needs --data-sha256: what comes over the network is read only if it is known"
        )
    if options.synthetic is not None and options.data_sha256:
        raise argparse.ArgumentTypeError("--synthetic makes its rows up: there is no --data-sha256 of them")
    texts = {name: getattr(options, name) or "" for name in ("data", "mirror", "data_sha256")}
    numbers = {name: getattr(options, name) for name in ("epochs", "batch_size", "synthetic", "limit")}
    return {**common, **texts, **numbers}


def existing(text: str) -> str:
    """The absolute path of what is there."""
    path = Path(text).expanduser().absolute()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} is not there")
    return str(path)
