"""Train the classic tutorial network on CIFAR-10 in several configurations, one after another, and lay their speeds side by side.

Each runs in a process of its own, which ends with this one; this one imports no framework. Before that every device has to give
known answers.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workloads.checks import declared
from workloads.cifar10 import judge
from workloads.cifar10.arguments import Cifar10Arguments, add_options, arguments
from workloads.cifar10.configurations import Configuration, available, chosen
from workloads.cifar10.data import archive, made_up
from workloads.cifar10.data.archive import PUBLISHED, Source
from workloads.cifar10.data.formats import TEST, TRAINING, joined, read_archive
from workloads.cifar10.data.shared import Split, images, share
from workloads.cifar10.measurement import Measurement
from workloads.cifar10.measuring.launch import Shared, inspect, measure
from workloads.cifar10.table import TABLE, row
from workloads.devices.cards import check_memory
from workloads.devices.opening import BACKENDS, common_kind, wanted_kind
from workloads.progress import Record
from workloads.result import Check, Device, Failure, Kind, Outcome
from workloads.result.evidence import CardCounts, KnownAnswer
from workloads.workload import Folders, Workload

CHECKS = declared("cifar10")


def run(record: Record, asked: Cifar10Arguments, folders: Folders) -> None:
    """Measure every configuration that is asked for; stop when no device of the wanted kind is there, or the data are others.

    Args:
        record: what is found goes there.
        asked: what is asked.
        folders: where the data are.

    Raises:
        DataSetError: CIFAR-10 is not there and cannot be fetched, or is broken.
        BrokeOffError: the framework cannot be loaded, or breaks off while it gives the known answers.
        UnknownConfigurationError: one was asked for that this host does not have.
    """
    if not _inspected(record):
        return
    gpus = sum(device.kind is Kind.GPU for device in record.devices)
    there = available(asked.backend, asked.device, _cpus(), gpus)
    wanted = chosen(asked.configurations, there)
    split = _read(record, asked, folders)
    if split is None:
        return
    measured, failures = _measure_all(record, wanted, split)
    record.check(judge.check_measured(wanted, failures))
    if not measured:
        return
    whole = record.evidence.data[0].sha256 in PUBLISHED.values() and asked.limit is None
    for made in judge.judge(measured, least_accuracy=asked.min_accuracy, published=whole):
        record.check(made)
    record.check(judge.check_used(measured, record.devices))
    _summarize(record, measured)


def _inspected(record: Record) -> bool:
    """Put what the devices are and answer on record; False where none of the wanted kind is there."""
    found = inspect(record)
    record.imported(found["versions"])
    record.listed(tuple(_device(each) for each in found["device"]["devices"]))
    cards, given = found["cards"], found["known_answers"]
    record.evidence = replace(
        record.evidence,
        cards=CardCounts(**cards) if cards else None,
        known_answers=tuple(_known_answer(each) for each in given),
    )
    for made in found["checks"]:
        record.check(Check(**made | {"outcome": Outcome(made["outcome"])}))
    return bool(given)


def _read(record: Record, asked: Cifar10Arguments, folders: Folders) -> Split | None:
    """Put what is trained on on record; None where it is not what is meant."""
    if asked.synthetic is None:
        return _read_archive(record, asked, folders)
    split = made_up.made_up(asked.synthetic, asked.seed)
    note = "trained on pictures made on the spot: speeds are real, accuracies say nothing of CIFAR-10"
    record.evidence = replace(
        record.evidence, data=(made_up.described(split),), notes=(*record.evidence.notes, note)
    )
    record.check(archive.not_verified(record.evidence.data[0]))
    return split


def _read_archive(record: Record, asked: Cifar10Arguments, folders: Folders) -> Split | None:
    path = Path(asked.data) if asked.data else None
    source = Source(home=folders.home, path=path, mirror=asked.mirror, sha256=asked.data_sha256)
    file, described = archive.read(archive.find(source), source)
    with file:
        batches = read_archive(file) if source.admits(described.sha256) else {}
    described = replace(described, records=sum(len(batch.classes) for batch in batches.values()))
    record.evidence = replace(record.evidence, data=(described,))
    digests = [("test" if name == TEST else "training", batch.sha256) for name, batch in batches.items()]
    verified = archive.check_data(described, digests)
    record.check(verified)
    if verified.reason:
        return None
    training = joined(batches[name] for name in TRAINING)
    return Split(training=images(training, asked.limit), test=images(batches[TEST], asked.limit))


def _measure_all(
    record: Record, wanted: Sequence[Configuration], split: Split
) -> tuple[dict[Configuration, Measurement], dict[Configuration, Failure]]:
    """One after another, so that none takes another's time. What breaks off keeps no other from being measured."""
    measured: dict[Configuration, Measurement] = {}
    failures: dict[Configuration, Failure] = {}
    with share(split) as file:
        shared = Shared.of(file, split)
        for number, configuration in enumerate(wanted, start=1):
            record.configuration(name=configuration.name, number=number, total=len(wanted))
            made = measure(record, configuration, shared)
            if isinstance(made, Failure):
                failures[configuration] = made
                record.row(TABLE, row(configuration, None, measured))
            else:
                record.row(TABLE, row(configuration, made, measured))
                measured[configuration] = made
    return measured, failures


def _summarize(record: Record, measured: Mapping[Configuration, Measurement]) -> None:
    """The figures of the fastest, and what computed where it matters."""
    fastest = max(measured.values(), key=lambda made: made.images_per_s)
    record.metrics |= {
        "images_per_s": fastest.images_per_s,
        "first_loss": fastest.losses[0],
        "last_loss": fastest.losses[-1],
        "test_accuracy": fastest.test_accuracy,
        "training_accuracy": fastest.training_accuracy,
    }
    arguments = record.arguments
    wanted = wanted_kind(arguments.device, record.devices)
    of_wanted = [made for each, made in measured.items() if each.kind is wanted]
    record.used = common_kind([place for made in of_wanted for place in made.places])
    if arguments.memory_limit_mib is not None:
        peak = max((made.peak_mib for each, made in measured.items() if each.kind is Kind.GPU), default=0)
        record.check(check_memory(arguments.memory_limit_mib, peak))


def _device(facts: Mapping[str, Any]) -> Device:
    return Device(**{**facts, "kind": Kind(facts["kind"])})


def _known_answer(facts: Mapping[str, Any]) -> KnownAnswer:
    """JSON has lists alone, and null where a figure is not a number."""
    figures: dict[str, Any] = {name: math.nan if fact is None else fact for name, fact in facts.items()}
    return KnownAnswer(**{**figures, "places": tuple(facts["places"]), "still": tuple(facts["still"])})


def _cpus() -> int:
    return len(os.sched_getaffinity(0))


WORKLOAD = Workload(
    name="cifar10",
    about="train the tutorial network on CIFAR-10 on CPU threads, each GPU and all GPUs, and compare",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=add_options,
    arguments=arguments,
    run=run,
)
