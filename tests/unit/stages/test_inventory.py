"""What Ansible and ssh are told about a fleet."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.journal import Journal
from orchestrator.models import Cluster, Connection, Market, Offer, Plan, Stack
from orchestrator.stages.inventory import inventory
from tests.unit.builders import HOST_KEY, host
from tests.unit.stacks import DRIVER, TOOLKIT, stack

PLAN = Plan(
    fleet="lab",
    cloud="sandbox",
    token="lab-1",
    hosts=(),
    user="admin",
    offers=(),
    roles=("base",),
    role_vars={"base_packages": ["htop"]},
    workloads=(),
    price_usd_per_hour=0.0,
)


def test_ssh_itself_reads_the_configuration(tmp_path: Path) -> None:
    journal = Journal("lab", tmp_path / "with a space")
    inventory(PLAN, (host(), host("lab-2", port=40000)), journal)
    ssh = shutil.which("ssh")
    assert ssh, "orchestrate needs OpenSSH's client"
    argv = (ssh, "-G", "-F", str(journal.folder / "ssh_config"), "lab-2")
    seen = dict(
        line.split(" ", 1)
        for line in subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    )
    assert (seen["hostname"], seen["port"], seen["user"]) == ("127.0.0.1", "40000", "admin")
    assert seen["stricthostkeychecking"] == "true"
    assert seen["hostkeyalias"] == "lab-2"
    assert seen["passwordauthentication"] == "no"
    assert seen["userknownhostsfile"] == str(journal.folder / "known_hosts")
    assert seen["identityfile"] == str(journal.keys / "id_ed25519")


def test_hosts_are_in_the_group_of_each_service_that_is_planned(tmp_path: Path) -> None:
    planned = replace(PLAN, roles=("base", "nginx", "vnc"))
    written = json.loads(inventory(planned, (host(), host("lab-2")), Journal("lab", tmp_path)).read_text())
    assert written["vnc"] == written["nginx"] == {"hosts": {"lab-1": {}, "lab-2": {}}}
    assert "base" not in written, "it is for every host"


def test_a_cluster_has_groups_for_its_controller_and_for_those_who_compute(tmp_path: Path) -> None:
    made = Cluster(controller="lab-1", compute=("lab-2",), shared_folder="/shared")
    planned = replace(PLAN, roles=("base", "nfs", "slurm"), cluster=made)
    written = json.loads(inventory(planned, (host(), host("lab-2")), Journal("lab", tmp_path)).read_text())
    assert written["slurm"] == written["nfs"] == {"hosts": {"lab-1": {}, "lab-2": {}}}
    assert written["slurm_controller"] == {"hosts": {"lab-1": {}}}
    assert written["slurm_compute"] == {"hosts": {"lab-2": {}}}


def test_host_keys_are_recorded_by_name_so_that_a_port_may_change(tmp_path: Path) -> None:
    journal = Journal("lab", tmp_path)
    inventory(PLAN, (host(),), journal)
    assert (journal.folder / "known_hosts").read_text() == f"lab-1 {HOST_KEY}\n"


def test_no_two_hosts_share_the_connection_that_ansible_keeps_open(tmp_path: Path) -> None:
    again = replace(host(), provider_id="another container of the same name")
    hosts = [(host(), "one"), (host(), "other"), (again, "one"), (host("lab-2"), "one")]
    written = [
        json.loads(inventory(PLAN, (each,), Journal("lab", tmp_path / owner)).read_text())
        for each, owner in hosts
    ]
    paths = [
        variables["ansible_control_path"] for each in written for variables in each["fleet"]["hosts"].values()
    ]
    assert len(set(paths)) == len(hosts)
    assert all(path.startswith("%(directory)s/") and len(path) < 40 for path in paths)
    filled_in = [path % {"directory": "/root/.ansible/cp"} for path in paths]
    assert all(path.endswith("-%r") for path in filled_in), (
        "another account's task has a connection of its own"
    )


def test_role_variables_are_the_fleets(tmp_path: Path) -> None:
    content = json.loads(inventory(PLAN, (host(),), Journal("lab", tmp_path)).read_text())
    assert content["fleet"]["vars"] == {"base_packages": ["htop"]}


def test_a_host_gets_its_own_names_and_a_rented_one_the_address_that_the_world_has(tmp_path: Path) -> None:
    named = replace(PLAN, roles=("nginx",), regions=("us-east-1",), web_names={"lab-1": ("gpu.example.org",)})
    hosts = tuple(replace(host(f"lab-{n}"), address=f"192.0.2.{n}") for n in (1, 2))
    content = json.loads(inventory(named, hosts, Journal("lab", tmp_path)).read_text())
    one, two = (content["fleet"]["hosts"][name] for name in ("lab-1", "lab-2"))
    assert (one["nginx_names"], one["nginx_public_address"]) == (["gpu.example.org"], "192.0.2.1")
    assert "nginx_names" not in two
    assert two["nginx_public_address"] == "192.0.2.2"


def test_only_a_spot_host_looks_for_ec2s_notice_unless_the_fleet_file_says_otherwise(tmp_path: Path) -> None:
    spot = replace(host("lab-1"), price_usd_per_hour=0.5, market=Market.SPOT)
    hosts = (spot, replace(host("lab-2"), price_usd_per_hour=0.5))
    journal = Journal("lab", tmp_path)
    one, two = json.loads(inventory(PLAN, hosts, journal).read_text())["fleet"]["hosts"].values()
    assert (one["lifetime_spot"], one["lifetime_price_usd_per_hour"]) == (True, 0.5)
    assert "lifetime_spot" not in two
    by_hand = replace(PLAN, role_vars={"lifetime_spot": False})
    ours = json.loads(inventory(by_hand, hosts, journal).read_text())["fleet"]["hosts"]["lab-1"]
    assert "lifetime_spot" not in ours


def test_a_host_in_a_block_ends_before_ec2_takes_it_back_and_has_no_budget(tmp_path: Path) -> None:
    until = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)
    offer = Offer(
        provider="aws", description="", available=True, reason="", price_usd_per_hour=0.0, until=until
    )
    planned = replace(PLAN, offers=(offer,), role_vars={"lifetime_max_cost_usd": 20.0})
    in_block = replace(host("lab-1"), market=Market.CAPACITY_BLOCK)
    content = json.loads(inventory(planned, (in_block,), Journal("lab", tmp_path)).read_text())
    given = content["fleet"]["hosts"]["lab-1"]
    assert (given["lifetime_until"], given["lifetime_max_cost_usd"]) == ("2026-12-01T11:00:00+00:00", 0)


def test_hosts_of_one_stack_share_a_group_with_its_variables(tmp_path: Path) -> None:
    card = stack("Tesla T4", driver=DRIVER)
    seen = groups(tmp_path, {"lab-1": card, "lab-2": stack(), "lab-3": card}, roles=("nvidia_driver",))
    assert {name: list(group["hosts"]) for name, group in seen.items() if name != "fleet"} == {
        "stack_1": ["lab-1", "lab-3"],
        "stack_2": ["lab-2"],
    }
    assert seen["stack_1"]["vars"]["nvidia_driver_branch"] == "580"


def test_containers_are_given_cards_on_those_hosts_alone_that_have_some(tmp_path: Path) -> None:
    card = stack("Tesla T4", driver=DRIVER)
    seen = groups(tmp_path, {"lab-1": card, "lab-2": stack()}, roles=("container_toolkit",))
    assert "container_toolkit_state" not in seen["stack_1"]["vars"]
    assert seen["stack_2"]["vars"]["container_toolkit_state"] == "absent"


def test_what_the_fleet_file_says_is_not_said_again(tmp_path: Path) -> None:
    given: dict[str, object] = {"nvidia_driver_branch": "570"}
    seen = groups(
        tmp_path,
        {"lab-1": stack("Tesla T4", driver=DRIVER)},
        roles=("nvidia_driver",),
        role_vars=given,
    )
    assert seen["fleet"]["vars"] == given
    assert "nvidia_driver_branch" not in seen["stack_1"]["vars"]


def test_roles_that_are_not_planned_get_no_variables(tmp_path: Path) -> None:
    seen = groups(tmp_path, {"lab-1": stack("Tesla T4", driver=DRIVER)}, roles=("base",))
    assert list(seen["stack_1"]["vars"]) == ["ansible_group_priority"]


def test_a_host_that_needs_no_toolkit_gets_none_beside_one_that_does(tmp_path: Path) -> None:
    stacks = {"lab-1": stack(toolkit=TOOLKIT), "lab-2": stack()}
    seen = groups(tmp_path, stacks, roles=("cuda",))
    assert seen["stack_1"]["vars"]["cuda_version"] == "12.4"
    assert seen["stack_2"]["vars"]["cuda_state"] == "absent"


def test_the_users_own_inventory_wins_over_the_stack(tmp_path: Path) -> None:
    laboratory = tmp_path / "laboratory"
    (laboratory / "group_vars").mkdir(parents=True)
    (laboratory / "hosts.yml").write_text(
        "all: {hosts: {lab-1: {}, lab-2: {}, lab-3: {nvidia_driver_branch: host}},"
        " children: {old: {hosts: {lab-2: {}}, vars: {nvidia_driver_branch: group}}}}\n"
    )
    stacks = {f"lab-{number}": stack("Tesla T4", driver=DRIVER) for number in (1, 2, 3)}
    planned = replace(PLAN, stacks=stacks, roles=("nvidia_driver",))
    hosts = tuple(host(name, host_key="") for name in stacks)
    ours = inventory(planned, hosts, Journal("lab", tmp_path / "state"))
    listing = subprocess.run(
        (sys.executable, "-m", "ansible", "inventory", "-i", str(laboratory), "-i", str(ours), "--list"),
        capture_output=True,
        check=True,
    ).stdout
    seen = json.loads(listing)["_meta"]["hostvars"]
    assert [seen[name]["nvidia_driver_branch"] for name in stacks] == ["580", "group", "host"]


def groups(
    tmp_path: Path,
    stacks: dict[str, Stack],
    *,
    roles: tuple[str, ...],
    role_vars: dict[str, object] | None = None,
) -> dict[str, Any]:
    planned = replace(PLAN, stacks=stacks, roles=roles, role_vars=role_vars or {})
    hosts = tuple(map(host, stacks))
    content: dict[str, Any] = json.loads(inventory(planned, hosts, Journal("lab", tmp_path)).read_text())
    return content


def test_the_users_own_hosts_keep_their_connection(tmp_path: Path) -> None:
    hosts = (host(host_key=""), host("here", connection=Connection.LOCAL, host_key=""))
    content = json.loads(inventory(PLAN, hosts, Journal("lab", tmp_path)).read_text())
    assert content["fleet"]["hosts"] == {"lab-1": {}, "here": {"ansible_connection": "local"}}


def test_no_private_key_is_written(tmp_path: Path) -> None:
    journal = Journal("lab", tmp_path)
    inventory(PLAN, (host(),), journal)
    assert all("PRIVATE" not in path.read_text() for path in journal.folder.iterdir())
