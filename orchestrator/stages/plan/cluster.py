"""Who does what in a cluster, what its roles are told, and what no cluster can be made of. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.config import FleetSpec
from orchestrator.config.sections import SHARED_FOLDER
from orchestrator.elastic import elastic_of
from orchestrator.errors import UsageError
from orchestrator.models import Cluster, HostRequest, Plan

LEASES = "gpu_leases"
"""The role that gives out a host's GPUs where Slurm does not."""


def cluster_of(spec: FleetSpec, hosts: tuple[HostRequest, ...]) -> Cluster | None:
    """The cluster of these hosts, or None where each is on its own.

    Raises:
        UsageError: no host would compute, their releases of Slurm differ, or leases are insisted on.
    """
    if not spec.cluster.enabled:
        return None
    _refuse_mixed(host.distribution for host in hosts)
    if spec.vars.get(f"{LEASES}_state", "absent") != "absent":
        raise UsageError(
            f"`{LEASES}_state` under `vars:`, and Slurm gives out the GPUs of a cluster",
            f"leave `{LEASES}_state` out, or `enabled: false` under `cluster:`",
        )
    names = tuple(host.name for host in hosts)
    own = spec.cluster.controller == "own"
    if own and len(names) < 2:
        raise UsageError(
            "one host, and `controller: own` under `cluster:` leaves none that computes",
            "--hosts 2, or `controller: first`",
        )
    return Cluster(
        controller=names[0],
        compute=names[1:] if own else names,
        shared_folder=spec.cluster.shared_folder or SHARED_FOLDER,
        by_volume=spec.cloud == "sandbox",
        elastic=elastic_of(spec),
    )


def with_workloads(cluster: Cluster | None, spec: FleetSpec) -> Cluster | None:
    """With what its hosts do together to prove themselves."""
    if cluster is None:
        return None
    asked = spec.validation.requests_across(spec.stack.framework, len(cluster.compute))
    return replace(cluster, workloads=asked)


def unproved_across(cluster: Cluster | None, spec: FleetSpec) -> tuple[str, ...]:
    """Why nothing is proved across the hosts of a cluster; empty where something is."""
    if cluster is None or cluster.workloads:
        return ()
    if len(cluster.compute) < 2:
        return ("one host computes: nothing is proved across hosts",)
    backend = spec.validation.backend or spec.stack.framework
    return (
        f"nothing is proved across hosts: that is done with TensorFlow or JAX, and the environment has {backend}",
    )


def cluster_vars(fleet: str, cluster: Cluster | None) -> dict[str, object]:
    """Variables of the roles `slurm` and `nfs`; empty without a cluster."""
    if cluster is None:
        return {}
    return {"slurm_cluster_name": fleet, "slurm_shared_folder": cluster.shared_folder}


def without_leases(plan: Plan, earlier: Plan | None) -> Plan:
    """In a cluster, role `gpu_leases` is left out, and taken away where it was applied before."""
    if plan.cluster is None or LEASES not in plan.roles:
        return plan
    if earlier is not None and LEASES in earlier.roles:
        note = f"{LEASES} is taken away: Slurm gives out the GPUs"
        return replace(
            plan, role_vars={**plan.role_vars, f"{LEASES}_state": "absent"}, notes=(*plan.notes, note)
        )
    note = f"{LEASES} is left out: Slurm gives out the GPUs"
    return replace(
        plan, roles=tuple(role for role in plan.roles if role != LEASES), notes=(*plan.notes, note)
    )


def _refuse_mixed(distributions: Iterable[str]) -> None:
    kinds = tuple(dict.fromkeys(distributions))
    if len(kinds) > 1:
        raise UsageError(
            f"all hosts of a cluster need the same release of Slurm, and each of {', '.join(kinds)} has its own",
            "the same `distribution:` for all hosts",
        )
