"""The command `resolve`: which stack fits a card, and why. Asks nobody, except hosts that are named."""

import datetime as dt
import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from orchestrator.answer import Typed, chain_lines, refusal_error, stack_rows, subject
from orchestrator.catalog import load
from orchestrator.catalog.cards.instance_types import spelt
from orchestrator.catalog.dates import warnings
from orchestrator.cli.options import (
    cloud_option,
    config_option,
    json_option,
    name_option,
    password_options,
    stack_options,
    stack_words,
)
from orchestrator.cli.render import print_rows
from orchestrator.cli.resolve_options import (
    ARCHITECTURES,
    INSTANCE_TYPE,
    TargetPlatform,
    requested_stack,
    target_platform,
    typed_command,
)
from orchestrator.errors import ExitCode, UsageError
from orchestrator.models import Builder, Confidence, Fact, Hardware, Refusal, Stack, Wishes
from orchestrator.resolve import about, hardware_of
from orchestrator.resolve import resolve as stack_for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What the resolver is asked, for one host."""

    hardware: Hardware
    refusal: Refusal | None = None
    """It cannot be had at all."""
    host: str = ""
    """Empty for hardware that was only named."""
    what: str = ""
    """Its name, where it is not that of its cards."""
    known: tuple[Fact, ...] = ()
    """What is to be said of it besides."""
    assumed: tuple[str, ...] = ()
    """What nobody read or said, and how it was settled all the same."""
    builder: Builder = Builder.CONDA
    """Where the user does not say it."""
    next_step: str


@click.command()
@click.argument("named", nargs=-1, metavar="[CARD | TYPE]...")
@click.option(
    "--gpu",
    "gpus",
    multiple=True,
    help="A card, such as 'Tesla K80' or 8xH100; again for a host with several.",
)
@click.option(
    "--count", type=click.IntRange(1, 64), default=1, help="How many of it the host has.  [default: 1]"
)
@click.option("--instance-type", help="An EC2 type, such as p3.2xlarge.")
@click.option(
    "--host", "hosts", multiple=True, help="A host of the fleet or the inventory; it is asked for its cards."
)
@click.option(
    "--distribution",
    help="Of a host that is only named.  [default: that of the fleet file, else ubuntu-24.04 for an EC2 type, else of this computer, else debian-12]",
)
@click.option(
    "--architecture",
    type=click.Choice(tuple(ARCHITECTURES)),
    help="CPU of a host that is only named.  [default: x86_64, or what the card comes with]",
)
@stack_options
@password_options
@click.option("--explain", is_flag=True, help="Show each fact of the decision with its source.")
@name_option
@cloud_option
@config_option
@json_option
def resolve(
    *,
    named: tuple[str, ...],
    gpus: tuple[str, ...],
    count: int,
    instance_type: str | None,
    hosts: tuple[str, ...],
    distribution: str | None,
    architecture: str | None,
    explain: bool,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Say which driver, CUDA and framework fit a card, or why none do. Installs nothing.

    A card may be written as people, nvidia-smi or lspci write it: 3090, "8xB200", 10de:1eb8, "H100 MIG 1g.10gb".
    Without a card, a type or a host it is for a host that has no card.
    """
    types = tuple(word for word in named if INSTANCE_TYPE.fullmatch(word))
    cards = (*gpus, *(word for word in named if word not in types)) * count
    chosen = (*([spelt(instance_type)] if instance_type else ()), *types)
    if sum(map(bool, (cards, chosen, hosts))) > 1 or len(chosen) > 1:
        raise UsageError(
            "--gpu, --instance-type and --host each name the hardware",
            "`orchestrate resolve` with one of them",
        )
    wanted = requested_stack(config, {"name": name, "cloud": cloud})
    builder, wishes = wanted.builder, wanted.wishes
    place = target_platform(distribution or wanted.distribution, architecture or "", rented=bool(chosen))
    if hosts:
        questions = _of_hosts(hosts, {"name": name, "cloud": cloud}, config)
    elif chosen:
        questions = (_of_type(chosen[0], place, wishes, builder or Builder.CONDA),)
    else:
        questions = (_of_cards(cards, place),)
    old = warnings(load().tables, dt.datetime.now(dt.UTC).date())
    questions = tuple(replace(question, known=(*question.known, *old)) for question in questions)
    answers = [(question, _answer(question, wishes, builder or question.builder)) for question in questions]
    if as_json:
        _print_json(answers)
    else:
        for question, answer in answers:
            _print_answer(question, answer, typed_command(named, types), explain=explain)
    return ExitCode.USAGE if any(isinstance(answer, Refusal) for _, answer in answers) else ExitCode.OK


