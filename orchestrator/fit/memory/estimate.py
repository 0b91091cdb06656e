"""Memory of a training step at one batch size: part by part. Pure.

All figures are bytes on one card. With several cards each has the whole model and its share of the batch.
"""

from dataclasses import dataclass
from math import ceil

from orchestrator.errors import UsageError
from orchestrator.fit.memory.optimizers import Optimizer
from orchestrator.fit.memory.passes import Moment, moments
from orchestrator.fit.model.description import Model

BATCHES_READY = 1
"""Batches that lie on the card beside the one that is trained on."""
MOST_BATCH = 2**20
FLOAT32 = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the memory."""

    name: str
    bytes: int
    basis: str
    """What it follows from, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a training takes, as far as memory depends on it."""

    name: str
    parameters: int
    fixed: int
    weight_bytes: int
    gradient_bytes: int
    """Of a value of a gradient when it reaches the optimizer."""
    copies: int
    """Bytes of a copy of each weight in the width that is computed with; 0 where that is the weight's own."""
    largest: int
    """Elements of the largest trained weight."""
    input_bytes: int
    """Of one example."""
    moments: tuple[Moment, ...]
    layers: int


def workload_of(model: Model) -> Workload:
    """Of a model whose layers are known."""
    trained = [layer for layer in model.layers if layer.parameters]
    mixed = any(layer.element_bytes < layer.weight_bytes for layer in trained)
    return Workload(
        name=model.name,
        parameters=model.parameters,
        fixed=model.fixed,
        weight_bytes=max(layer.weight_bytes for layer in trained),
        gradient_bytes=max(layer.weight_bytes for layer in trained),
        copies=min(layer.element_bytes for layer in trained) if mixed else 0,
        largest=max(layer.largest for layer in trained),
        input_bytes=sum(
            layer.size * layer.element_bytes for layer in model.layers if layer.kind == "InputLayer"
        ),
        moments=moments(model),
        layers=len(model.layers),
    )


def workload_of_figures(
    parameters: int, activation_bytes: int, *, weight_bytes: int, copies: int
) -> Workload:
    """Of a model of which two figures are known.

    Args:
        parameters: trained ones.
        activation_bytes: that one example keeps for the backward pass.
        weight_bytes: of one weight.
        copies: as in `Workload`.
    """
    if parameters < 1 or activation_bytes < 0:
        raise UsageError(
            "a model has parameters, and its activations take no less than nothing",
            "--parameters 25.6M --activations 90MiB",
        )
    moment = Moment(
        activations=activation_bytes,
        transient=0,
        gradients=parameters * weight_bytes,
        updated=0,
        layer="all layers",
    )
    return Workload(
        name=f"{parameters:,} parameters",
        parameters=parameters,
        fixed=0,
        weight_bytes=weight_bytes,
        gradient_bytes=weight_bytes,
        copies=copies,
        largest=0,
        input_bytes=0,
        moments=(moment,),
        layers=0,
    )


def parts(workload: Workload, optimizer: Optimizer, batch: int) -> tuple[Part, ...]:
    """What lies in memory when it is most: at a moment of the step, or while the weights are updated."""
    weights = (workload.parameters + workload.fixed) * workload.weight_bytes
    slots = ceil(workload.parameters * optimizer.slots) * workload.weight_bytes
    data = workload.input_bytes * batch * BATCHES_READY

    def updates(at: Moment) -> int:
        return optimizer.temporaries * at.updated * workload.weight_bytes

    moment = max(workload.moments, key=lambda each: each.bytes_at(batch) + updates(each))
    update = (
        workload.parameters * workload.gradient_bytes
        + optimizer.temporaries * workload.largest * workload.weight_bytes
    )
    common = (
        Part(
            name="weights",
            bytes=weights,
            basis=f"{workload.parameters + workload.fixed:,} of {workload.weight_bytes} bytes",
        ),
        Part(
            name="optimizer",
            bytes=slots,
            basis=f"{optimizer.slots:g} values for each trained weight: {optimizer.meaning}",
        ),
        Part(
            name="copies",
            bytes=(workload.parameters + workload.fixed) * workload.copies,
            basis=f"weights in {workload.copies} bytes, to compute with",
        ),
        Part(name="batch", bytes=data, basis=f"{BATCHES_READY} batch that waits on the card"),
    )
    if update > moment.bytes_at(batch) + updates(moment):
        largest = optimizer.temporaries * workload.largest * workload.weight_bytes
        rest: tuple[Part, ...] = (
            Part(
                name="gradients",
                bytes=workload.parameters * workload.gradient_bytes,
                basis="one for each trained weight",
            ),
            Part(
                name="workspace",
                bytes=largest,
                basis=f"{optimizer.temporaries} tensors of the largest weight, while the optimizer updates it",
            ),
        )
    else:
        rest = (
            Part(
                name="gradients",
                bytes=moment.gradients,
                basis=f"of the weights from the end of the model to {moment.layer}",
            ),
            Part(
                name="activations",
                bytes=moment.activations * batch,
                basis=f"kept for the backward pass, {moment.activations:,} bytes an example",
            ),
            Part(
                name="workspace",
                bytes=moment.transient * batch,
                basis=f"gradients of activations and temporaries at {moment.layer}",
            ),
            Part(
                name="updates",
                bytes=updates(moment),
                basis=f"{optimizer.temporaries} tensors of the largest weight that is updated by then",
            ),
        )
    return tuple(part for part in (*common, *rest) if part.bytes)


def total(workload: Workload, optimizer: Optimizer, batch: int) -> int:
    """All parts, in bytes."""
    return sum(part.bytes for part in parts(workload, optimizer, batch))


def largest_batch(workload: Workload, optimizer: Optimizer, room: int) -> int:
    """The most examples whose training takes no more than `room` bytes; 0 where not even one does."""
    if total(workload, optimizer, 1) > room:
        return 0
    low, high = 1, MOST_BATCH
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if total(workload, optimizer, middle) <= room else (low, middle - 1)
    return low
