"""What a job prints, as people are told."""

import json

import pytest

from orchestrator.jobs.progress_lines import topic_of


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            {"event": "epoch", "epoch": 2, "loss": 0.3691, "accuracy": 0.8663, "images_per_s": 5210.4},
            ("cifar10: epoch 2: loss 0.369, accuracy 0.866, 5,210 images/s", ""),
        ),
        (
            {"event": "batch", "epoch": 1, "batch": 40, "loss": 1.5},
            ("cifar10: epoch 1", "batch 40, loss 1.500"),
        ),
        (
            {"event": "check", "name": "loss_falls", "outcome": "passed"},
            ("cifar10", "loss_falls passed"),
        ),
        (
            {"event": "configuration", "name": "cpu-threads-1", "number": 1, "total": 3},
            ("cifar10: 1 of 3: cpu-threads-1", ""),
        ),
        (
            {
                "event": "row",
                "table": "configurations",
                "row": {"name": "cpu", "images_per_s": 1234.5, "xla": False, "peak": None, "loss": 0.12345},
            },
            ("cifar10: measured", "name cpu, images per s 1,234, xla False, loss 0.1235"),
        ),
        (
            {"event": "step", "at": "2026-11-20", "precision": "float32", "tflops": 1.5},
            ("cifar10", "precision float32, tflops 1.5"),
        ),
        ({"event": "file", "name": "graph.svg"}, ("cifar10", "made graph.svg")),
        ({"event": "imported", "seconds": 2.345}, ("cifar10", "framework loaded in 2.3 s")),
        ({"event": "finished", "status": "passed"}, ("cifar10", "finished")),
    ],
    ids=lambda given: given.get("event", "") if isinstance(given, dict) else "",
)
def test_an_event_is_told_in_words(event: dict[str, object], told: tuple[str, str]) -> None:
    assert topic_of("cifar10", json.dumps(event).encode()) == told


@pytest.mark.parametrize(
    "line",
    [b"", b"no JSON", b'{"event": "row", "row": 7}', b'{"event": "epoch"}', b'{"event": "step"', b"\xff"],
)
def test_what_is_no_event_is_told_as_it_is(line: bytes) -> None:
    topic, detail = topic_of("cifar10", line)
    assert (topic, detail) == ("cifar10", line.decode(errors="replace"))
