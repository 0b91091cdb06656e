"""Confirm what a job brought from its own figures and from its host's record: nothing is taken at the job's word."""

from orchestrator.stages.certify.confirm.cards import confirm_cards, confirm_health
from orchestrator.stages.certify.confirm.claims import (
    confirm_accuracy,
    confirm_device,
    confirm_exit_code,
    confirm_throughput,
)
from orchestrator.stages.certify.confirm.figures import confirm_curve, confirm_loss
from orchestrator.stages.certify.confirm.known import confirm_answers, confirm_data
from orchestrator.stages.certify.confirm.origin import confirm_origin, confirm_time
from orchestrator.stages.certify.finding import Confirm, Finding

__all__ = ["CONFIRMATIONS", "TRAINING_CONFIRMATIONS", "Finding", "confirm_cards"]

CONFIRMATIONS: dict[str, Confirm] = {
    "exit_code_confirmed": confirm_exit_code,
    "origin_confirmed": confirm_origin,
    "time_confirmed": confirm_time,
    "device_confirmed": confirm_device,
    "health_confirmed": confirm_health,
}
"""Made here for every run; `cards_confirmed` on top, which needs to know how many cards were promised."""

TRAINING_CONFIRMATIONS: dict[str, Confirm] = {
    "data_confirmed": confirm_data,
    "answers_confirmed": confirm_answers,
    "accuracy_confirmed": confirm_accuracy,
    "throughput_confirmed": confirm_throughput,
    "loss_confirmed": confirm_loss,
    "curve_confirmed": confirm_curve,
}
"""Made here for every run of a workload that trains."""
