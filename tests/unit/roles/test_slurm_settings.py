"""What role slurm tells Slurm of its hosts, and what it says of hosts that cannot be one cluster. No host, no Slurm."""

from typing import Any

import pytest

from tests.unit.roles.rendered import rendered_variables

FACTS = {"hostname": "ip-10-0-0-1", "distribution": "Debian", "distribution_major_version": "12"}
GPU = {"name": "gpu", "type": "l40s", "files": ["/dev/nvidia0"], "cut": False, "count": 1}
USABLE = {"usable": True, "devices": True, "swap": True, "why": ""}
UNUSABLE = {"usable": False, "devices": False, "swap": False, "why": "it cannot"}


def host(number: int, gpus: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    return {
        "name": f"gpu-{number}",
        "hostname": f"ip-10-0-0-{number}",
        "address": f"10.0.0.{number}",
        "compute": True,
        "version": "22.05.8",
        "cpus": 8,
        "sockets": 1,
        "cores": 4,
        "threads": 2,
        "memory_mb": 16000 * number,
        "gpus": gpus,
        "autodetect": False,
        "confinement": USABLE,
        **more,
    }


def said(name: str, *hosts: dict[str, Any], **given: object) -> list[str]:
    variables = {
        "inventory_hostname": "gpu-1.lab.example",
        "ansible_play_hosts": ["gpu-1.lab.example"],
        "groups": {"all": ["gpu-1.lab.example", "gpu-2"]},
        "hostvars": {"gpu-1.lab.example": {"ansible_facts": FACTS}},
        "slurm_controller": "gpu-1.lab.example",
        "slurm_hosts": ["gpu-1.lab.example", "gpu-2"],
        "slurm_address": "10.0.0.1",
        "__slurm_cluster": {"hosts": list(hosts)},
        "__slurm_hardware": {"host": hosts[0]},
        **given,
    }
    (text,) = rendered_variables([("slurm", name, variables, FACTS)])
    return str(text).splitlines()


def lines(found: list[str], beginning: str) -> list[str]:
    return [line for line in found if line.startswith(beginning)]


def test_each_host_is_told_with_its_cards_and_the_memory_of_a_processor_is_the_least() -> None:
    found = said("__slurm_conf", host(2, [GPU, {**GPU, "files": ["/dev/nvidia1"]}]), host(1, []))
    assert lines(found, "NodeName") == [
        (
            "NodeName=gpu-1 NodeAddr=10.0.0.1 NodeHostname=ip-10-0-0-1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 "
            "ThreadsPerCore=2 RealMemory=16000 State=UNKNOWN"
        ),
        (
            "NodeName=gpu-2 NodeAddr=10.0.0.2 NodeHostname=ip-10-0-0-2 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 "
            "ThreadsPerCore=2 RealMemory=32000 Gres=gpu:l40s:2 State=UNKNOWN"
        ),
    ]
    assert lines(found, "PartitionName") == [
        (
            "PartitionName=main Nodes=gpu-1,gpu-2 Default=YES State=UP DefaultTime=1440 MaxTime=10080 DefMemPerCPU=2000 "
            "TRESBillingWeights=CPU=1.0,GRES/gpu=8.0"
        )
    ]
    assert "SlurmctldHost=ip-10-0-0-1(10.0.0.1)" in found
    assert "GresTypes=gpu" in found
    assert "SlurmdTimeout=120" in found


def test_partitions_have_their_own_hosts_and_hours() -> None:
    partitions = [
        {"name": "short", "max_hours": 0.5},
        {"name": "big", "hosts": ["gpu-2"], "default_hours": 1},
    ]
    found = said("__slurm_conf", host(1, []), host(2, []), slurm_partitions=partitions)
    short, big = (line.split(" State")[0] + line.split("UP")[1] for line in lines(found, "PartitionName"))
    assert short.startswith("PartitionName=short Nodes=gpu-1,gpu-2 Default=YES DefaultTime=30 MaxTime=30 ")
    assert big.startswith("PartitionName=big Nodes=gpu-2 Default=NO DefaultTime=60 MaxTime=10080 ")


def test_jobs_are_confined_where_all_hosts_can_and_nowhere_else() -> None:
    found = said("__slurm_conf", host(1, []), host(2, []))
    assert {"ProctrackType=proctrack/cgroup", "TaskPlugin=task/cgroup,task/affinity"} <= set(found)
    found = said("__slurm_conf", host(1, []), host(2, [], confinement=UNUSABLE))
    assert {"ProctrackType=proctrack/linuxproc", "# Not confined: on gpu-2, it cannot."} <= set(found)


@pytest.mark.parametrize(
    ("version", "confinement", "told"),
    [
        ("22.05.8", USABLE, ["ConstrainCores=yes", "ConstrainDevices=yes", "ConstrainRAMSpace=yes"]),
        ("22.05.8", {**USABLE, "devices": False}, ["ConstrainDevices=no"]),
        ("22.05.8", {**USABLE, "swap": False}, ["ConstrainSwapSpace=no"]),
        ("22.05.8", UNUSABLE, ["CgroupPlugin=cgroup/v1"]),
        ("24.11.5", UNUSABLE, ["CgroupPlugin=disabled"]),
    ],
)
def test_what_is_confined_is_what_the_kernel_allows(
    version: str, confinement: dict[str, object], told: list[str]
) -> None:
    one = host(1, [], version=version, confinement=confinement)
    assert set(told) <= set(said("__slurm_cgroup", one))


def test_cards_that_are_cut_up_or_shared_are_told_by_their_parts() -> None:
    cut = {**GPU, "type": "3g.40gb", "cut": True, "files": ["/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap12"]}
    shares = {"name": "mps", "type": "", "files": ["/dev/nvidia1"], "cut": False, "count": 4}
    hosts = (host(1, [cut, {**GPU, "files": ["/dev/nvidia1"]}, shares]), host(2, [GPU], autodetect=True))
    found = said("__slurm_conf", *hosts)
    assert "Gres=gpu:3g.40gb:1,gpu:l40s:1,mps:4 " in lines(found, "NodeName=gpu-1")[0]
    assert "GresTypes=gpu,mps" in found
    assert lines(said("__slurm_gres", *hosts), "NodeName") == [
        "NodeName=gpu-1 AutoDetect=off Name=gpu Type=3g.40gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap12",
        "NodeName=gpu-1 AutoDetect=off Name=gpu Type=l40s File=/dev/nvidia1",
        "NodeName=gpu-1 Name=mps Count=4 File=/dev/nvidia1",
        "NodeName=gpu-2 AutoDetect=nvml",
    ]


def test_a_daemon_is_started_again_for_its_own_lines_alone() -> None:
    def own(*hosts: dict[str, Any]) -> list[str]:
        text = {name: "\n".join(said(f"__slurm_{name}", *hosts)) for name in ("conf", "gres")}
        return said("__slurm_own_lines", *hosts, __slurm_text=text)

    before = own(host(1, []), host(2, []))
    assert own(host(1, []), host(2, [GPU])) == before
    assert own(host(1, [GPU]), host(2, [])) != before


def test_hosts_that_cannot_be_one_cluster_are_said() -> None:
    def seen(version: str, offered: str, **users: int) -> dict[str, object]:
        told = {"version": version, "offered": offered, "users": users, "foreign": []}
        return {"ansible_facts": FACTS, "__slurm_seen": {"host": told}}

    hostvars = {
        "a": {"inventory_hostname": "a", **seen("24.11.5", "", ann=1000, bob=1001)},
        "b": {"inventory_hostname": "b", **seen("", "", ann=1000, bob=1002)},
    }
    given = {"ansible_play_hosts": ["a", "b"], "hostvars": hostvars}
    (versions,) = said("__slurm_versions_said", host(1, []), **given)
    assert versions == "['a has 24.11.5', 'b has 22.05.8']"
    (users,) = said("__slurm_users_said", host(1, []), **given)
    assert "b has ann as 1000, bob as 1002" in users
    assert said("__slurm_users_differing", host(1, []), **given) == ["['bob has']"]
