"""Who does what in a cluster, what its roles are told, and what is refused."""

from dataclasses import replace

import pytest

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import Cluster, HostRequest, Plan
from orchestrator.pipeline.previous_runs import refuse_other_provider
from orchestrator.stages.plan.cluster import cluster_of, cluster_vars, without_leases
from tests.unit.stages.test_inventory import PLAN

HOSTS = tuple(HostRequest(name=f"lab-{n}", distribution="debian-12") for n in (1, 2, 3))


def spec(*, controller: str = "first", shared_folder: str = "", **said: object) -> FleetSpec:
    cluster = {"enabled": True, "controller": controller, "shared_folder": shared_folder}
    return FleetSpec.model_validate({"name": "lab", "hosts": 3, "cluster": cluster, **said})


def planned(*roles: str, cluster: Cluster | None = None) -> Plan:
    return replace(PLAN, roles=roles, role_vars={}, cluster=cluster)


CLUSTER = Cluster(controller="lab-1", compute=("lab-1",), shared_folder="/shared", by_volume=True)


def test_the_first_host_has_the_controller_and_computes() -> None:
    assert cluster_of(spec(), HOSTS) == Cluster(
        controller="lab-1", compute=("lab-1", "lab-2", "lab-3"), shared_folder="/shared", by_volume=True
    )


def test_a_controller_of_its_own_computes_nothing() -> None:
    made = cluster_of(spec(controller="own", shared_folder="/data/all"), HOSTS)
    assert made is not None
    assert (made.controller, made.compute, made.volume) == ("lab-1", ("lab-2", "lab-3"), "/data/all")


def test_without_cluster_there_is_none() -> None:
    assert cluster_of(FleetSpec(), HOSTS) is None
    assert cluster_vars("lab", None) == {}


@pytest.mark.parametrize(
    ("cloud", "folder", "roles"),
    [
        ("sandbox", "", ("slurm",)),
        ("onprem", "", ("nfs", "slurm")),
        ("aws", "", ("nfs", "slurm")),
        ("aws", "/fsx", ("slurm",)),
    ],
)
def test_folders_are_shared_by_nfs_where_nothing_else_does(
    cloud: str, folder: str, roles: tuple[str, ...]
) -> None:
    wanted = spec(cloud=cloud, shared_folder=folder)
    assert wanted.wanted_roles[-len(roles) :] == roles
    assert {"nfs", "slurm"} & set(wanted.wanted_roles) == set(roles)
    made = cluster_of(wanted, HOSTS)
    assert made is not None
    assert made.volume == ("/shared" if cloud == "sandbox" else "")
    assert cluster_vars("lab", made) == {
        "slurm_cluster_name": "lab",
        "slurm_shared_folder": folder or "/shared",
    }


def test_a_single_host_with_a_controller_of_its_own_is_refused() -> None:
    with pytest.raises(UsageError, match="none that computes") as refused:
        cluster_of(spec(controller="own"), HOSTS[:1])
    assert refused.value.hint == "--hosts 2, or `controller: first`"


def test_hosts_of_two_distributions_are_refused() -> None:
    mixed = (*HOSTS, HostRequest(name="lab-4", distribution="debian-13"))
    with pytest.raises(UsageError, match="debian-12, debian-13"):
        cluster_of(spec(), mixed)


def test_leases_beside_slurm_are_refused() -> None:
    with pytest.raises(UsageError, match="Slurm gives out the GPUs"):
        cluster_of(spec(vars={"gpu_leases_state": "present"}), HOSTS)


def test_leases_are_left_out() -> None:
    plan = without_leases(planned("base", "gpu_leases", "slurm", cluster=CLUSTER), None)
    assert plan.roles == ("base", "slurm")
    assert plan.notes[-1] == "gpu_leases is left out: Slurm gives out the GPUs"


def test_leases_are_taken_away_where_they_were_given_before() -> None:
    earlier = planned("base", "gpu_leases")
    plan = without_leases(planned("base", "gpu_leases", "slurm", cluster=CLUSTER), earlier)
    assert plan.roles == ("base", "gpu_leases", "slurm")
    assert plan.role_vars == {"gpu_leases_state": "absent"}
    assert without_leases(planned("base", "gpu_leases", "slurm", cluster=CLUSTER), plan).roles == plan.roles


def test_hosts_on_their_own_keep_their_leases() -> None:
    assert without_leases(planned("base", "gpu_leases"), None) == planned("base", "gpu_leases")


def test_a_cluster_does_not_become_single_hosts_unseen() -> None:
    earlier = planned("base", "slurm", cluster=CLUSTER)
    with pytest.raises(UsageError, match="fleet lab is a cluster") as refused:
        refuse_other_provider(FleetSpec(name="lab"), earlier)
    assert refused.value.hint.startswith("add --cluster")
    refuse_other_provider(spec(), earlier)
