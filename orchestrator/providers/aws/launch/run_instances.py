"""Carry out one order: RunInstances until it is answered, and what came of it when an earlier run had asked already.

Never launches under a second token before the first one's hosts are known to be dead.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.errors import ProviderError
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.error_translation import same_again_may_do
from orchestrator.providers.aws.errors import TokenSpentError, TokenUsedError
from orchestrator.providers.aws.fleet_instances import FleetInstance, describe_instances, parse_instance
from orchestrator.providers.aws.launch.request import LaunchOrder, instance_tags, parameters
from orchestrator.waiting import DeadlineError, NotYet, wait_for

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, TagTypeDef

_MOST_GENERATIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long EC2 is given, in seconds."""

    again_s: float = 60.0
    """For a request that may be taken a moment later: too many, an error of theirs, a group that is too new."""
    visible_s: float = 60.0
    """For what was launched to be seen. EC2's documentation of eventual consistency speaks of minutes at worst."""
    halt_s: float = 300.0
    """For a host that is being stopped, until it can be started."""
    step_s: float = 2.0
    """Between two attempts."""


def run_instances(
    aws: Aws, order: LaunchOrder, spent: Collection[str], timeouts: Timeouts
) -> tuple[FleetInstance, ...]:
    """Launch the batch, once however often it is asked for; return its hosts, of which some may have died meanwhile.

    Args:
        aws: the account.
        order: what is launched, in its first generation.
        spent: client tokens whose hosts are all known to be dead.
        timeouts: how long to try.

    Raises:
        ProviderError: EC2 refused.
    """
    for generation in range(_MOST_GENERATIONS):
        tried = replace(order, generation=generation)
        if tried.token in spent:
            continue
        found = _carried_out(aws, tried, timeouts)
        if any(seen.alive for seen in found):
            return found
    raise ProviderError(
        f"{order.batch.label} was launched {_MOST_GENERATIONS} times and died each time",
        "`orchestrate down`, then `orchestrate up`",
    )


def _carried_out(aws: Aws, order: LaunchOrder, timeouts: Timeouts) -> tuple[FleetInstance, ...]:
    try:
        return _launched(aws, order, timeouts)
    except TokenSpentError:
        return ()
    except TokenUsedError as error:
        return _awaited(aws, order, timeouts, error)


def _launched(aws: Aws, order: LaunchOrder, timeouts: Timeouts) -> tuple[FleetInstance, ...]:
    wanted = parameters(order)
    last: list[ProviderError] = []

    def probe() -> tuple[FleetInstance, ...] | NotYet:
        try:
            with aws_errors(f"{order.batch.label} as {order.placement}"):
                answer = aws.launcher(order.placement.region).run_instances(**wanted)
        except ProviderError as error:
            if not same_again_may_do(error):
                raise
            last[:] = [error]
            return NotYet(error.cause)
        return _seen(answer["Instances"], order)

    with suppress(DeadlineError):
        return wait_for(order.batch.label, probe, timeout_s=timeouts.again_s, interval_s=timeouts.step_s)
    raise last[0]


def _awaited(
    aws: Aws, order: LaunchOrder, timeouts: Timeouts, refused: TokenUsedError
) -> tuple[FleetInstance, ...]:
    """What a killed run launched under the same token, as soon as it is to be seen."""

    def probe() -> tuple[FleetInstance, ...] | NotYet:
        found = describe_instances(aws, order.placement.region, {tags.LAUNCH: order.token})
        if len(found) < len(order.batch.names):
            return NotYet(f"{len(found)} of {len(order.batch.names)} hosts are to be seen")
        return _seen(found, order)

    try:
        return wait_for(order.batch.label, probe, timeout_s=timeouts.visible_s, interval_s=timeouts.step_s)
    except DeadlineError as error:
        raise TokenUsedError(
            f"{order.batch.label} was launched as {order.placement} by an earlier run, and {error.seen}"
            f" after {timeouts.visible_s:g} s",
            "wait a few minutes, then `orchestrate up`; or `orchestrate down`, and up launches it anew",
        ) from refused


def _seen(instances: "Sequence[InstanceTypeDef]", order: LaunchOrder) -> tuple[FleetInstance, ...]:
    ordered: list[TagTypeDef] = [
        {"Key": key, "Value": value} for key, value in instance_tags(order, order.hours).items()
    ]
    found = []
    for instance in instances:
        complete: InstanceTypeDef = {**instance, "Tags": instance.get("Tags") or ordered}
        found.append(parse_instance(complete, order.placement.region, private=order.settings.private))
    return tuple(seen for seen in found if seen is not None)
