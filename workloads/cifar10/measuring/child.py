"""The process that looks at the devices, or measures one configuration. Speaks JSON lines on stdout; judges no measurement.

What it is asked is a JSON object in its first argument. Its last line is an event `inspected`, `measured` or `broke_off`.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

from workloads.cifar10.arguments import Cifar10Arguments
from workloads.cifar10.configurations import Configuration, Precision, Spread
from workloads.cifar10.data.shared import Images, Split, map_images
from workloads.cifar10.measurement import Measurement
from workloads.cifar10.measuring.network import numpy_accuracy
from workloads.cifar10.measuring.observer import Observer
from workloads.cifar10.measuring.spread import Training, set_up, training
from workloads.cifar10.measuring.steps import Steps, even_share, steps_of
from workloads.devices.cards import mib, nvidia_cards
from workloads.devices.framework import Framework, Tensor
from workloads.devices.opening import computing, open_framework
from workloads.host.nvml import Watch as Cards
from workloads.known_answer.generated import generated_sample
from workloads.known_answer.judge import GENERATED, judge
from workloads.known_answer.trial import answers, worst
from workloads.progress import Record, host_clock, own_stdout
from workloads.result import CannotRunError, Kind, explain
from workloads.result.document import to_json
from workloads.result.evidence import Evidence
from workloads.training.judge import still_weights
from workloads.training.meter import Watch

TRAINED_IMAGES = 10_000
"""Of the training images, on which the accuracy is taken too."""


class NoDeviceError(CannotRunError):
    """The framework does not list the device that the configuration is for."""


def main() -> None:
    """Do what `sys.argv[1]` asks for, and end the process."""
    logging.basicConfig(format="%(message)s")
    task = json.loads(sys.argv[1])
    asked = Cifar10Arguments(**_tuples(task["arguments"]))
    with own_stdout() as stream:
        record = Record(asked, (), host_clock(), stream)
        record.evidence = Evidence(allocated=tuple(task["allocated"]))
        try:
            if task["configuration"] is None:
                _tell(stream, "inspected", _inspected(record))
            else:
                split = map_images(Path(task["images"]), task["training"], task["test"])
                measured = _measured(record, configuration_of(task["configuration"]), split)
                _tell(stream, "measured", asdict(measured))
        except CannotRunError as cause:
            _tell(stream, "broke_off", asdict(explain(cause, asked)))
        except Exception as cause:
            logging.getLogger("workloads").exception("a configuration broke off")
            _tell(stream, "broke_off", asdict(explain(cause, asked)))
    # What a framework would still tidy up is memory of a process that ends.
    sys.stderr.flush()
    os._exit(0)


def configuration_of(facts: Mapping[str, Any]) -> Configuration:
    """From what `asdict` and JSON made of it."""
    return Configuration(
        **_tuples(facts)
        | {
            "kind": Kind(facts["kind"]),
            "spread": Spread(facts["spread"]),
            "precision": Precision(facts["precision"]),
        }
    )


def _inspected(record: Record) -> dict[str, object]:
    """Devices, and whether each of them gives the known answers, as a result has it."""
    if record.arguments.device != "cpu":
        record.evidence = replace(record.evidence, gpus_before=Cards().before())
    opened = open_framework(record)
    if opened is not None:
        framework, wanted = opened
        devices = computing(wanted, record.devices)
        given = answers(framework, devices, record.arguments.seed, generated_sample())
        record.evidence = replace(record.evidence, known_answers=given)
        for made in judge(given, devices, GENERATED):
            record.check(made)
    return to_json(record.result(None))


def _measured(record: Record, configuration: Configuration, split: Split) -> Measurement:
    arguments: Any = record.arguments
    # Every framework makes as many threads as there are CPUs that it may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: configuration.threads])
    opened = open_framework(record)
    if opened is None:
        listed = ", ".join(device.name for device in record.devices)
        raise NoDeviceError(f"{configuration.kind} is wanted, and the framework lists {listed}")
    framework, wanted = opened
    set_up(configuration)
    laid = training(configuration, arguments.seed)
    batch_size = configuration.batch_size(arguments.batch_size)
    devices = len(configuration.devices)
    counts = len(split.training.classes), len(split.test.classes)
    steps = steps_of(*counts, batch_size, arguments.epochs, devices)
    split = Split(training=split.training, test=_part(split.test, slice(steps.tested)))
    before = laid.model.get_weights()
    watch = Watch(record, steps.batch_size, warm_up=steps.warm_up)
    observer = Observer(record, watch, configuration.name, arguments.target_accuracy)
    laid.train(split, steps, observer)
    after = laid.model.get_weights()
    names = [str(getattr(weight, "path", None) or weight.name) for weight in laid.model.weights]
    some = slice(even_share(min(TRAINED_IMAGES, counts[0]), devices))
    trained = _accuracy(laid, steps, _part(split.training, some))
    tested = _part(split.test, slice(steps.test_batch))
    told = _accuracy(laid, steps, tested)
    # After the last test: JAX gives the memory of what a test reads to what it returns.
    copies = tuple(laid.copies())
    return Measurement(
        losses=tuple(watch.losses),
        images_per_s=round(watch.meter.images_per_s, 1),
        seconds_to_accuracy=observer.seconds_to_accuracy,
        test_accuracy=observer.test_accuracy,
        training_accuracy=trained,
        told_accuracy=told,
        recomputed_accuracy=numpy_accuracy(after, tested),
        weights=len(names),
        still=still_weights(names, before, after),
        places=_places(framework, laid, copies, split.test),
        cards=tuple(card.uuid for card in nvidia_cards() or ()),
        replicas=max(map(len, copies)),
        difference=_difference(framework, copies),
        peak_mib=framework.peak_mib() if wanted is Kind.GPU else _own_peak_mib(),
    )


def _accuracy(laid: Training, steps: Steps, images: Images) -> float:
    """The framework's, in the portions that its test function was compiled for."""
    batch_size = min(steps.test_batch, len(images.classes))
    _, accuracy = laid.model.evaluate(images.pixels, images.classes, batch_size=batch_size, verbose=0)
    return round(float(accuracy), 6)


def _part(images: Images, part: slice) -> Images:
    return Images(pixels=images.pixels[part], classes=images.classes[part])


def _places(
    framework: Framework, laid: Training, copies: Sequence[tuple[Tensor, ...]], test: Images
) -> tuple[str, ...]:
    """Of every copy of every weight; where there is one copy of each, of an output as well."""
    tensors = [tensor for each in copies for tensor in each]
    if len(tensors) == len(copies):
        tensors.append(laid.model(test.pixels[:1], training=False))
    return tuple(sorted({framework.place(tensor) for tensor in tensors}))


def _difference(framework: Framework, copies: Sequence[tuple[Tensor, ...]]) -> float:
    """The largest of any element between the first copy of a weight and another."""
    largest = [0.0]
    for first, *others in copies:
        one = framework.fetch(first)
        largest += [float(abs(framework.fetch(other) - one).max()) for other in others]
    return worst(largest)


def _own_peak_mib() -> int:
    """What the kernel has written down of this process since it began to run (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return mib(kib * 1024)


def _tuples(facts: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists alone."""
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()}


def _tell(stream: BinaryIO, event: str, facts: Mapping[str, object]) -> None:
    stream.write(json.dumps({"event": event, **facts}).encode() + b"\n")
