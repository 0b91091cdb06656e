"""What cloud-init does on a host's first boot: let the operator in, show a key that we know, and set the host an end. Pure.

All hosts of a batch have the same user-data, so it names none of them: a host keeps the name that EC2's DNS has for it.
Whoever may describe the instance can read it. The one secret in it is the first host key, which is replaced on first contact.
"""

import json
import math
import shlex

from orchestrator.errors import ProviderError
from orchestrator.models import HostIdentity, LaunchRequest

DEADLINE_UNIT = "orchestrate-deadline"
LIFETIME = "/etc/orchestrate/lifetime.json"
"""Role `lifetime` puts it there; from then on that role ends the host, at the price and the limits that hold then."""

WATCH = "orchestrate-lifetime.service"
"""The role's."""

MOST_BYTES = 16 * 1024
"""EC2's limit on user-data, before base64."""


def user_data(request: LaunchRequest, identity: HostIdentity, hours: float) -> str:
    """The cloud-config.

    Args:
        request: names the user and the key that opens the host.
        identity: the host key of the first boot.
        hours: after which the host ends itself, whoever is watching; 0 for never.

    Raises:
        ProviderError: it is larger than EC2 takes.
    """
    config = {
        "bootcmd": [_forget(request.user), *([_deadline(math.ceil(hours * 3600))] if hours else [])],
        "users": [
            {
                "name": request.user,
                # Ubuntu's images have a group `admin`, and useradd makes no user whose group is there unless it is told to take it.
                # cloud-init looks at the first group only beside others.
                "primary_group": request.user,
                "groups": [request.user],
                "shell": "/bin/bash",
                "lock_passwd": True,
                "sudo": ["ALL=(ALL) NOPASSWD:ALL"],
                "ssh_authorized_keys": [request.authorized_key],
            }
        ],
        "disable_root": True,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": ["ed25519"],
        "ssh_keys": {"ed25519_private": identity.private_key, "ed25519_public": identity.public_key},
        "package_update": False,
        "package_upgrade": False,
    }
    text = f"#cloud-config\n{json.dumps(config, indent=1)}\n"  # YAML holds all of JSON
    if len(text.encode()) > MOST_BYTES:
        raise ProviderError(
            f"the user-data has {len(text.encode())} bytes, and EC2 takes {MOST_BYTES}",
            "use an Ed25519 key: `orchestrate down`, then `orchestrate up` makes a new one",
        )
    return text


def _forget(user: str) -> list[str]:
    """On the first boot of a host that was launched from a baked image: whom the other host let in, its jobs, and its account of
    time, which is in use already. On any other image there is nothing of that.
    """
    inherited = (f"/home/{user}/.ssh/authorized_keys", LIFETIME, "/var/lib/orchestrate")
    forget = f"timeout 10 systemctl stop {WATCH} 2>/dev/null; {shlex.join(('rm', '-rf', '--', *inherited))}"
    return ["cloud-init-per", "instance", "orchestrate-inherited", "sh", "-c", forget]


def _deadline(seconds: int) -> list[str]:
    """Runs on every boot, before the network is used, until the role has taken over.

    Neither timer nor service waits for the rest of the boot, and the boot does not wait for them: it may be the boot that hangs.
    """
    arm = (
        *("systemd-run", "--no-block", f"--unit={DEADLINE_UNIT}", f"--on-active={seconds}s"),
        *("--timer-property=DefaultDependencies=no", "--property=DefaultDependencies=no"),
        *("systemctl", "poweroff"),
    )
    return ["sh", "-c", f"test -e {LIFETIME} || exec {shlex.join(arm)}"]
