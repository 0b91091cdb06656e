"""Curves: mean and spread over seeds, as rows and as a picture."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.workloads.optimizers.test_judge import TRAININGS
from workloads.optimizers import curves
from workloads.optimizers.training import EpochFigures, Training


def with_accuracy(training: Training, accuracy: float) -> Training:
    return replace(training, epochs=(EpochFigures(loss=1 - accuracy, test_loss=0.5, test_accuracy=accuracy),))


def test_a_row_has_the_mean_the_least_and_the_largest_of_all_seeds() -> None:
    eve = [with_accuracy(TRAININGS[0], 0.8), with_accuracy(TRAININGS[0], 0.9)]
    (row,) = curves.rows(eve)
    assert row == {
        "optimizer": "eve",
        "epoch": 1,
        "seeds": 2,
        "loss_mean": 0.15,
        "loss_min": pytest.approx(0.1),
        "loss_max": pytest.approx(0.2),
        "test_loss_mean": 0.5,
        "test_loss_min": 0.5,
        "test_loss_max": 0.5,
        "test_accuracy_mean": 0.85,
        "test_accuracy_min": 0.8,
        "test_accuracy_max": 0.9,
    }


def test_every_optimizer_has_a_row_for_each_epoch() -> None:
    assert [(row["optimizer"], row["epoch"]) for row in curves.rows(TRAININGS)] == [
        (name, epoch) for name in ("eve", "adam", "sgd", "rmsprop") for epoch in (1, 2)
    ]


def test_the_picture_names_every_optimizer_and_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    rows = curves.rows(TRAININGS)
    for name in ("one.svg", "two.svg"):
        curves.draw(rows, tmp_path / name)
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert text.rstrip().endswith("</svg>")
    for word in ("Eve", "Adam", "SGD with momentum", "RMSprop", "2 seeds", "test accuracy"):
        assert word in text
    assert text == (tmp_path / "two.svg").read_text(encoding="utf-8")
