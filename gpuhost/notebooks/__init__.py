"""A user's Jupyter server or TensorBoard on the socket that systemd holds: `gpuhost notebooks lab|hub|tensorboard [its arguments]`.

The socket is systemd's, in a folder that no user writes to: nobody can put another in its place, and a browser that comes
while the server starts waits. Never opens a port. Jupyter's own Python runs it: what the modules beside this one import is in
its environment alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

FIRST_PASSED = 3
"""sd_listen_fds(3): the first descriptor that systemd passes."""


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; return the exit code."""
    server, *given = arguments
    if os.environ.get("LISTEN_FDS") != "1":
        unit = "orchestrate-tensorboard" if server == "tensorboard" else "orchestrate-notebook"
        sys.stderr.write(f"systemd passed no socket\n  try: systemctl start {unit}@USER.socket\n")
        return 1
    if server == "tensorboard":
        from gpuhost.notebooks import tensorboard_server

        return tensorboard_server.serve(given)
    from gpuhost.notebooks import notebook_server

    return notebook_server.serve(given, hub=server == "hub")
