"""What an image of AWS that has a driver changes in a plan: which driver hosts have, and whose it is. Pure."""

from dataclasses import replace

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import Confidence, Fact, Flavour, Hardware, PackageSource, Stack, Wishes
from orchestrator.providers.aws.market.images import DEEP_LEARNING, DEEP_LEARNING_BRANCH

FLAVOUR = Flavour.OPEN
"""Of the kernel modules in the Deep Learning AMI, whose name is Base OSS Nvidia Driver."""
_SOURCE = "AWS's release notes of the Base OSS AMI, 2026-10-08"


def has_driver(spec: FleetSpec) -> bool:
    """Whether hosts start from an image of AWS that has a driver."""
    return spec.cloud == "aws" and spec.aws.image == DEEP_LEARNING


def wishes_for(spec: FleetSpec, hardware: Hardware) -> Wishes:
    """The fleet's wishes; for cards in hosts whose image has a driver, with that driver.

    Raises:
        UsageError: the fleet wishes another driver than the image has.
    """
    wishes = spec.stack.wishes
    if not has_driver(spec) or not hardware.gpus:
        return wishes
    if (
        wishes.driver not in ("", DEEP_LEARNING_BRANCH)
        or wishes.flavour not in ("", FLAVOUR)
        or wishes.source
    ):
        wished = " ".join(filter(None, (wishes.driver, wishes.flavour, wishes.source)))
        raise UsageError(
            f"the Deep Learning AMI has driver {DEEP_LEARNING_BRANCH} with {FLAVOUR} kernel modules, and the driver is wished to be"
            f" {wished}",
            "leave out `driver:`, `flavour:` and `source:` under `stack:`, or `image:` under `aws:`",
        )
    return replace(wishes, driver=DEEP_LEARNING_BRANCH, flavour=FLAVOUR)


def as_in_image(spec: FleetSpec, stack: Stack) -> Stack:
    """The stack with its driver as the image brings it: no package of it is installed."""
    if stack.driver is None or not has_driver(spec):
        return stack
    brought = Fact(
        statement=f"the Deep Learning AMI has driver {DEEP_LEARNING_BRANCH} with {FLAVOUR} kernel modules, and Docker",
        source=_SOURCE,
        confidence=Confidence.MEDIUM,
    )
    driver = replace(stack.driver, source=PackageSource.IMAGE, packages=(), version="")
    return replace(stack, driver=driver, facts=(*stack.facts, brought))
