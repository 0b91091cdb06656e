"""Train the network of `fashion_mnist` on several hosts at once: a task of a Slurm step on each, one batch for all, the same weights.

Without Slurm it is one task, to be compared with. A task that is missing, is lost or hangs ends the job: it is never a smaller one.
"""

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from workloads.checks import declared
from workloads.collectives.jax import JaxCollectives
from workloads.collectives.session import BACKENDS, Session, finish, session
from workloads.collectives.tensorflow import TensorFlowCollectives
from workloads.devices.opening import tell_memory, tell_used
from workloads.distributed import judge
from workloads.distributed.arguments import DistributedArguments, add_options, arguments
from workloads.distributed.engines.engine import Trainer
from workloads.distributed.engines.jax import JaxTrainer
from workloads.distributed.engines.tensorflow import TensorFlowTrainer
from workloads.distributed.state.checkpoint import Progress, decode, encode, find
from workloads.distributed.state.network import NAMES, initial, layers
from workloads.distributed.training import Course, measure_alone, points, speed, start, train
from workloads.fashion_mnist import bands
from workloads.fashion_mnist.data import Images, Split, check_data, fetch, images, read
from workloads.fashion_mnist.network import numpy_accuracy
from workloads.progress import Record
from workloads.result import check
from workloads.step.frames import Message
from workloads.training import judge as figures
from workloads.workload import Folders, Workload

CHECKS = declared("distributed")
OF_EACH_TASK = ("devices_listed", "cards_counted", "data_verified", "device_used", "gpu_health")
_TEST_BATCH = 1000
_TRAINED_IMAGES = 10_000
"""Of the training images, on which the accuracy is taken too."""


def run(record: Record, arguments: DistributedArguments, folders: Folders) -> None:
    """Train with all tasks of the step, and judge on the first of them.

    Lets through what `session` and `open_framework` raise, and the framework's own errors.

    Raises:
        DataSetError: Fashion-MNIST is not there, and cannot be fetched.
        InterruptedBySignalError: a task was asked to end; a checkpoint was written.
    """
    with session(record, arguments) as current:
        if current is None:
            return
        data = _data(record, current, folders)
        if data is None:
            return
        trainer = _trainer(current, arguments)
        course = Course(arguments=arguments, images=data.training, replicas=trainer.replicas)
        progress = _resume(record, current, trainer, arguments)
        resumed_from = progress.step
        alone = measure_alone(current, trainer, course, arguments.alone_seconds)
        progress = train(current, trainer, record, course, progress)
        current.watchdog.beat("judging")
        told = current.channel.gather(_own(current, trainer, alone))
        if current.step.is_first:
            record.metrics["resumed_from_step"] = resumed_from
            _judge(record, current, trainer, progress, [message.facts for message in told])
            _test(record, trainer, arguments, data)
            _say(record, judge.digest(trainer.copies()[0]))
        tell_used(record, current.wanted, trainer.places())
        tell_memory(record, current.framework)
        with current.watchdog.waiting("for the first task's judgement"):
            finish(record, current, [each for each in record.checks if each.name in OF_EACH_TASK])


def _data(record: Record, current: Session, folders: Folders) -> Split | None:
    """Each task reads its own copy; None, on all tasks, where one has others."""
    files, contents = read(folders.home, fetch)
    record.evidence = replace(record.evidence, data=files)
    verified = check_data(files)
    told = current.channel.gather(Message(facts={"host": current.step.host, "reason": verified.reason}))
    wrong = [
        f"task {rank} on {message.facts['host']}: {message.facts['reason']}"
        for rank, message in enumerate(told)
        if message.facts["reason"]
    ]
    answer = current.channel.broadcast(Message(facts={"wrong": "; ".join(wrong)})).facts["wrong"]
    record.check(
        check("data_verified", str(answer), seen=verified.seen, expected=verified.expected)
        if answer
        else verified
    )
    return None if answer else images(contents)


def _trainer(current: Session, arguments: DistributedArguments) -> Trainer:
    made = current.collectives
    if isinstance(made, TensorFlowCollectives):
        return TensorFlowTrainer(made, current.step.rank, arguments.batch_size)
    if isinstance(made, JaxCollectives):
        return JaxTrainer(arguments.batch_size)
    raise TypeError(type(made).__name__)


def _resume(record: Record, current: Session, trainer: Trainer, arguments: DistributedArguments) -> Progress:
    """Every task begins where the first one's newest whole checkpoint stands, or all at the start."""
    state, progress = start(initial(arguments.seed)), Progress()
    if current.step.is_first and arguments.checkpoints:
        found, passed_over = find(Path(arguments.checkpoints), arguments.identity)
        for why in passed_over:
            record.note(f"not resumed from {why}")
        if found:
            state, progress = found.state, found.progress
            record.note(f"resumed from the checkpoint of step {progress.step}")
    sent = current.channel.broadcast(Message(data=encode(arguments.identity, state, progress)))
    state, progress = decode(sent.data, arguments.identity)
    trainer.load(state)
    for point in points(progress):
        record.epoch(point)
    record.step({"from_step": progress.step, "tasks": current.step.tasks, "replicas": trainer.replicas})
    return progress


