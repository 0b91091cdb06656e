"""Print the result of a command: a few lines for people, or one JSON document on standard output."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from orchestrator.answer import stack_rows, subject
from orchestrator.errors import ExitCode
from orchestrator.models import (
    TRAINING,
    Bill,
    Host,
    Offer,
    Plan,
    Receipt,
    ReceiptLine,
    Verdict,
    WorkloadRequest,
)
from orchestrator.providers.base import NOT_ASKED

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.pipeline import Outcome


def print_plan(plan: Plan, *, as_json: bool) -> int:
    """Show what `up` would do."""
    if as_json:
        return print_json(plan)
    click.echo(cost_line(plan))
    for host in plan.hosts:
        click.echo(f"  host      {host.name}  {host.distribution}")
    for offer in plan.offers:
        state = "" if offer.available else f" — not to be had: {offer.reason}"
        click.echo(f"  from      {offer.description}, {_offer_price(offer)}{state}")
    for extra in plan.extras:
        kept = (
            "until `down`, also while the host is stopped" if extra.while_stopped else "while the host runs"
        )
        click.echo(f"  beside    {extra.what}, ${extra.usd_per_hour:.4f} an hour each, {kept}")
    for made in plan.makes:
        click.echo(f"  makes     {made}")
    _print_cluster(plan)
    _print_stacks(plan)
    click.echo(f"  roles     {', '.join(plan.roles)}")
    for note in plan.notes:
        click.echo(f"  note      {note}")
    for key, value in plan.role_vars.items():
        click.echo(f"  variable  {key}: {_truncated(value)}")
    for request in plan.workloads:
        click.echo(f"  validate  {request.workload} on {request.device}{_asked(request)}")
    for request in plan.cluster.workloads if plan.cluster else ():
        click.echo(f"  validate  {request.workload} on all hosts at once{_asked(request)}")
    return ExitCode.OK


def _asked(request: WorkloadRequest) -> str:
    if request.workload == TRAINING:
        return f", {request.epochs} epochs, accuracy {request.min_accuracy:g} or better"
    return "".join(f", {name} {value}" for name, value in request.options)


def cost_line(plan: Plan) -> str:
    """The fleet and what it costs: by the hour, and at the most."""
    where = f"{plan.cloud}, rehearsed on this computer" if plan.rehearsed else plan.cloud
    prepaid = any(offer.prepaid for offer in plan.offers)
    price = "hours paid for in advance" if prepaid else _price(plan.price_usd_per_hour)
    if prepaid and plan.most_usd:
        price = f"{price}, disks and addresses at most ${plan.most_usd:.2f}"
    if plan.rehearsed and plan.price_usd_per_hour:
        price = f"{price} if it were real"
    if plan.price_usd_per_hour:
        beside = " with disks and addresses" if plan.extras else ""
        most = (
            f"at most ${plan.most_usd:.2f}{beside}" if plan.most_usd else "without any limit: set `limits:`"
        )
        price = f"{price}, {most}"
    return f"fleet {plan.fleet} on {where}, {price}"


def print_outcome(outcome: "Outcome", *, as_json: bool) -> int:
    """Say what `up` or `validate` came to; exit code 1 unless it is PASS or nothing was to be proved."""
    certificate = outcome.record.certificate if outcome.record else None
    if as_json:
        print_json(
            {
                "certificate": certificate,
                "report": outcome.paths,
                "hosts": outcome.hosts,
                "converge": outcome.converged,
                "phases": outcome.phases,
            }
        )
    else:
        _print_recaps(outcome)
        if outcome.record and outcome.paths:
            from orchestrator.stages.report import summary_lines

            for line in summary_lines(outcome.record, outcome.paths.html):
                click.echo(line)
        else:
            click.echo(f"{_host_names(outcome.hosts)} up, not validated")
    passed = certificate is None or certificate.verdict is Verdict.PASS
    return ExitCode.OK if passed else ExitCode.CHECKS_FAILED


def print_receipt(receipt: Receipt, ended: "Path | None", *, as_json: bool) -> int:
    """Print the receipt; exit code 3 when something is left."""
    if as_json:
        print_json(receipt)
    else:
        print_receipt_lines(receipt.lines)
        print_bill(receipt.bill)
        if receipt.all_gone:
            click.echo(
                f"nothing is left of fleet {receipt.fleet}" + (f"; its record is in {ended}" if ended else "")
            )
        else:
            click.echo("not everything is gone\n  try: repeat the command", err=True)
    return ExitCode.OK if receipt.all_gone else ExitCode.PROVIDER


def print_changes(lines: tuple[ReceiptLine, ...], fleet: str, *, as_json: bool) -> int:
    """Say what was stopped or started; exit code 3 when a place could not be asked that may have hosts of the fleet."""
    skipped_regions = any(line.resource.state == NOT_ASKED for line in lines)
    code = ExitCode.PROVIDER if skipped_regions else ExitCode.OK
    if as_json:
        print_json(lines)
        return code
    for line in lines:
        click.echo(f"{line.resource.state:9}  {line.resource.kind:9}  {line.resource.name}  ({line.proof})")
    if not lines:
        click.echo(f"fleet {fleet}: nothing to do")
    return code


def print_receipt_lines(lines: Iterable[ReceiptLine]) -> None:
    """Each resource, whether it is gone, and the proof."""
    for line in lines:
        state = "gone" if line.gone else "LEFT"
        click.echo(f"{state}  {line.resource.kind:9}  {line.resource.name}  ({line.proof}){_hours(line)}")


def print_bill(bill: Bill | None) -> None:
    """What rented hosts did and cost, to the last one that ended."""
    if bill is None:
        return
    from orchestrator.ledger import bill_lines

    for line in bill_lines(bill):
        click.echo(line)


def print_rows(rows: Iterable[tuple[str, str]], *, indent: str = "  ") -> None:
    """Print names and values below each other, aligned."""
    rows = tuple(rows)
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        click.echo(f"{indent}{name:{width}}  {value}")


def table_lines(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def print_json(value: object) -> int:
    """Print one JSON document."""
    from pydantic import TypeAdapter

    click.echo(TypeAdapter(Any).dump_json(value, indent=2).decode())
    return ExitCode.OK


def _print_cluster(plan: Plan) -> None:
    if plan.cluster is None:
        return
    count = len(plan.cluster.compute)
    computing = f"{count} {'host computes' if count == 1 else 'hosts compute'}"
    click.echo(
        f"  cluster   Slurm's controller on {plan.cluster.controller}, {computing}, all see {plan.cluster.shared_folder}"
    )


def _print_stacks(plan: Plan) -> None:
    """Once for hosts that are alike."""
    hosts: dict[str, list[str]] = {}
    rows = {}
    for host, stack in plan.stacks.items():
        what = subject(stack.hardware)
        hosts.setdefault(what, []).append(host)
        rows[what] = stack_rows(stack)
    for what, names in hosts.items():
        click.echo(f"  stack     for {', '.join(names)}: {what}")
        print_rows(rows[what], indent=" " * 12)


def _print_recaps(outcome: "Outcome") -> None:
    if outcome.converged:
        for recap in outcome.converged.recaps:
            untouched = recap.host in outcome.converged.unchanged
            behind = "  as the roles left it (--full applies them anyway)" if untouched else ""
            click.echo(f"{recap.host}  ok={recap.ok} changed={recap.changed} failed={recap.failed}{behind}")


def _host_names(hosts: tuple[Host, ...]) -> str:
    verb = "is" if len(hosts) == 1 else "are"
    return f"{', '.join(host.name for host in hosts)} {verb}"


def _offer_price(offer: Offer) -> str:
    return (
        "nothing more to pay for its hours" if offer.prepaid else f"{_price(offer.price_usd_per_hour)} each"
    )


def _price(usd_per_hour: float) -> str:
    return f"${usd_per_hour:.2f} an hour" if usd_per_hour else "free of charge"


def _hours(line: ReceiptLine) -> str:
    if line.hours is None or line.cost_usd is None:
        return ""
    from orchestrator.ledger import dollars

    most = "at most " if line.at_most else ""
    return f"  {most}{line.hours:.2f} h, {dollars(line.cost_usd)}"


def _truncated(value: object, limit: int = 60) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
