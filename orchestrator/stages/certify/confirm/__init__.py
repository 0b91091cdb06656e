"""Confirm what a job brought from its own figures and from its host's record: nothing is taken at the job's word."""

from orchestrator.stages.certify.confirm.cards import confirm_cards
from orchestrator.stages.certify.confirm.claims import (
    confirm_accuracy,
    confirm_device,
    confirm_exit_code,
    confirm_throughput,
)
from orchestrator.stages.certify.confirm.figures import confirm_curve, confirm_loss
from orchestrator.stages.certify.confirm.known import confirm_answers, confirm_data
from orchestrator.stages.certify.confirm.origin import confirm_origin, confirm_time
from orchestrator.stages.certify.expect.figures import confirm_figures
from orchestrator.stages.certify.finding import Confirm, Finding

__all__ = ["CONFIRMATIONS", "Finding", "confirm_cards", "confirmations"]

CONFIRMATIONS: dict[str, Confirm] = {
    "exit_code_confirmed": confirm_exit_code,
    "origin_confirmed": confirm_origin,
    "time_confirmed": confirm_time,
    "device_confirmed": confirm_device,
}
"""Made here for every run; `cards_confirmed` on top, which needs to know how many cards were promised."""

_FIGURES: dict[str, Confirm] = {"figures_confirmed": confirm_figures}
_DATA: dict[str, Confirm] = {"data_confirmed": confirm_data}
_ANSWERS: dict[str, Confirm] = {"answers_confirmed": confirm_answers}
OF_WORKLOADS: dict[str, dict[str, Confirm]] = {
    "smoke": {},
    "fashion_mnist": {
        **_DATA,
        **_ANSWERS,
        "accuracy_confirmed": confirm_accuracy,
        "throughput_confirmed": confirm_throughput,
        "loss_confirmed": confirm_loss,
        "curve_confirmed": confirm_curve,
    },
    "cifar10": {**_DATA, **_ANSWERS, **_FIGURES},
    "otto": {**_DATA, **_FIGURES},
    "keypoints": {**_DATA, **_FIGURES},
    "optimizers": {**_DATA, **_FIGURES},
    "style_transfer": _FIGURES,
    "gpu_burn": _FIGURES,
    "distributed": {
        **_DATA,
        **_FIGURES,
        "accuracy_confirmed": confirm_accuracy,
        "throughput_confirmed": confirm_throughput,
        "loss_confirmed": confirm_loss,
        "curve_confirmed": confirm_curve,
    },
    "all_reduce": _FIGURES,
}
"""Made here for the runs of one workload, whichever framework computed."""


def confirmations(workload: str) -> dict[str, Confirm]:
    """All that is made here for a run of a workload."""
    return CONFIRMATIONS | OF_WORKLOADS.get(workload, {})
