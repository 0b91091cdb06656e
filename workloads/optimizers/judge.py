"""What a comparison of optimizers has to show before its curves mean anything. Pure."""

import math
from collections.abc import Sequence

from workloads.optimizers.training import EVE, OPTIMIZERS, Training
from workloads.optimizers.trial import STEPS, TOLERANCE, Trial
from workloads.result import Check, check
from workloads.training.judge import check_loss

SAME_LOSS = 1e-5
"""By how much the first losses of one seed may differ: the same sum, compiled four times."""
DEAF = 100
"""A trial can tell Eve from Adam where their weights differ by at least this many tolerances."""


def check_paper(trials: Sequence[Trial]) -> Check:
    """After 100 steps the optimizer's weights are the paper's, in either revision, and would not be without the objective."""
    reasons = []
    for trial in trials:
        # Not `>`: a difference that is not a number must fail too.
        if not trial.difference <= TOLERANCE:
            reasons.append(f"Eve of {trial.revision} differs from the paper by {trial.difference:.2g}")
        if not trial.from_adam >= DEAF * TOLERANCE:
            reasons.append(f"the steps of {trial.revision} cannot tell Eve from Adam")
    return check(
        "eve_equals_paper",
        "; ".join(reasons) if trials else "Eve was not tried",
        seen=", ".join(
            f"{trial.revision}: {trial.difference:.2g} off, d {trial.coefficient:.6f}" for trial in trials
        ),
        expected=f"at most {TOLERANCE:g} off after {STEPS} steps, "
        + ", ".join(f"{trial.revision}: d {trial.expected_coefficient:.6f}" for trial in trials),
    )


def check_same_start(trainings: Sequence[Training]) -> Check:
    """Each optimizer began each seed with the same weights and the same batch: so says its first loss."""
    reasons, seen = [], []
    for seed in sorted({each.seed for each in trainings}):
        own = {each.optimizer: each.first_loss for each in trainings if each.seed == seed}
        losses = tuple(own.values())
        if set(own) != set(OPTIMIZERS):
            reasons.append(f"seed {seed} was not trained by {', '.join(sorted(set(OPTIMIZERS) - set(own)))}")
        elif not max(losses) - min(losses) <= SAME_LOSS:
            reasons.append(f"seed {seed} began with losses from {min(losses):.6f} to {max(losses):.6f}")
        seen.append(f"seed {seed}: {losses[0]:.6f}")
    return check(
        "same_start",
        "; ".join(reasons) if seen else "nothing was trained",
        seen=", ".join(seen),
        expected=f"one first loss for {', '.join(OPTIMIZERS)}, give or take {SAME_LOSS:g}",
    )


def check_losses(trainings: Sequence[Training]) -> Check:
    """As `check_loss`, of every training."""
    judged = [(each, check_loss(each.losses)) for each in trainings]
    reasons = [f"{each.name}: {made.reason}" for each, made in judged if made.reason]
    return check(
        "loss_falls",
        "; ".join(reasons) if judged else "nothing was trained",
        seen=", ".join(f"{each.name}: {made.seen}" for each, made in judged),
        expected="each falls",
    )


def check_feedback(trainings: Sequence[Training]) -> Check:
    """The objective reached Eve: its coefficient is no longer 1, and a positive number."""
    own = [each for each in trainings if each.optimizer == EVE]
    reasons = [
        f"{each.name}: the objective did not reach it"
        for each in own
        if each.coefficient is None
        or each.coefficient == 1
        or not (math.isfinite(each.coefficient) and each.coefficient > 0)
    ]
    return check(
        "feedback_reached",
        "; ".join(reasons) if own else "Eve did not train",
        seen=", ".join(f"seed {each.seed}: d {each.coefficient}" for each in own),
        expected="a positive d that is not 1",
    )


def check_accuracies(trainings: Sequence[Training], wanted: float) -> Check:
    """Every optimizer reaches the test accuracy, in the mean over its seeds."""
    means = {
        optimizer: sum(own) / len(own)
        for optimizer in OPTIMIZERS
        if (own := [each.epochs[-1].test_accuracy for each in trainings if each.optimizer == optimizer])
    }
    # Not `<`: an accuracy that is not a number must fail too.
    poor = [f"{optimizer} {mean:.4f}" for optimizer, mean in means.items() if not mean >= wanted]
    return check(
        "test_accuracy",
        f"below {wanted:g}: {', '.join(poor)}" if poor else "" if means else "nothing was trained",
        seen=", ".join(f"{optimizer} {mean:.4f}" for optimizer, mean in means.items()),
        expected=f"each at least {wanted:g}",
    )


def check_changed(trainings: Sequence[Training]) -> Check:
    """Every weight of every training differs from its start, and is a number."""
    reasons = [f"{each.name}: {', '.join(each.still)}" for each in trainings if each.still]
    return check(
        "weights_changed",
        f"unchanged or no number: {'; '.join(reasons)}"
        if reasons
        else ""
        if trainings
        else "nothing was trained",
        seen=f"{len(trainings) - len(reasons)} of {len(trainings)} trainings changed all",
        expected="all changed",
    )
