"""Hosts of a cluster that run while jobs need them: what that takes, and what can not be stopped and started. Pure."""

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import Elastic, Host, Plan

_PLAYED = {"resume_timeout_seconds": 120, "suspend_timeout_seconds": 20}
"""Containers take seconds for what takes EC2 minutes."""
_OFF = "`idle_minutes: 0` under `cluster:`"
REHEARSED_EC2 = "http://169.254.169.254"
"""Where a rehearsal's hosts find EC2: at the address of their metadata."""


def elastic_of(spec: FleetSpec) -> Elastic | None:
    """What the fleet file asks for, or None.

    Raises:
        UsageError: these hosts cannot be stopped and started, or two limits contradict each other.
    """
    wish = spec.cluster
    if not wish.idle_minutes:
        if wish.max_hosts:
            raise UsageError(
                "`max_hosts` under `cluster:` without `idle_minutes`: no host is ever stopped to make room for another",
                "`idle_minutes: 10` under `cluster:`, or leave `max_hosts` out and make fewer `hosts:`",
            )
        return None
    if spec.cloud != "aws":
        raise UsageError(
            f"`idle_minutes` under `cluster:` stops and starts hosts of AWS, and `cloud:` is {spec.cloud}",
            f"--cloud aws, or {_OFF}",
        )
    if spec.aws.market == "spot":
        raise UsageError(
            "`idle_minutes` under `cluster:`, and a spot host cannot be stopped and started again",
            f"`market: on-demand` under `aws:`, or {_OFF}",
        )
    if spec.aws.capacity_reservation.startswith("cr-"):
        raise UsageError(
            f"`idle_minutes` under `cluster:`, and {spec.aws.capacity_reservation} is paid for whether its hosts run or not;"
            " those of a Capacity Block cannot be stopped",
            f"leave `capacity_reservation:` out, or {_OFF}",
        )
    if spec.limits.idle_minutes:
        raise UsageError(
            "`idle_minutes` under `limits:` ends idle hosts, and `idle_minutes` under `cluster:` stops them for the next job",
            f"leave that under `limits:` out, or {_OFF}",
        )
    own = spec.cluster.controller == "own"
    if wish.max_hosts == 1 and not own:
        raise UsageError(
            "`max_hosts: 1` under `cluster:`, and the first host, which has the controller, computes and always runs",
            "`max_hosts: 2`, or `controller: own`",
        )
    return Elastic(
        idle_minutes=wish.idle_minutes,
        max_hosts=wish.max_hosts,
        region=spec.aws.regions[0],
        endpoint_url=REHEARSED_EC2 if spec.aws.rehearse else "",
        # A profile that the user names is on every host, and may be meant for jobs.
        private_metadata=not spec.aws.instance_profile,
    )


def elastic_vars(plan: Plan, hosts: tuple[Host, ...]) -> dict[str, object]:
    """What role `slurm` is told of hosts that are started and stopped; empty where none are."""
    cluster = plan.cluster
    if cluster is None or cluster.elastic is None:
        return {}
    stopped = [host for host in hosts if host.name in cluster.compute and host.name != cluster.controller]
    wish = cluster.elastic
    return {
        "slurm_elastic": {
            "region": next((region_of(host) for host in stopped), "") or wish.region,
            "endpoint_url": wish.endpoint_url,
            "idle_minutes": wish.idle_minutes,
            "max_hosts": wish.max_hosts,
            "private_metadata": wish.private_metadata,
            **(_PLAYED if wish.endpoint_url else {}),
            "max_hours": plan.limits.max_hours,
            "max_cost_usd": plan.limits.max_cost_usd,
            "hosts": {
                host.name: {"instance": host.provider_id, "usd_per_hour": host.price_usd_per_hour}
                for host in stopped
            },
        }
    }


def region_of(host: Host) -> str:
    """The region of a rented host's zone: `us-east-1` of `us-east-1a`."""
    return host.place.partition(",")[0].rstrip("abcdef")
