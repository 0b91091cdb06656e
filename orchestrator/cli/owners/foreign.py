"""What is said of fleets that carry somebody else's mark. Changes nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from orchestrator.models import ForeignFleet


def lines(found: "ForeignFleet") -> tuple[str, ...]:
    """Whose it is, since when, what it costs, and what is there."""
    since = f", since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else ""
    price = f", ${found.usd_per_hour:.3f} an hour" if found.usd_per_hour else ""
    return (
        f"fleet {found.fleet} of owner {found.owner}{since}{price}",
        *(f"  {each.kind:9}  {each.name}  {each.state}" for each in found.resources),
    )


def print_foreign(found: "Iterable[ForeignFleet]") -> None:
    """Say what of the same name is somebody else's, on standard error."""
    for each in found:
        for line in lines(each):
            click.echo(line, err=True)
        click.echo(
            f"  it is left alone; should it be yours, its state folder lost\n  try: orchestrate adopt {each.fleet}",
            err=True,
        )
