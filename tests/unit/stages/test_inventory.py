"""What Ansible and ssh are told about a fleet."""

import json
import shutil
import subprocess
from pathlib import Path

from orchestrator.journal import Journal
from orchestrator.models import Connection, Plan
from orchestrator.stages.inventory import inventory
from tests.unit.builders import HOST_KEY, host

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


def test_host_keys_are_recorded_by_name_so_that_a_port_may_change(tmp_path: Path) -> None:
    journal = Journal("lab", tmp_path)
    inventory(PLAN, (host(),), journal)
    assert (journal.folder / "known_hosts").read_text() == f"lab-1 {HOST_KEY}\n"


def test_role_variables_are_the_fleets(tmp_path: Path) -> None:
    content = json.loads(inventory(PLAN, (host(),), Journal("lab", tmp_path)).read_text())
    assert content["fleet"]["vars"] == {"base_packages": ["htop"]}


def test_the_users_own_hosts_keep_their_connection(tmp_path: Path) -> None:
    hosts = (host(host_key=""), host("here", connection=Connection.LOCAL, host_key=""))
    content = json.loads(inventory(PLAN, hosts, Journal("lab", tmp_path)).read_text())
    assert content["fleet"]["hosts"] == {"lab-1": {}, "here": {"ansible_connection": "local"}}


def test_no_private_key_is_written(tmp_path: Path) -> None:
    journal = Journal("lab", tmp_path)
    inventory(PLAN, (host(),), journal)
    assert all("PRIVATE" not in path.read_text() for path in journal.folder.iterdir())
