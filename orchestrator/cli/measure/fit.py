"""`orchestrate fit`: does a training fit a card's memory, and do cards fit a machine, before anything is rented or bought."""

import datetime as dt
from dataclasses import dataclass

import click

from orchestrator.catalog import load
from orchestrator.catalog.cards.instance_types import spelt
from orchestrator.catalog.dates import warnings
from orchestrator.catalog.rows import Gpu
from orchestrator.cli.measure.fit_options import (
    MACHINE_OPTIONS,
    AskedModel,
    ReadModel,
    machine_of,
    read_model,
)
from orchestrator.cli.measure.fit_render import Answer, print_answer
from orchestrator.cli.options import Command, FiniteRange, json_option, memory
from orchestrator.errors import UsageError
from orchestrator.fit.machine.checks import checks
from orchestrator.fit.machine.machine import Check, Machine
from orchestrator.fit.memory.market import fitting_cards, fitting_types
from orchestrator.fit.memory.room import Settings, room
from orchestrator.fit.memory.verdict import MemoryAnswer, Training, answer
from orchestrator.models import Framework


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cards:
    """Cards that are alike, in one host."""

    gpu: Gpu
    count: int
    memory_mib: int = 0
    """As the provider says it; 0 for the catalog's."""


def _machine_options(command: Command) -> Command:
    for option in reversed(MACHINE_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.argument("model", required=False, metavar="[MODEL]")
@click.option(
    "--batch-size",
    type=click.IntRange(1, 2**20),
    default=32,
    help="Examples in a step, over all cards.  [default: 32]",
)
@click.option("--parameters", help="Instead of a model: its trained parameters, 25.6M.")
@click.option("--activations", help="With --parameters: what one example keeps for the backward pass, 90MiB.")
@click.option(
    "--optimizer", help="Keras' name for it, or momentum for SGD with it.  [default: the model's, or adam]"
)
@click.option("--precision", help="Keras' dtype policy, such as mixed_float16.  [default: the model's]")
@click.option(
    "--sequence-length",
    type=click.IntRange(0, 2**24),
    default=0,
    help="For the dimension that a model leaves open.",
)
@click.option(
    "--python",
    help="Python of an environment with Keras, for MODULE:FUNCTION.  [default: that of the active one]",
)
@click.option(
    "--framework",
    type=click.Choice(tuple(each.value for each in Framework)),
    default=Framework.TENSORFLOW.value,
    help="What computes below Keras.  [default: tensorflow]",
)
@click.option(
    "--gpu", help="A card, such as 'RTX 3060 12GB', 2xA100 or 'H100 MIG 1g.10gb'.  [default: say which fit]"
)
@click.option(
    "--count", type=click.IntRange(1, 16), default=1, help="How many of it share the batch.  [default: 1]"
)
@click.option("--instance-type", help="An EC2 type, such as g5.xlarge, instead of a card.")
@click.option(
    "--memory-fraction",
    type=FiniteRange(0, 1, min_open=True),
    default=None,
    help="Of a card, that the framework may take.",
)
@click.option("--desktop", help="What a desktop takes of the card's memory, 600MiB.  [default: nothing]")
@_machine_options
@json_option
def fit(
    *,
    model: str | None,
    batch_size: int,
    parameters: str | None,
    activations: str | None,
    optimizer: str | None,
    precision: str | None,
    sequence_length: int,
    python: str | None,
    framework: str,
    gpu: str | None,
    count: int,
    instance_type: str | None,
    memory_fraction: float | None,
    desktop: str | None,
    power_supply: int | None,
    atx: str,
    cpu_power: int | None,
    case_length: int | None,
    slots: int | None,
    connectors: str | None,
    pcie_lanes: int | None,
    pcie_generation: int | None,
    as_json: bool,
) -> int:
    """Say whether training MODEL fits a card's memory, and whether cards fit a machine of one's own.

    MODEL is a .keras file, the JSON of model.to_json(), or MODULE:FUNCTION that makes a model. Nothing is trained, rented or installed.
    """
    asked = AskedModel(
        named=model or "",
        python=python or "",
        parameters=parameters or "",
        activations=activations or "",
        precision=precision or "",
        optimizer=optimizer or "",
        length=sequence_length,
    )
    machine = machine_of(
        {
            "power_supply": power_supply,
            "atx": atx,
            "cpu_power": cpu_power,
            "case_length": case_length,
            "slots": slots,
            "connectors": connectors,
            "pcie_lanes": pcie_lanes,
            "pcie_generation": pcie_generation,
        }
    )
    settings = Settings(
        framework=Framework(framework),
        memory_fraction=memory_fraction or 0.0,
        desktop_mib=memory(desktop) if desktop else 0,
    )
    cards = _cards(gpu, count, instance_type)
    read = read_model(asked)
    if read is None and (machine is None or cards is None):
        raise UsageError(
            "nothing to compare: neither a model, nor a card and the machine for it",
            "`orchestrate fit model.keras --batch-size 32 --gpu 'RTX 3060 12GB'` or `orchestrate fit --gpu 'RTX 4090' --power-supply 850`",
        )
    if machine and (cards is None or instance_type):
        raise UsageError(
            "what was said of the machine is about no card", "the card that goes into it: --gpu 'RTX 4090'"
        )
    return print_answer(_answer(read, batch_size, (cards, settings, machine)), as_json=as_json)


def _answer(
    read: ReadModel | None, batch: int, about: tuple[_Cards | None, Settings, Machine | None]
) -> Answer:
    cards, settings, machine = about
    catalog = load()
    training = None
    said: MemoryAnswer | None = None
    if read:
        training = Training(
            workload=read.workload,
            optimizer=read.optimizer,
            batch=batch,
            cards=cards.count if cards else 1,
            convolutions=read.convolutions,
        )
        said = (
            answer(training, room(cards.gpu, settings, catalog, memory_mib=cards.memory_mib), catalog)
            if cards
            else None
        )
    return Answer(
        training=training,
        gpu=cards.gpu.gpu if cards else "",
        count=cards.count if cards else 1,
        framework=settings.framework,
        memory=said,
        cards=fitting_cards(training, settings, catalog) if training else (),
        types=fitting_types(training, settings, catalog) if training else (),
        checks=_checks(cards, machine) if cards and machine else (),
        notes=tuple(fact.statement for fact in warnings(catalog.tables, dt.datetime.now(dt.UTC).date())),
    )


def _cards(gpu: str | None, count: int, instance_type: str | None) -> _Cards | None:
    catalog = load()
    if gpu and instance_type:
        raise UsageError("--gpu and --instance-type each name the hardware", "one of them")
    if instance_type:
        row = catalog.ec2_type(spelt(instance_type))
        if not row.gpu or not row.gpu_count or row.gpu_share != "1":
            raise UsageError(
                f"{row.instance_type} has no whole NVIDIA card", "another type, such as g4dn.xlarge"
            )
        return _Cards(gpu=catalog.gpu(row.gpu), count=row.gpu_count, memory_mib=row.gpu_memory_mib)
    if not gpu:
        return None
    named = catalog.cards(gpu)
    if len(set(named)) > 1:
        raise UsageError(
            f"{gpu!r} are different cards: the smallest decides for all", "that one, and --count"
        )
    return _Cards(gpu=named[0], count=len(named) * count)


def _checks(cards: _Cards, machine: Machine) -> tuple[Check, ...]:
    board = load().desktop_card(cards.gpu)
    if board is None:
        raise UsageError(
            f"the catalog does not say what {cards.gpu.gpu} asks of a machine: it is none for a slot, or nobody read its data sheet",
            "a row in desktop_cards.csv, or another card, such as 'RTX 4090'",
        )
    return checks(board, cards.count, machine, load())
