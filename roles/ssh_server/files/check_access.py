"""Say whether new settings of sshd would lock somebody out, and how they are brought into force. Changes nothing.

    check_access.py '<wish as JSON>'

Goes to the host on standard input, with the modules that it imports. Prints one JSON object: problems, notes, and what loading
the settings takes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from ssh_decisions import (
    Facts,
    Problem,
    Wish,
    dependents,
    drops_socket_port,
    load_action,
    needs_include,
    notes,
    ports_after,
    problems,
    socket_port,
)
from ssh_host import HostError, gather


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    given = json.loads(arguments[0])
    user, connection = given.pop("user"), given.pop("connection")
    lists = {key: tuple(given[key]) for key in ("accept", "names")}
    lists["ways"] = tuple((host, options) for host, options in given["ways"])
    wish = Wish(**{**given, **lists})
    try:
        facts = gather(wish, user, connection)
    except HostError as error:
        refused = Problem("sshd", f"sshd refuses its settings, with the role's among them: {error}")
        sys.stdout.write(json.dumps({"problems": [refused.text], "notes": []}) + "\n")
        return 0
    sys.stdout.write(json.dumps(answer(wish, facts)) + "\n")
    return 0


def answer(wish: Wish, facts: Facts) -> dict[str, object]:
    """What the tasks read."""
    return {
        "problems": [problem.text for problem in problems(wish, facts)],
        "notes": notes(wish, facts),
        "load": load_action(facts.server),
        "service": facts.server.unit,
        "socket": facts.server.socket,
        "socket_port": socket_port(wish, facts.server),
        "drops_socket_port": drops_socket_port(wish, facts.server),
        "dependents": dependents(wish, facts),
        "port": facts.operator.port,
        "addresses": ["127.0.0.1", "::1", *facts.operator.addresses],
        "add_include": needs_include(wish, facts),
        "ports_before": facts.server.ports,
        "ports_after": ports_after(wish, facts),
    }
