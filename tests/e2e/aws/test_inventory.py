"""inventories/aws finds the hosts by their tags, as Ansible itself reads it, with the collection that it is written for."""

import json
import os
import subprocess
import venv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.models import HostIdentity, HostRequest, HostState, LaunchRequest
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.e2e.user import SHARED_CACHE

pytestmark = pytest.mark.containers  # none is started; half a gigabyte of collections is installed
ROOT = Path(__file__).parents[3]
ANSIBLE = "ansible==12.3.0"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8gbTFVuVFk0kQ2hSOzZYPmR4YlYpV1cW7cD8J2yPkq"


def test_hosts_have_their_address_user_and_groups(tmp_path: Path) -> None:
    program = ansible_inventory()
    with Cloud(settle_s=0, quotas={}) as cloud:
        launch(cloud, "train", hosts=3)
        launch(cloud, "other", hosts=1)
        environment = {
            **os.environ,
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
        }
        argv = (program, "-i", ROOT / "inventories" / "aws", "--list")
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout, object_hook=trusted)
    of = said["_meta"]["hostvars"]
    assert sorted(said["fleet_train"]["hosts"]) == ["train-1", "train-1+1", "train-1+2"]
    assert said["fleet_other"]["hosts"] == ["other-1"]
    assert [of[host]["orchestrate_host"] for host in sorted(said["fleet_train"]["hosts"])] == [
        "train-1",
        "train-2",
        "train-3",
    ]
    assert {of[host]["ansible_user"] for host in of} == {"admin"}
    assert all(of[host]["ansible_host"].startswith("10.231.") for host in of)
    assert sorted(said["type_g4dn_xlarge"]["hosts"]) == ["other-1", *sorted(said["fleet_train"]["hosts"])]


def trusted(read: dict[str, Any]) -> Any:
    """Ansible marks what came from elsewhere."""
    return read.get("__ansible_unsafe", read)


def launch(cloud: Cloud, fleet: str, *, hosts: int) -> None:
    """A fleet whose hosts run."""
    provider = AwsProvider(AwsSettings(endpoint_url=cloud.url), lambda _line: None, "me")
    names = [f"{fleet}-{number}" for number in range(1, hosts + 1)]
    identity = HostIdentity(public_key=KEY, private_key="of nobody")
    request = LaunchRequest(
        fleet=fleet,
        token=f"{fleet}-token",
        hosts=tuple(HostRequest(name=name, distribution="debian-12") for name in names),
        user="admin",
        authorized_key=KEY,
        identities=dict.fromkeys(names, identity),
    )
    provider.launch(replace(request, offers=provider.offers(request)), lambda _kind, _name: None)
    while any(host.state is not HostState.RUNNING for host in provider.find(fleet)):
        pass


def ansible_inventory() -> Path:
    """Of the package that brings the collections; installed once, in an environment of its own."""
    folder = SHARED_CACHE / "orchestrate" / "tests" / ANSIBLE.replace("==", "-")
    program = folder / "bin" / "ansible-inventory"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            (folder / "bin" / "pip", "install", "--quiet", ANSIBLE, "boto3"), check=True, timeout=600
        )
    return program
