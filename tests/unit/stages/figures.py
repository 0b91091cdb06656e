"""Builders: metrics and tables of workloads, with which nothing is wrong."""

from collections.abc import Callable

from orchestrator.catalog.speeds import rates_of
from tests.unit.stages.brought import CARD, Row

METRICS: dict[str, dict[str, float]] = {
    "cifar10": {
        "images_per_s": 41200.0,
        "first_loss": 2.31,
        "last_loss": 0.98,
        "test_accuracy": 0.684,
        "training_accuracy": 0.71,
    },
    "otto": {
        "first_loss": 2.41,
        "last_loss": 0.55,
        "rows_per_s": 91000.0,
        "log_loss": 0.53,
        "log_loss_of_frequencies": 1.95,
        "test_accuracy": 0.79,
    },
    "keypoints": {
        "first_loss": 0.08,
        "last_loss": 0.002,
        "images_per_s": 8800.0,
        "rmse_pixels": 2.4,
        "rmse_of_means_pixels": 3.9,
    },
    "distributed": {
        "first_loss": 2.31,
        "last_loss": 0.3011,
        "images_per_s": 9200.0,
        "images_per_s_alone": 10400.0,
        "efficiency": 0.885,
        "test_accuracy": 0.8931,
        "training_accuracy": 0.9102,
        "tasks": 2,
        "replicas": 2,
        "restarts": 0,
        "resumed_from_step": 0,
    },
    "all_reduce": {
        "tasks": 2,
        "all_bus_gb_per_s": 0.9,
        "slowest_pair_bus_gb_per_s": 0.9,
        "fastest_pair_bus_gb_per_s": 0.9,
    },
    "style_transfer": {"first_loss": 9.1, "last_loss": 2.2, "gigaflop": 640.0},
}
SHARE = 0.8
"""Of its rate, in which a card computes."""
Tables = dict[str, tuple[Row, ...]]


def tables(workload: str, devices: tuple[str, ...]) -> Tables:
    """All but the telemetry."""
    made: dict[str, Callable[[tuple[str, ...]], Tables]] = {
        "gpu_burn": _load,
        "cifar10": _configurations,
        "optimizers": lambda _: {
            "trainings": tuple(
                {"optimizer": name, "seed": 1, "first_loss": 2.31, "last_loss": 0.35, "test_accuracy": 0.87}
                for name in ("eve", "adam", "sgd", "rmsprop")
            )
        },
        "otto": lambda _: {"stores": ({"store": "hdf5", "rows_per_s": 91000.0},)},
        "style_transfer": lambda each: {"pictures": tuple({"device": name, "seconds": 0.4} for name in each)},
    }
    return made[workload](devices) if workload in made else {}


def _load(devices: tuple[str, ...]) -> Tables:
    rates = rates_of(CARD)
    assert rates
    speeds = {name: rate for name, rate in rates.rates.items() if name != "bandwidth_gb_s"}
    return {
        "products": tuple(
            {
                "device": device,
                "format": name,
                "products": 4000,
                "wrong": 0,
                "error": 0.1,
                "tera_per_s": round(SHARE * rate, 4),
            }
            for device in devices
            for name, rate in speeds.items()
        ),
        "copies": tuple(
            {"device": device, "way": way, "mib": 512, "gb_per_s": speed, "wrong": 0}
            for device in devices
            for way, speed in (("memory", 500.0), ("host to device, pinned", 24.1))
        ),
        "memory_patterns": tuple(
            {"device": device, "pattern": "walking", "step": 1, "mib": 18000, "wrong_cells": 0}
            for device in devices
        ),
    }


def _configurations(devices: tuple[str, ...]) -> Tables:
    return {
        "configurations": tuple(
            {
                "name": name,
                "devices": " ".join(devices),
                "images_per_s": 41200.0,
                "replicas": len(devices),
                "replica_difference": 0.0,
            }
            for name in ("first", "all")
        )
    }
