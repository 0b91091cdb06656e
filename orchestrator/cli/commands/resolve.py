"""The command `resolve`: which stack fits a card, and why. Asks nobody, except hosts that are named."""

import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from orchestrator.answer import chain_lines, refused, stack_rows, subject
from orchestrator.catalog import load
from orchestrator.cli.options import (
    cloud_option,
    config_option,
    given_keys,
    json_option,
    name_option,
    stack_options,
    stack_words,
    typed_command,
)
from orchestrator.cli.telling import tell_rows
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
    builder: Builder = Builder.CONDA
    """Where the user does not say it."""
    next_step: str


@click.command()
@click.option(
    "--gpu", "gpus", multiple=True, help="A card, such as 'Tesla K80'; again for a host with several."
)
@click.option("--instance-type", help="An EC2 type, such as p3.2xlarge.")
@click.option(
    "--host", "hosts", multiple=True, help="A host of the fleet or the inventory; it is asked for its cards."
)
@click.option("--distribution", default="debian-12", show_default=True, help="Of a host that is only named.")
@stack_options
@click.option("--explain", is_flag=True, help="Show each fact of the decision with its source.")
@name_option
@cloud_option
@config_option
@json_option
def resolve(
    *,
    gpus: tuple[str, ...],
    instance_type: str | None,
    hosts: tuple[str, ...],
    distribution: str,
    explain: bool,
    name: str | None,
    cloud: str | None,
    config: Path | None,
    as_json: bool,
) -> int:
    """Say which driver, CUDA and TensorFlow fit a card, or why none do. Installs nothing.

    Without --gpu, --instance-type or --host it is for a host that has no card.
    """
    if sum(map(bool, (gpus, instance_type, hosts))) > 1:
        raise UsageError(
            "--gpu, --instance-type and --host each name the hardware", "orchestrate resolve with one of them"
        )
    given = {key.removeprefix("stack."): value for key, value in given_keys().items()}
    builder = Builder(given.pop("builder")) if "builder" in given else None
    wishes = Wishes(**given)
    if hosts:
        questions = _of_hosts(hosts, {"name": name, "cloud": cloud}, config)
    elif instance_type:
        questions = (_of_type(instance_type, distribution, wishes, builder or Builder.CONDA),)
    else:
        questions = (_of_cards(gpus, distribution),)
    answers = [(question, _answer(question, wishes, builder or question.builder)) for question in questions]
    if as_json:
        _print_json(answers)
    else:
        for question, answer in answers:
            _tell(question, answer, explain=explain)
    return ExitCode.USAGE if any(isinstance(answer, Refusal) for _, answer in answers) else ExitCode.OK


def _of_cards(gpus: tuple[str, ...], distribution: str) -> _Question:
    cards = [load().gpu(gpu) for gpu in gpus]
    return _Question(
        hardware=Hardware(
            gpus=tuple(card.gpu for card in cards),
            distribution=distribution,
            architecture=cards[0].host if cards else "x86_64",
        ),
        next_step=_command("orchestrate", "up", "--cloud", "onprem") + "  # hosts of inventories/lab",
    )


def _of_type(instance_type: str, distribution: str, wishes: Wishes, builder: Builder) -> _Question:
    seen = hardware_of(instance_type, distribution, wishes, builder, load())
    return _Question(
        hardware=seen.hardware if isinstance(seen, Refusal) else seen,
        refusal=seen if isinstance(seen, Refusal) else None,
        what=instance_type,
        known=about(instance_type, load()),
        next_step=_command("orchestrate", "plan", "--cloud", "aws", "--instance-type", instance_type),
    )


def _of_hosts(
    wanted: tuple[str, ...], flags: dict[str, object], config: Path | None
) -> tuple[_Question, ...]:
    from orchestrator.cli.opening import fleet_of, open_provider_of, read_begun_spec
    from orchestrator.models import Plan
    from orchestrator.progress import Silent
    from orchestrator.stages.preflight import hardware, places_of, probe

    spec = read_begun_spec(config, flags)
    known = {host.name: host for host in open_provider_of(spec, Silent()).find(spec.name)}
    for host in wanted:
        if host not in known:
            names = ", ".join(known) or "none"
            raise UsageError(
                f"no host {host} in fleet {spec.name} on {spec.cloud}",
                f"one of its hosts ({names}), or another fleet by --name, --cloud or --config",
            )
    asked = tuple(known[host] for host in wanted)
    key = None if spec.cloud == "onprem" else fleet_of(spec).keys / "id_ed25519"
    planned = fleet_of(spec).load("plan", Plan)
    builder = planned.builder.builder if planned and planned.builder else Builder.CONDA
    up = _command("orchestrate", "up", "--name", spec.name, "--cloud", spec.cloud)
    return tuple(
        _Question(hardware=hardware(facts, load()), host=facts.host, builder=builder, next_step=up)
        for facts in probe(asked, key, places_of(spec.vars))
    )


def _answer(question: _Question, wishes: Wishes, builder: Builder) -> Stack | Refusal:
    answer = question.refusal or stack_for(question.hardware, wishes, builder, load())
    return replace(answer, facts=(*question.known, *answer.facts))


def _tell(question: _Question, answer: Stack | Refusal, *, explain: bool) -> None:
    if explain:
        click.echo("decided in this order")
        click.echo("\n".join(f"  {line}" for line in chain_lines(answer.facts)))
    if isinstance(answer, Refusal):
        click.echo("\n".join(refused(answer, typed_command(), what=question.what, whose=question.host).told))
        return
    named = "".join(f"{name}: " for name in (question.host, question.what) if name)
    click.echo(f"{named}{subject(question.hardware)}")
    sure = (fact for fact in question.known if fact.confidence is not Confidence.LOW)
    tell_rows((*(("note", fact.statement) for fact in sure), *stack_rows(answer)))
    click.echo(f"next: {question.next_step}")


def _print_json(answers: list[tuple[_Question, Stack | Refusal]]) -> None:
    import json

    document = {
        "answers": [
            {
                "host": question.host or None,
                "resolved": isinstance(answer, Stack),
                "unsure": isinstance(answer, Stack) and answer.unsure,
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
