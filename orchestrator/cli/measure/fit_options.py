"""What `fit` is asked: amounts as people write them, the model, the machine. Reads the model's file; asks no host."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import click

from orchestrator.errors import UsageError
from orchestrator.fit.keras_program import FUNCTION, config_of_function, default_python
from orchestrator.fit.machine.machine import Machine, plugs
from orchestrator.fit.memory.estimate import Workload, workload_of, workload_of_figures
from orchestrator.fit.memory.optimizers import Optimizer, optimizer, with_more
from orchestrator.fit.model.archive import read_config
from orchestrator.fit.model.description import Model
from orchestrator.fit.model.keras_config import model_of
from orchestrator.fit.model.precision import widths, with_precision

_POWERS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
MACHINE_OPTIONS = (
    click.option(
        "--power-supply", type=click.IntRange(100, 5000), help="Rating of the machine's power supply in W."
    ),
    click.option(
        "--atx",
        type=click.Choice(("2", "3")),
        default="2",
        help="Its generation: ATX 3 bears peaks of twice its rating.  [default: 2]",
    ),
    click.option(
        "--cpu-power", type=click.IntRange(5, 2000), help="What its CPU takes at work, in W.  [default: 125]"
    ),
    click.option("--case-length", type=click.IntRange(50, 1000), help="Room for a card in the case, in mm."),
    click.option("--slots", type=click.IntRange(1, 16), help="Expansion slots that are free."),
    click.option(
        "--connectors",
        help="Free plugs of the power supply: 8-pin:3,16-pin:1; also 6-pin, 12-pin, EPS-8-pin.",
    ),
    click.option(
        "--pcie-lanes",
        type=click.IntRange(1, 256),
        help="Lanes for all cards together: 16 of most desktop CPUs.",
    ),
    click.option(
        "--pcie-generation",
        type=click.IntRange(1, 6),
        help="Of the mainboard's slots.  [default: the card's]",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedModel:
    """What was typed of the model."""

    named: str = ""
    python: str = ""
    parameters: str = ""
    activations: str = ""
    precision: str = ""
    optimizer: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel:
    """What came of it."""

    workload: Workload
    optimizer: Optimizer
    convolutions: bool


def count_of(text: str) -> int:
    """`25.6M` as a number.

    Raises:
        UsageError: it is none.
    """
    seen = re.fullmatch(r"(\d[\d_,]{,20}(?:\.\d{,20})?|\.\d{1,20})\s*([kmgbt]?)", text.strip().lower())
    if seen is None:
        raise UsageError(f"--parameters {text!r} is no number", "--parameters 25.6M")
    return round(float(seen[1].replace(",", "").replace("_", "")) * _POWERS[seen[2]])


def bytes_of(option: str, text: str) -> int:
    """`90MiB` as bytes; a number alone is bytes.

    Raises:
        UsageError: it is no amount.
    """
    seen = re.fullmatch(r"(\d{1,20}(?:\.\d{1,20})?)\s*([kmg]?)(?:i?b)?", text.strip().lower())
    if seen is None:
        raise UsageError(f"{option} {text!r} is no amount of memory", f"{option} 90MiB")
    return round(float(seen[1]) * _BYTES[seen[2]])


def read_model(asked: AskedModel) -> ReadModel | None:
    """The model that was named, or that of two figures; None where nothing was said of one.

    Raises:
        UsageError: it cannot be read, or what was said does not go together.
    """
    figures = bool(asked.parameters or asked.activations)
    if asked.named and figures:
        raise UsageError(
            "a model has parameters and activations of its own",
            "one of both: MODEL, or --parameters with --activations",
        )
    if not asked.named and not figures:
        return None
    if not asked.named:
        if not (asked.parameters and asked.activations):
            raise UsageError(
                "--parameters and --activations go together",
                "--parameters 25.6M --activations 90MiB, which one example keeps for the backward pass",
            )
        compute, weight = widths(asked.precision or "float32")
        workload = workload_of_figures(
            count_of(asked.parameters),
            bytes_of("--activations", asked.activations),
            weight_bytes=weight,
            copies=compute if compute < weight else 0,
        )
        return ReadModel(workload=workload, optimizer=optimizer(asked.optimizer or "adam"), convolutions=True)
    model = _model(asked)
    if asked.precision:
        model = with_precision(model, asked.precision)
    return ReadModel(
        workload=replace(workload_of(model), name=Path(asked.named).name),
        optimizer=optimizer(asked.optimizer)
        if asked.optimizer
        else with_more(optimizer(model.optimizer or "adam"), model.slots_beside),
        convolutions=any("Conv" in layer.kind for layer in model.layers),
    )


def _model(asked: AskedModel) -> Model:
    if FUNCTION.fullmatch(asked.named) and not _is_file(asked.named):
        return model_of(
            config_of_function(asked.named, asked.python or default_python()), length=asked.length
        )
    return model_of(read_config(Path(asked.named)), length=asked.length)


def _is_file(named: str) -> bool:
    try:
        return Path(named).exists()
    except OSError:  # too long for a path
        return False


def machine_of(given: dict[str, int | str | None]) -> Machine | None:
    """What was said of the machine; None where nothing was.

    Raises:
        UsageError: the plugs cannot be read.
    """
    if not any(value for name, value in given.items() if name != "atx"):
        return None
    connectors = given["connectors"]
    figures = {name: int(value or 0) for name, value in given.items() if name != "connectors"}
    return Machine(
        power_supply_w=figures["power_supply"],
        atx=figures["atx"],
        cpu_w=figures["cpu_power"],
        case_length_mm=figures["case_length"],
        slots=figures["slots"],
        connectors=plugs(str(connectors)) if connectors is not None else None,
        pcie_lanes=figures["pcie_lanes"],
        pcie_generation=figures["pcie_generation"],
    )
