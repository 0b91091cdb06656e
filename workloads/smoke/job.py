"""Does the framework compute, where it was told to, and rightly? Small sums whose answers are known beforehand.

Nothing may be moved: an operation that its device cannot do fails, where TensorFlow would else move it to the CPU.
"""

import argparse

from workloads.checks import declared
from workloads.devices.opening import BACKENDS, computing, open_framework, tell_memory, tell_used
from workloads.known_answer.trial import worst
from workloads.progress import Record
from workloads.result import Arguments
from workloads.smoke import judge, sums
from workloads.workload import Common, Folders, Workload

CHECKS = declared("smoke")
LOGICAL_CPUS = 2
"""TensorFlow and JAX are shown the CPU as this many devices, so that towers meet across devices on a host without a GPU."""


def run(record: Record, arguments: Arguments, folders: Folders) -> None:
    """Make every check; stop after the first when no device of the wanted kind is there. It needs no data and makes no file.

    Lets through what `open_framework` raises, and the framework's own errors.
    """
    del folders
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    framework.separate(LOGICAL_CPUS)
    with framework.exactly():
        record.check(judge.check_greeting(sums.greet(framework)))
        answer, answer_place = sums.multiply_numbers(framework, f"{wanted}:0")
        record.check(judge.check_multiplication(answer))
        products = sums.multiply_matrices(framework, computing(wanted, record.devices), arguments.seed)
        record.check(judge.check_products(products))
        record.check(judge.check_towers(sums.sum_towers(framework)))
    places = (answer_place, *(product.place for product in products))
    record.metrics["matmul_error"] = worst(product.error for product in products)
    tell_used(record, wanted, places)
    tell_memory(record, framework)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """It has none of its own."""
    del parser


def _arguments(options: argparse.Namespace, common: Common) -> Arguments:
    del options
    return Arguments(**common)


WORKLOAD = Workload(
    name="smoke",
    about="devices and arithmetic of the framework",
    checks=CHECKS,
    backends=BACKENDS,
    cpu_devices=LOGICAL_CPUS,
    add_options=_add_options,
    arguments=_arguments,
    run=run,
)
