"""What role firewall is asked for, as data."""

from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.rules import Wish


def wish(**changes: Any) -> Wish:
    given: dict[str, Any] = {
        "ssh_ports": (22,),
        "ssh_from": (),
        "ssh_rate": 0,
        "allow": (),
        "accept": (),
        "names": ("gpu1", "192.0.2.5"),
        "other_hosts": (),
        "connection": (),
        "packages": (),
        "rollback_s": 60,
    }
    return Wish(**(given | changes))
