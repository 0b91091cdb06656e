"""What cloud-init is told."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from orchestrator.errors import ProviderError
from orchestrator.models import HostIdentity
from orchestrator.providers.aws.launch.user_data import MOST_BYTES, user_data
from tests.unit.providers.aws.launch.orders import IDENTITY, REQUEST


def told(hours: float = 0.0) -> dict[str, Any]:
    text = user_data(REQUEST, IDENTITY, hours)
    assert text.startswith("#cloud-config\n")
    config: dict[str, object] = yaml.safe_load(text)
    return config


def test_only_the_fleets_key_opens_the_host_and_no_password_does() -> None:
    config = told()
    assert config["users"] == [
        {
            "name": "admin",
            "primary_group": "admin",
            "groups": ["admin"],
            "shell": "/bin/bash",
            "lock_passwd": True,
            "sudo": ["ALL=(ALL) NOPASSWD:ALL"],
            "ssh_authorized_keys": ["ssh-ed25519 OPER"],
        }
    ]
    assert (config["disable_root"], config["ssh_pwauth"]) == (True, False)


def test_the_host_shows_the_key_that_is_on_record_and_no_other() -> None:
    config = told()
    assert config["ssh_keys"] == {
        "ed25519_private": IDENTITY.private_key,
        "ed25519_public": IDENTITY.public_key,
    }
    assert (config["ssh_deletekeys"], config["ssh_genkeytypes"]) == (True, ["ed25519"])


def test_a_deadline_is_armed_before_anything_else_unless_the_role_has_taken_over() -> None:
    config = told(hours=0.5001)
    assert next(iter(config)) == "bootcmd"
    armed = (
        "test -e /etc/orchestrate/lifetime.json || exec systemd-run --no-block --unit=orchestrate-deadline"
        " --on-active=1801s --timer-property=DefaultDependencies=no --property=DefaultDependencies=no"
        " systemctl poweroff"
    )
    assert config["bootcmd"][1:] == [["sh", "-c", armed]]


def test_without_a_limit_nothing_is_armed() -> None:
    assert len(told()["bootcmd"]) == 1


def test_it_fits_into_what_ec2_takes_or_says_that_it_does_not() -> None:
    assert len(user_data(REQUEST, IDENTITY, 8.0).encode()) < MOST_BYTES / 4
    endless = HostIdentity(public_key="ssh-ed25519 AAAA", private_key="x" * MOST_BYTES)
    with pytest.raises(ProviderError, match="EC2 takes 16384"):
        user_data(replace(REQUEST), endless, 0)


def test_a_host_from_a_baked_image_forgets_whom_the_other_let_in_and_its_hours_once() -> None:
    *once, forget = told()["bootcmd"][0]
    assert once == ["cloud-init-per", "instance", "orchestrate-inherited", "sh", "-c"]
    for inherited in (
        "/home/admin/.ssh/authorized_keys",
        "/etc/orchestrate/lifetime.json",
        "/var/lib/orchestrate",
    ):
        assert inherited in forget
