"""Hosts as role ssh_server sees them, as data."""

from collections.abc import Iterable
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access import facts as values
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.problems import problems
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings as config
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import Socket

OWN = "/etc/ssh/sshd_config.d/00-00-ssh_server.conf"
MAIN = "/etc/ssh/sshd_config"
SETTINGS = """\
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowTcpForwarding local
AllowAgentForwarding no
GatewayPorts no
PermitTunnel no
X11Forwarding no
LogLevel VERBOSE
"""
DEBIAN = "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n"


def listing(text: str = SETTINGS, *more: str) -> dict[str, tuple[str, ...]]:
    """What sshd would list with these settings in force."""
    plain = (
        "port 22",
        "listenaddress 0.0.0.0:22",
        "listenaddress [::]:22",
        "authorizedkeysfile .ssh/authorized_keys",
    )
    changed = {line.split()[0].lower() for line in more}
    kept = [line for line in (*plain, *text.splitlines()) if line.split()[0].lower() not in changed]
    found: dict[str, tuple[str, ...]] = config.parse_settings("\n".join((*kept, *more)))
    return found


def wish(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "settings": SETTINGS,
        "port": 0,
        "accept": (),
        "add_include": False,
        "local": False,
        "names": ("gpu1", "10.0.0.5"),
        "ssh_options": (),
        "user": "admin",
        "connection": "",
        "packages": (),
        "rsa_host_key": False,
        "moduli": False,
        "rollback_s": 20,
    }
    return values.Wish(**(given | changes))


def operator(*, address: str = "10.0.0.5", client: str = "10.0.0.1", **changes: Any) -> Any:
    given: dict[str, Any] = {
        "user": "admin",
        "groups": ("admin", "sudo"),
        "connection": Socket("tcp", address, 22, client, 40000, False, 0, 0),
        "method": "publickey",
        "has_key": True,
        "addresses": ("10.0.0.5",),
        "through": "",
    }
    return values.Operator(**(given | changes))


def facts(*, files: Iterable[tuple[str, str]] = ((MAIN, DEBIAN),), **changes: Any) -> Any:
    lines = [line for path, text in files for line in config.parse_file(path, text)]
    given: dict[str, Any] = {
        "operator": operator(),
        "server": values.Server(program="sshd", ports=(22,)),
        "is_included": any(config.includes(text, config.FILE) for path, text in files if path == MAIN),
        "files": tuple(lines),
        "wanted": tuple(config.parse_file(OWN, SETTINGS)),
        "predicted": listing(),
        "forwards": (),
    }
    given["general"] = changes.get("predicted", given["predicted"])
    return values.Facts(**(given | changes))


def reasons(asked: Any, seen: Any) -> dict[str, str]:
    """What stands against the settings, by name."""
    return dict(problems(asked, seen))
