"""A rehearsal with real containers: an instance boots by cloud-init, is reached by SSH, ends itself, and nothing is left."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.rehearsal import Rehearsal, close_rehearsal_when_empty, find_rehearsal, open_rehearsal
from orchestrator.rehearsal.containers.container_spec import LABEL
from orchestrator.rehearsal.containers.networks import remove_everything
from orchestrator.rehearsal.session import record
from orchestrator.waiting import NotYet, wait_for

pytestmark = pytest.mark.containers

REGION = "us-east-1"
IMAGES = {
    "debian-12": "/aws/service/debian/release/12/latest/amd64",
    "debian-13": "/aws/service/debian/release/13/latest/amd64",
    "ubuntu-22.04": "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
    "ubuntu-26.04": "/aws/service/canonical/ubuntu/server/26.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
}
"""Ubuntu 24.04 is that of the fleets in `aws/test_rented.py`."""
BOOT_S = 120.0


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose rehearsal is swept away, whatever becomes of the test."""
    yield tmp_path
    known = record.read(tmp_path)
    if known is not None:
        os.kill(known.pid, 9)
    remove_everything(Engine(detect()), record.mark(tmp_path))


class Guest:
    """Somebody who launches an instance and logs in to it."""

    def __init__(self, rehearsal: Rehearsal, home: Path) -> None:
        self.aws = Aws(rehearsal.url)
        self.ec2 = self.aws.ec2(REGION)
        self.key, self.host_key = home / "key", home / "host_key"
        for key in (self.key, self.host_key):
            subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), check=True)

    def launch(self, distribution: str = "debian-12") -> tuple[str, str]:
        """Id and address of an instance whose user-data let us in, with a host key that we know."""
        name = IMAGES[distribution]
        image = self.aws.ssm(REGION).get_parameters(Names=[name])["Parameters"][0]["Value"]
        public = self.key.with_suffix(".pub").read_text(encoding="ascii").strip()
        login = {"name": "ada", "shell": "/bin/bash", "ssh_authorized_keys": [public]}
        host_keys = {
            "ed25519_private": self.host_key.read_text(encoding="ascii"),
            "ed25519_public": self.host_key.with_suffix(".pub").read_text(encoding="ascii").strip(),
        }
        config = {"users": [{**login, "sudo": ["ALL=(ALL) NOPASSWD:ALL"]}], "ssh_keys": host_keys}
        made = self.aws.launcher(REGION).run_instances(
            MinCount=1,
            MaxCount=1,
            ImageId=image,
            InstanceType="g4dn.xlarge",
            UserData=f"#cloud-config\n{json.dumps(config)}\n",
            MetadataOptions={"HttpTokens": "required"},
            InstanceInitiatedShutdownBehavior="terminate",
        )["Instances"][0]
        pinned = f"{made['PrivateIpAddress']} {host_keys['ed25519_public']}\n"
        (self.key.parent / "known_hosts").write_text(pinned, encoding="ascii")
        return made["InstanceId"], made["PrivateIpAddress"]

    def said(self, address: str, *command: str) -> subprocess.CompletedProcess[str]:
        """What a command says there, once SSH lets us in."""
        options = ("StrictHostKeyChecking=yes", "ConnectTimeout=3", "BatchMode=yes")
        known = f"UserKnownHostsFile={self.key.parent / 'known_hosts'}"
        flags = (part for option in (*options, known) for part in ("-o", option))
        argv = ("ssh", "-i", str(self.key), *flags, f"ada@{address}", *command)

        def tried() -> subprocess.CompletedProcess[str] | NotYet:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            return NotYet(done.stderr) if done.returncode == 255 else done

        return wait_for("SSH", tried, timeout_s=BOOT_S)

    def wait_until(self, id_: str, state: str) -> str:
        """Wait for a state; return the code of its reason."""

        def seen() -> str | NotYet:
            now = self.ec2.describe_instances(InstanceIds=[id_])["Reservations"][0]["Instances"][0]
            reached = now["State"]["Name"] == state
            return now.get("StateReason", {}).get("Code", "") if reached else NotYet(now["State"]["Name"])

        return wait_for(state, seen, timeout_s=BOOT_S)


@pytest.mark.parametrize("distribution", IMAGES)
def test_an_instance_boots_stops_starts_ends_itself_and_leaves_nothing(
    state: Path, distribution: str
) -> None:
    rehearsal = open_rehearsal(state, (), lambda _: None, (distribution,))
    guest = Guest(rehearsal, state)
    id_, address = guest.launch(distribution)
    booted = guest.said(address, "cloud-init", "status", "--wait")
    assert "status: done" in booted.stdout, booted
    assert id_ in guest.said(address, "cloud-init", "query", "instance_id").stdout
    assert guest.said(address, "sudo", "-n", "id", "-u").stdout == "0\n"

    said = dict(
        line.partition("=")[::2] for line in guest.said(address, "cat", "/etc/os-release").stdout.splitlines()
    )
    release = said["VERSION_ID"].strip('"')
    assert f"{said['ID']}-{release}" == distribution

    guest.ec2.stop_instances(InstanceIds=[id_])
    guest.wait_until(id_, "stopped")
    guest.ec2.start_instances(InstanceIds=[id_])
    assert guest.said(address, "id", "-un").stdout == "ada\n"
    assert close_rehearsal_when_empty(state) == (id_,)

    guest.said(address, "sudo", "systemd-run", "--no-block", "systemctl", "poweroff")
    assert guest.wait_until(id_, "terminated") == "Client.InstanceInitiatedShutdown"
    assert close_rehearsal_when_empty(state) == ()
    assert find_rehearsal(state) is None
    assert Engine(detect()).containers(f"{LABEL}={record.mark(state)}") == ()
    assert Engine(detect()).networks(f"{LABEL}={record.mark(state)}") == ()


def test_a_second_command_finds_the_rehearsal_and_sets_its_faults(state: Path) -> None:
    first = open_rehearsal(state, (), lambda _: None)
    again = open_rehearsal(state, ("cloud-init-fails",), lambda _: None)
    assert again == first
    guest = Guest(again, state)
    _, address = guest.launch()
    assert "status: error" in guest.said(address, "cloud-init", "status", "--wait").stdout


def test_what_a_killed_rehearsal_left_is_swept_away_by_the_next(state: Path) -> None:
    guest = Guest(open_rehearsal(state, (), lambda _: None), state)
    _, address = guest.launch()
    guest.said(address, "true")
    known = record.read(state)
    assert known is not None
    os.kill(known.pid, 9)
    wait_for("its end", lambda: record.read(state) is None or NotYet("alive"), timeout_s=10)
    assert len(Engine(detect()).containers(f"{LABEL}={record.mark(state)}")) == 1
    open_rehearsal(state, (), lambda _: None)
    assert Engine(detect()).containers(f"{LABEL}={record.mark(state)}") == ()
    assert close_rehearsal_when_empty(state) == ()
