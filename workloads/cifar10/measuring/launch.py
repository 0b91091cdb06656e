"""Start the process that measures one configuration, and take what it tells. One at a time; it ends with the job."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from workloads.cifar10.configurations import Configuration, Spread
from workloads.cifar10.data.shared import Split
from workloads.cifar10.measurement import Measurement
from workloads.host.children import program, running
from workloads.progress import Record
from workloads.result import BrokeOffError, Failure, Kind

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Images in a file that every process of the job can map."""

    file: BinaryIO
    training: int
    test: int

    @classmethod
    def of(cls, file: BinaryIO, split: Split) -> "Shared":
        """What `share` wrote of this."""
        return cls(file=file, training=len(split.training.classes), test=len(split.test.classes))


def inspect(record: Record) -> Mapping[str, Any]:
    """Devices, cards and known answers, as a result has them. Raises BrokeOffError."""
    task = {
        "arguments": asdict(record.arguments),
        "allocated": record.evidence.allocated,
        "configuration": None,
    }
    last = _last(_events(task, os.environ, ()))
    if last["event"] != "inspected":
        raise BrokeOffError(Failure(type=last["type"], message=last["message"]))
    return last


def measure(record: Record, configuration: Configuration, images: Shared) -> Measurement | Failure:
    """What came of it, or why nothing did. Batches and epochs are told as they come."""
    number = images.file.fileno()
    device = str(configuration.kind).lower()
    asked = asdict(record.arguments) | {"device": device}
    if configuration.kind is Kind.CPU:  # the limit is one of GPUs
        asked |= {"memory_limit_mib": None, "memory_fraction": None, "gpus": ""}
    task = {
        "arguments": asked,
        "allocated": record.evidence.allocated,
        "configuration": asdict(configuration),
        "images": f"/proc/self/fd/{number}",
        "training": images.training,
        "test": images.test,
    }
    last = _last(_told(record, _events(task, environment(configuration, os.environ), (number,))))
    if last["event"] == "measured":
        return Measurement.from_json(last)
    return Failure(type=last["type"], message=last["message"])


def environment(configuration: Configuration, environ: Mapping[str, str]) -> dict[str, str]:
    """What the process is shown: its own devices alone. Pure.

    Args:
        configuration: to be measured.
        environ: the job's.
    """
    if configuration.kind is Kind.GPU:
        visible = [part for part in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part]
        # With fewer devices than are visible, by their place among those; in CUDA's own order where all are.
        shown = [visible[index] if visible else str(index) for index in configuration.devices]
        return {**environ, "CUDA_VISIBLE_DEVICES": ",".join(shown)}
    changed = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    if configuration.spread is Spread.SHARDED:
        count = f"--xla_force_host_platform_device_count={len(configuration.devices)}"
        changed["XLA_FLAGS"] = f"{environ.get('XLA_FLAGS', '')} {count}".strip()
    return {**environ, **changed}


def ended_as(code: int) -> Failure:
    """Why a process that told no end has ended. Pure."""
    if code >= 0:
        return Failure(type="ProcessEndedError", message=f"its process ended with exit code {code}")
    name = signal.Signals(-code).name
    why = ": the kernel does that where memory is short" if -code == signal.SIGKILL else ""
    return Failure(type="ProcessEndedError", message=f"its process was ended by {name}{why}")


def _events(task: Event, environ: Mapping[str, str], files: tuple[int, ...]) -> Iterator[Event]:
    """What it tells, line by line; at the end, where it told none, how it ended."""
    argv = program("from workloads.cifar10.measuring.child import main; main()", json.dumps(task))
    with running(argv, environ=environ, stdout=subprocess.PIPE, pass_fds=files) as process:
        ended = False
        for line in process.stdout or ():
            event = json.loads(line)
            ended = ended or event["event"] in {"inspected", "measured", "broke_off"}
            yield event
        if not ended:
            yield {"event": "broke_off", **asdict(ended_as(process.wait()))}


def _told(record: Record, events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if event["event"] == "batch":
            record.batch(epoch=event["epoch"], batch=event["batch"], loss=event["loss"])
        elif event["event"] == "row":
            record.row(event["table"], event["row"])
        else:
            yield event


def _last(events: Iterator[Event]) -> Event:
    last: Event = {}
    for event in events:
        last = event
    return last