def _own(current: Session, trainer: Trainer, alone: float) -> Message:
    """What this task has to say at the end."""
    return Message(
        facts={
            "host": current.step.host or socket.gethostname(),
            "digests": [judge.digest(copy) for copy in trainer.copies()],
            "places": list(trainer.places()),
            "alone": alone,
            "process": os.getpid(),
        }
    )


def _judge(
    record: Record, current: Session, trainer: Trainer, progress: Progress, told: list[dict[str, Any]]
) -> None:
    curve = points(progress)
    first = progress.first_loss if progress.first_loss is not None else float("nan")
    last = curve[-1].loss if progress.steps == 0 and curve else progress.loss / max(progress.steps, 1)
    together, alone = speed(progress), [float(facts["alone"]) for facts in told]
    record.metrics |= {
        "first_loss": round(first, 6),
        "last_loss": last,
        "images_per_s": round(together, 1),
        "images_per_s_alone": round(sum(alone), 1),
        "efficiency": round(judge.efficiency(together, alone), 4),
        "tasks": current.step.tasks,
        "replicas": trainer.replicas,
        "restarts": current.step.restarts,
    }
    for rank, facts in enumerate(told):
        record.row(
            "tasks",
            {
                "task": rank,
                "host": str(facts["host"]),
                "devices": ", ".join(facts["places"]),
                "images_per_s_alone": round(float(facts["alone"]), 1),
                "weights_sha256": ", ".join(dict.fromkeys(facts["digests"])),
            },
        )
    record.check(figures.check_loss([first, *(point.loss for point in curve), last]))
    record.check(figures.check_throughput(together))
    least = record.arguments.min_efficiency if isinstance(record.arguments, DistributedArguments) else 0.0
    record.check(judge.check_efficiency(together, alone, least))
    record.check(judge.check_identical(told, trainer.replicas))


def _test(record: Record, trainer: Trainer, arguments: DistributedArguments, data: Split) -> None:
    """On the first task: all have the same weights, which was checked."""
    weights = trainer.copies()[0]
    test_loss, test_accuracy = _evaluated(trainer, data.test)
    part = slice(_TRAINED_IMAGES)
    seen = Images(pixels=data.training.pixels[part], classes=data.training.classes[part])
    _, training_accuracy = _evaluated(trainer, seen)
    record.metrics |= {
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "training_accuracy": training_accuracy,
    }
    losses = [record.metrics["first_loss"], record.metrics["last_loss"]]
    record.check(figures.check_accuracy(test_accuracy, arguments.min_accuracy))
    record.check(bands.check_bands(arguments, losses, training_accuracy, test_accuracy))
    record.check(figures.check_weights(NAMES, layers(initial(arguments.seed)), layers(weights)))
    record.check(figures.check_recomputed(test_accuracy, numpy_accuracy(layers(weights), data.test)))


def _say(record: Record, weights: str) -> None:
    """One line for people, behind what the frameworks print."""
    figures_of = record.metrics
    identical = next(made for made in record.checks if made.name == "weights_identical")
    where = "on every host" if not identical.reason else f"not on every host: {identical.reason}"
    print(
        f"distributed: test accuracy {figures_of['test_accuracy']:.3f}, {figures_of['images_per_s']:,.0f} images/s on "
        f"{figures_of['tasks']:g} hosts, efficiency {figures_of['efficiency']:.2f}, weights {weights[:12]} {where}",
        file=sys.stderr,
        flush=True,
    )


def _evaluated(trainer: Trainer, of: Images) -> tuple[float, float]:
    """Mean loss, and the share of the images whose class is known."""
    import numpy as np

    loss = right = 0.0
    for at in range(0, len(of.classes), _TEST_BATCH):
        part = slice(at, at + _TEST_BATCH)
        logits = trainer.logits(of.pixels[part]).astype(np.float64)
        classes = of.classes[part].astype(np.int64)
        logits -= logits.max(axis=1, keepdims=True)
        own = logits[np.arange(len(classes)), classes]
        loss += float((np.log(np.exp(logits).sum(axis=1)) - own).sum())
        right += float((logits.argmax(axis=1) == classes).sum())
    return round(loss / len(of.classes), 6), round(right / len(of.classes), 6)


WORKLOAD = Workload(
    name="distributed",
    about="train one network on several hosts at once, a task of a Slurm step on each",
    checks=CHECKS,
    of_each_task=OF_EACH_TASK,
    backends=BACKENDS,
    add_options=add_options,
    arguments=arguments,
    run=run,
)
