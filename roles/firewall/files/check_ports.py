"""Say which listening ports new rules shut, and whether that takes a way in away. Changes nothing.

    check_ports.py '<wish as JSON>'

Goes to the host on standard input, with the modules that it imports. Prints one JSON object: problems, notes, and the ports.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from firewall_host import drop_ins, look_around, other_firewalls
from network_sockets import look
from open_ports import Wish, about_to_be_shut, openings, problems
from operator_way import find_connection, requirements


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    given = json.loads(arguments[0])
    words = given.pop("connection")
    wish = Wish(
        **{
            **{key: tuple(value) for key, value in given.items()},
            "ssh_ports": tuple(int(port) for port in given["ssh_ports"]),
            "others": tuple((name, address, int(port)) for name, address, port in given["others"]),
        }
    )
    snapshot = look()
    rules = openings(wish, drop_ins())
    known = len(words) == 4
    needed = requirements(look_around(snapshot), find_connection(snapshot, words)) if known else []
    answer = {
        "problems": problems(wish, snapshot, needed, rules),
        "shut": about_to_be_shut(snapshot, rules),
        "others": other_firewalls(),
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0
