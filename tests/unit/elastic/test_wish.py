"""What `cluster:` may ask of hosts that are stopped and started, and what role `slurm` is told of them."""

from dataclasses import replace

import pytest

from orchestrator.config import FleetSpec, load_fleet
from orchestrator.elastic import elastic_of, elastic_vars, stopped_by_slurm
from orchestrator.elastic.wish import region_of
from orchestrator.errors import UsageError
from orchestrator.models import Cluster, Elastic, HostState, Limits, Plan
from tests.unit.builders import host
from tests.unit.stages.proofs import plan

ON_AWS: dict[str, object] = {"cloud": "aws", "cluster.enabled": True, "cluster.idle_minutes": 10}
ELASTIC = Elastic(idle_minutes=10, max_hosts=2, region="us-east-1", endpoint_url="")


def spec(**flags: object) -> FleetSpec:
    return load_fleet(
        None, environ={}, flags=ON_AWS | {key.replace("__", "."): value for key, value in flags.items()}
    )


def elastic_plan() -> Plan:
    names = ("t-1", "t-2", "t-3")
    cluster = Cluster(controller="t-1", compute=names, shared_folder="/shared", elastic=ELASTIC)
    return replace(plan(*names), cluster=cluster, limits=Limits(max_hours=8, max_cost_usd=5))


def test_what_is_asked_for() -> None:
    wish = elastic_of(spec(cluster__max_hosts=2))
    assert wish == ELASTIC
    assert elastic_of(spec(cluster__idle_minutes=0)) is None


@pytest.mark.parametrize(
    ("flags", "cause"),
    [
        ({"cluster__idle_minutes": 0, "cluster__max_hosts": 2}, "no host is ever stopped to make room"),
        ({"cloud": "sandbox"}, "stops and starts hosts of AWS"),
        ({"aws__market": "spot"}, "a spot host cannot be stopped"),
        ({"aws__capacity_reservation": "cr-0123456789abcdef0"}, "cannot be stopped"),
        ({"limits__idle_minutes": 30}, "ends idle hosts"),
        ({"cluster__max_hosts": 1}, "which has the controller, computes and always runs"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(flags: dict[str, object], cause: str) -> None:
    with pytest.raises(UsageError, match=cause) as caught:
        elastic_of(spec(**flags))
    assert caught.value.hint


def test_one_host_of_a_controller_of_its_own_may_be_the_most() -> None:
    assert elastic_of(spec(cluster__max_hosts=1, cluster__controller="own")) is not None


def test_the_role_is_told_of_all_but_the_controller() -> None:
    hosts = tuple(
        replace(host(name), provider_id=f"i-{name}", place="us-west-2b", price_usd_per_hour=0.5)
        for name in ("t-1", "t-2", "t-3")
    )
    told = elastic_vars(elastic_plan(), hosts)["slurm_elastic"]
    assert isinstance(told, dict)
    assert told["hosts"] == {name: {"instance": f"i-{name}", "usd_per_hour": 0.5} for name in ("t-2", "t-3")}
    assert (told["region"], told["max_hosts"], told["max_hours"], told["max_cost_usd"]) == (
        "us-west-2",
        2,
        8,
        5,
    )
    assert told["private_metadata"]
    assert elastic_vars(plan("t-1"), hosts) == {}


def test_a_profile_of_the_users_own_stays_open_to_jobs() -> None:
    found = elastic_of(spec(aws__instance_profile="training-data"))
    assert found is not None
    assert not found.private_metadata


def test_a_zone_is_of_a_region() -> None:
    assert region_of(replace(host("t"), place="us-east-1a, spot")) == "us-east-1"


def test_a_stopped_host_was_stopped_by_slurm_while_its_controller_runs() -> None:
    hosts = [host("t-1"), replace(host("t-2"), state=HostState.STOPPED), host("t-3")]
    assert stopped_by_slurm(elastic_plan(), hosts) == ("t-2",)
    assert stopped_by_slurm(plan("t-1"), hosts) == ()
    assert stopped_by_slurm(elastic_plan(), [replace(hosts[0], state=HostState.STOPPED), *hosts[1:]]) == ()
