"""Who has which GPU of this host and who waits for one, and what the service of it runs.

gpuhost leases [--json]                      devices, leases, queue, reservations
gpuhost leases serve                         what the unit runs
gpuhost leases exec | contain | ended | try  what the service has run
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    what, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if what == "serve" and not rest:
        from gpuhost.leases.daemon.server import Server
        from gpuhost.leases.daemon.service import Service

        return Server(Service()).serve()
    if what == "exec" and len(rest) == 1:
        from gpuhost.leases.job import execute

        return execute(Path(rest[0]))
    if what == "contain" and len(rest) == 1:
        from gpuhost.leases.containers.start import contain

        return contain(Path(rest[0]))
    if what == "ended" and len(rest) == 1 and rest[0].isdecimal():
        from gpuhost.leases.job import ended

        return ended(int(rest[0]))
    if what == "try":
        from gpuhost.leases.devices.enforcement import attempted

        sys.stdout.writelines(f"{path} {how}\n" for path, how in attempted(rest).items())
        return 0
    from gpuhost.leases.client import holders

    return holders.main(arguments)
