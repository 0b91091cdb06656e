"""The answer of `fit` in lines or as JSON. Decides nothing but the exit code."""

from dataclasses import asdict, dataclass

import click

from orchestrator.cli.render import print_json, print_rows
from orchestrator.errors import ExitCode
from orchestrator.fit.machine.machine import Check, State
from orchestrator.fit.memory.estimate import Part
from orchestrator.fit.memory.market import FittingCard, FittingType
from orchestrator.fit.memory.room import MIB
from orchestrator.fit.memory.verdict import MemoryAnswer, Training, Verdict
from orchestrator.models import Framework

SHOWN = 5
"""Cards and types that a terminal shows; JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that is said."""

    training: Training | None
    gpu: str
    """Empty where no card was named."""
    count: int
    framework: Framework
    memory: MemoryAnswer | None
    cards: tuple[FittingCard, ...]
    types: tuple[FittingType, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Of memory and machine together; what was not asked does not count."""
        states = {check.state for check in self.checks}
        too_large = (
            self.memory.verdict is Verdict.TOO_LARGE
            if self.memory
            else bool(self.training and not self.gpu and not self.cards)
        )
        if State.FAILED in states or too_large:
            return Verdict.TOO_LARGE
        if State.UNKNOWN in states or (self.memory and self.memory.verdict is Verdict.CLOSE):
            return Verdict.CLOSE
        return Verdict.FITS


def print_answer(answer: Answer, *, as_json: bool) -> int:
    """Print it; exit code 1 unless it fits."""
    if as_json:
        print_json(_document(answer))
    else:
        click.echo(_headline(answer))
        _print_memory(answer)
        _print_checks(answer.checks)
        for note in answer.notes:
            click.echo(f"note: {note}")
        if next_step := _next_step(answer):
            click.echo(f"next: {next_step}")
    return ExitCode.OK if answer.verdict is Verdict.FITS else ExitCode.CHECKS_FAILED


def _headline(answer: Answer) -> str:
    named = f"{answer.count} x {answer.gpu}" if answer.count > 1 else answer.gpu
    machine = _about_machine(answer.checks)
    if answer.training is None:
        return f"{answer.verdict}: {named}; {machine}"
    batch = f"{answer.training.workload.name} at batch size {answer.training.batch}"
    if answer.memory is None:
        smallest = answer.cards[0].gpu if answer.cards else ""
        found = (
            f"the smallest card for it is {smallest}"
            if smallest
            else "no single card of the catalog is large enough"
        )
        return f"{answer.verdict}: {batch}, {found}"
    memory = answer.memory
    each = " each" if answer.count > 1 else ""
    measure = ", which only measuring can tell" if memory.verdict is Verdict.CLOSE else ""
    said = f"{batch} needs {_gib(memory.needed)} (±{memory.margin:.0%}) of {_gib(memory.room.usable)} that {named} has for it{each}{measure}"
    return f"{answer.verdict}: {said}{f'; {machine}' if machine else ''}"


def _about_machine(checks: tuple[Check, ...]) -> str:
    for state, words in ((State.FAILED, "not enough"), (State.UNKNOWN, "to be looked up")):
        names = [check.name for check in checks if check.state is state]
        if names:
            return f"of the machine {words}: {', '.join(names)}"
    return "the machine is enough" if checks else ""


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB"


def _print_memory(answer: Answer) -> None:
    if answer.training is None:
        return
    if answer.memory:
        click.echo("memory of a card, MiB")
        _print_parts(
            (*answer.memory.parts, Part(name="needed", bytes=answer.memory.needed, basis="all of the above"))
        )
        card = Part(name="card", bytes=answer.memory.room.total_mib * MIB, basis=answer.memory.room.gpu)
        _print_parts(
            (
                card,
                *answer.memory.room.withheld,
                Part(name="usable", bytes=answer.memory.room.usable, basis="what is left"),
            )
        )
        print_rows((("largest batch", _batches(answer.memory)),))
    rows = [
        ("card", f"{each.gpu}, {each.memory_mib} MiB: up to batch size {each.largest_batch}")
        for each in answer.cards[:SHOWN]
    ]
    rows += [
        (
            "rent",
            f"{each.instance_type}, {each.cards} x {each.gpu}, ${each.usd_per_hour:.3f} an hour ({each.price_date}): up to batch size {each.largest_batch}",
        )
        for each in answer.types[:SHOWN]
    ]
    if rows:
        click.echo(
            f"it fits {len(answer.cards)} cards and {len(answer.types)} EC2 types of the catalog, the smallest and cheapest first"
        )
        print_rows(rows)


def _batches(memory: MemoryAnswer) -> str:
    if not memory.largest_batch:
        by = f"; by the estimate alone {memory.largest_by_estimate}" if memory.largest_by_estimate else ""
        return f"none with {memory.margin:.0%} to spare{by}"
    eight = f", {memory.multiple_of_8} as a multiple of 8" if memory.multiple_of_8 else ""
    return f"{memory.largest_batch} with {memory.margin:.0%} to spare{eight}, {memory.power_of_2} as a power of 2; {memory.largest_by_estimate} if the estimate is exact"


def _print_parts(parts: tuple[Part, ...]) -> None:
    width = max(len(part.name) for part in parts)
    for part in parts:
        click.echo(f"  {part.name:{width}}  {part.bytes / MIB:>9,.0f}  {part.basis}")


def _print_checks(checks: tuple[Check, ...]) -> None:
    if checks:
        click.echo("the machine")
    for check in checks:
        click.echo(f"  {check.state:7}  {check.name}: has {check.have}; needs {check.need}")
        if check.reason and check.state is not State.OK:
            click.echo(f"  {'':7}  {check.reason}")
        if check.buy:
            click.echo(f"  {'':7}  buy: {check.buy}")


def _next_step(answer: Answer) -> str:
    if answer.memory and answer.memory.verdict is not Verdict.FITS and answer.memory.largest_batch:
        return f"--batch-size {answer.memory.largest_batch}, or --precision mixed_float16, or a larger card"
    if answer.memory and answer.memory.verdict is not Verdict.FITS:
        return "--precision mixed_float16, an optimizer that keeps less, or a larger card"
    if answer.gpu and answer.verdict is Verdict.FITS:
        other = f" --framework {answer.framework}" if answer.framework is not Framework.TENSORFLOW else ""
        return f"orchestrate resolve --gpu '{answer.gpu}'{other}"
    return ""


def _document(answer: Answer) -> dict[str, object]:
    memory = answer.memory
    return {
        "verdict": answer.verdict,
        "gpu": answer.gpu or None,
        "count": answer.count,
        "model": answer.training.workload.name if answer.training else None,
        "batch_size": answer.training.batch if answer.training else None,
        "optimizer": answer.training.optimizer.name if answer.training else None,
        "memory": {
            "verdict": memory.verdict,
            "needed_bytes": memory.needed,
            "usable_bytes": memory.room.usable,
            "margin": memory.margin,
            "parts": [asdict(part) for part in memory.parts],
            "withheld": [asdict(part) for part in memory.room.withheld],
            "largest_batch": memory.largest_batch,
            "largest_multiple_of_8": memory.multiple_of_8,
            "largest_power_of_2": memory.power_of_2,
            "largest_by_estimate": memory.largest_by_estimate,
        }
        if memory
        else None,
        "cards": [asdict(each) for each in answer.cards],
        "types": [asdict(each) for each in answer.types],
        "machine": [asdict(each) for each in answer.checks],
        "notes": list(answer.notes),
    }
