"""Every way known to get a PASS that is none, by name, with its verdict and its reason."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from orchestrator.models import KnownAnswer, Verdict, WorkloadRun
from tests.unit.stages.brought import answer, reading, readings
from tests.unit.stages.proofs import NOW

Spoil = Callable[[WorkloadRun], WorkloadRun]


def metrics(**figures: float) -> Spoil:
    return lambda good: replace(good, metrics=good.metrics | figures)


def job(**fields: object) -> Spoil:
    return lambda good: replace(good, job=replace(good.job, **fields))  # type: ignore[type-var]


def clock(**fields: object) -> Spoil:
    return lambda good: replace(good, clock=replace(good.clock, **fields))  # type: ignore[type-var]


def evidence(**fields: object) -> Spoil:
    return lambda good: replace(good, evidence=replace(good.evidence, **fields))  # type: ignore[type-var]


def arguments(**changed: object) -> Spoil:
    return lambda good: job(arguments=good.job.arguments | changed)(good) if good.job else good


def answers(**changed: object) -> Spoil:
    def spoil(good: WorkloadRun) -> WorkloadRun:
        device = "GPU:0" if good.device_used == "GPU" else "CPU:0"
        spoilt: KnownAnswer = replace(answer(device), **changed)  # type: ignore[arg-type]
        return evidence(known_answers=(spoilt,))(good)

    return spoil


def cards(**counts: int) -> Spoil:
    def spoil(good: WorkloadRun) -> WorkloadRun:
        assert good.evidence
        assert good.evidence.cards
        return evidence(cards=replace(good.evidence.cards, **counts))(good)  # type: ignore[arg-type]

    return spoil


def faster(good: WorkloadRun) -> WorkloadRun:
    first, *rest = good.curve
    return replace(good, curve=(first, *(replace(point, images_per_s=1e6) for point in rest)))


def noise(good: WorkloadRun) -> WorkloadRun:
    assert good.evidence
    first, *rest = good.evidence.data
    return evidence(data=(replace(first, sha256="0" * 64, expected_sha256="0" * 64), *rest))(good)


FALSE_PASSES: dict[str, tuple[str, Spoil, Verdict, str]] = {
    "eight cards on the bus, one listed": (
        "GPU",
        lambda good: replace(good, cards_seen=8),
        Verdict.FAIL,
        "8 NVIDIA cards by the host's bus, and 1 is listed",
    ),
    "eight cards for NVML, one listed": ("GPU", cards(nvml=8), Verdict.FAIL, "8 NVIDIA cards by NVML"),
    "the result of another run": (
        "CPU",
        job(attempt="deadbeef"),
        Verdict.UNSURE,
        "the result is of another job: deadbeef",
    ),
    "a result without an id": (
        "CPU",
        job(attempt=""),
        Verdict.UNSURE,
        "the result is of another job: without an id",
    ),
    "status failed": ("CPU", job(status="failed"), Verdict.UNSURE, "the result says `failed`"),
    "other arguments": ("CPU", arguments(epochs=1), Verdict.UNSURE, "epochs 1 instead of 3"),
    "a bar that was lowered on the host": (
        "CPU",
        arguments(min_accuracy=0.1),
        Verdict.UNSURE,
        "min_accuracy 0.1",
    ),
    "dated eight days back": (
        "CPU",
        job(started_at=NOW - timedelta(days=8), finished_at=NOW - timedelta(days=8)),
        Verdict.UNSURE,
        "it is dated 2026-11-12 15:10 UTC",
    ),
    "ended long ago by the host's uptime": (
        "CPU",
        lambda good: replace(good, started_at=NOW - timedelta(days=8)),
        Verdict.UNSURE,
        "training proved 2026-11-12",
    ),
    "from before the machine was restarted": (
        "CPU",
        clock(boot_id="another"),
        Verdict.UNSURE,
        "the job ended before the host was started last",
    ),
    "made in another start of the machine": (
        "CPU",
        job(boot_id="x"),
        Verdict.UNSURE,
        "another start of the machine",
    ),
    "without the host's record": (
        "CPU",
        lambda good: replace(good, clock=None),
        Verdict.UNSURE,
        "no record of when",
    ),
    "uptime that did not grow": (
        "CPU",
        job(finished_uptime_s=0.0),
        Verdict.UNSURE,
        "the machine's uptime grew by",
    ),
    "noise with painted labels": ("CPU", noise, Verdict.FAIL, "what was trained on is not Fashion-MNIST"),
    "data that nobody names": ("CPU", evidence(data=()), Verdict.UNSURE, "did not say what it read"),
    "trained on the test set": (
        "CPU",
        metrics(test_accuracy=0.987, training_accuracy=0.884),
        Verdict.FAIL,
        "test accuracy 0.9870 is not 0 to 0.93",
    ),
    "the gap upside down": (
        "CPU",
        metrics(training_accuracy=0.80),
        Verdict.FAIL,
        "training minus test -0.0931",
    ),
    "nothing learnt, accuracy forged": (
        "CPU",
        metrics(last_loss=2.2937),
        Verdict.FAIL,
        "last loss 2.2937 is not 0.15 to 0.45",
    ),
    "a first loss that nobody has": (
        "CPU",
        metrics(first_loss=0.6),
        Verdict.FAIL,
        "first loss 0.6000 is not",
    ),
    "no accuracy on trained images": (
        "CPU",
        lambda good: replace(
            good, metrics={k: v for k, v in good.metrics.items() if k != "training_accuracy"}
        ),
        Verdict.UNSURE,
        "the job gave no training minus test",
    ),
    "a convolution without gradient": (
        "CPU",
        answers(still=("convolution",)),
        Verdict.FAIL,
        "nothing is learnt in convolution",
    ),
    "a flipped gradient": ("GPU", answers(gradient_error=3.0), Verdict.FAIL, "gradient differ from NumPy's"),
    "an answer that is no number": ("CPU", answers(matmul_error=None), Verdict.FAIL, "product differ"),
    "another device gave the answer": (
        "GPU",
        answers(places=("CPU:0",)),
        Verdict.FAIL,
        "what computed is CPU:0",
    ),
    "a card that gave no answer": (
        "GPU",
        evidence(known_answers=()),
        Verdict.UNSURE,
        "no answer came from GPU:0",
    ),
    "a curve of one epoch": (
        "CPU",
        lambda good: replace(good, curve=good.curve[:1]),
        Verdict.UNSURE,
        "1 epochs of 3",
    ),
    "a speed that its seconds deny": ("CPU", faster, Verdict.UNSURE, "one is wrong"),
    "a speed that no epoch had": ("CPU", metrics(images_per_s=1e6), Verdict.UNSURE, "no epoch was that fast"),
    "memory errors": (
        "GPU",
        evidence(gpus_after=readings(reading(0, {"ecc_uncorrected_volatile": 2}))),
        Verdict.FAIL,
        "2 uncorrectable memory errors",
    ),
    "a card lost during the job": (
        "GPU",
        evidence(gpus_after=readings()),
        Verdict.FAIL,
        "was lost during the job",
    ),
    "a card that fell off the bus": (
        "GPU",
        evidence(gpus_after=readings(reading(), xids=("Xid 79 0000:00:00.0",))),
        Verdict.FAIL,
        "Xid 79",
    ),
    "a switch whose link broke": (
        "GPU",
        evidence(gpus_after=readings(reading(), xids=("SXid 20034 on 0000:cd:00, fatal, at 9.1 s",))),
        Verdict.FAIL,
        "SXid 20034",
    ),
    "a driver that wants the card reset": (
        "GPU",
        evidence(gpus_after=readings(reading(), xids=("Xid 154 on 0000:00:1e, fatal, at 9.1 s",))),
        Verdict.FAIL,
        "Xid 154",
    ),
    "faults in words that nobody knows": (
        "GPU",
        evidence(gpus_after=readings(reading(), xids=("Xid \u00b2 on 0000:00:1e",))),
        Verdict.UNSURE,
        "cannot be read",
    ),
    "cards that nobody could ask": (
        "GPU",
        evidence(gpus_before=None),
        Verdict.UNSURE,
        "nothing is known of their faults",
    ),
    "no evidence at all": (
        "CPU",
        lambda good: replace(good, evidence=None),
        Verdict.UNSURE,
        "does not say what was trained on",
    ),
}