def _of_cards(gpus: tuple[str, ...], place: TargetPlatform) -> _Question:
    catalog = load()
    cards = [card for gpu in gpus for card in catalog.cards(gpu)]
    soldered = next((card.host for card in cards if card.host == "aarch64"), "")
    hardware = Hardware(
        gpus=tuple(card.gpu for card in cards),
        distribution=place.distribution,
        architecture=place.architecture or soldered or "x86_64",
    )
    has = f"{subject(hardware)}" if cards else "no card"
    return _Question(
        hardware=hardware,
        assumed=place.assumed(hardware.architecture, known=bool(soldered)),
        next_step=_command("orchestrate", "up", "--cloud", "onprem")
        + f"  # asks the hosts of inventories/lab: {has}",
    )


def _of_type(instance_type: str, place: TargetPlatform, wishes: Wishes, builder: Builder) -> _Question:
    seen = hardware_of(instance_type, place.distribution, wishes, builder, load())
    debian = ("--distribution", place.distribution) if place.distribution.startswith("debian-") else ()
    return _Question(
        hardware=seen.hardware if isinstance(seen, Refusal) else seen,
        refusal=seen if isinstance(seen, Refusal) else None,
        what=instance_type,
        known=about(instance_type, load()),
        assumed=place.assumed("", known=True),
        next_step=_command(
            "orchestrate", "plan", "--cloud", "aws", "--instance-type", instance_type, *debian
        ),
    )


def _of_hosts(
    wanted: tuple[str, ...], flags: dict[str, object], config: Path | None
) -> tuple[_Question, ...]:
    from orchestrator.cli.context import journal_of, open_fleet_provider, read_existing_spec
    from orchestrator.models import Plan
    from orchestrator.progress import Silent
    from orchestrator.stages.preflight import hardware, install_paths, probe

    spec = read_existing_spec(config, flags)
    known = {host.name: host for host in open_fleet_provider(spec, Silent()).find(spec.name)}
    for host in wanted:
        if host not in known:
            names = ", ".join(known) or "none"
            raise UsageError(
                f"no host {host} in fleet {spec.name} on {spec.cloud}",
                f"one of its hosts ({names}), or another fleet by --name, --cloud or --config",
            )
    asked = tuple(known[host] for host in wanted)
    key = None if spec.cloud == "onprem" else journal_of(spec).keys / "id_ed25519"
    planned = journal_of(spec).load("plan", Plan)
    builder = planned.builder.builder if planned and planned.builder else Builder.CONDA
    up = _command("orchestrate", "up", "--name", spec.name, "--cloud", spec.cloud)
    return tuple(
        _Question(hardware=hardware(facts, load()), host=facts.host, builder=builder, next_step=up)
        for facts in probe(asked, key, install_paths(spec.vars))
    )


def _answer(question: _Question, wishes: Wishes, builder: Builder) -> Stack | Refusal:
    answer = question.refusal or stack_for(question.hardware, wishes, builder, load())
    return replace(answer, facts=(*question.known, *answer.facts))


def _print_answer(question: _Question, answer: Stack | Refusal, typed: Typed, *, explain: bool) -> None:
    if explain:
        click.echo("decided in this order")
        click.echo("\n".join(f"  {line}" for line in chain_lines(answer.facts)))
    if isinstance(answer, Refusal):
        click.echo("\n".join(refusal_error(answer, typed, what=question.what, whose=question.host).lines))
        return
    named = "".join(f"{name}: " for name in (question.host, question.what) if name)
    click.echo(f"{named}{subject(question.hardware)}")
    sure = (fact for fact in question.known if fact.confidence is not Confidence.LOW)
    notes = (("note", fact.statement) for fact in sure)
    print_rows((*notes, *stack_rows(answer), *(("assumed", each) for each in question.assumed)))
    click.echo(f"next: {question.next_step}")


def _print_json(answers: list[tuple[_Question, Stack | Refusal]]) -> None:
    import json

    document = {
        "answers": [
            {
                "host": question.host or None,
                "resolved": isinstance(answer, Stack),
                "unsure": isinstance(answer, Stack) and answer.unsure,
                "assumed": list(question.assumed),
                "stack": asdict(answer) if isinstance(answer, Stack) else None,
                "refusal": asdict(answer) if isinstance(answer, Refusal) else None,
            }
            for question, answer in answers
        ]
    }
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _command(*words: str) -> str:
    """A command with what was typed of `stack_options` behind it."""
    return shlex.join((*words, *stack_words()))
