"""A user's Jupyter server, JupyterLab or one of JupyterHub's, on the socket that it was started with. Never opens a port."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from jupyter_server.serverapp import ServerApp

from gpuhost.notebooks import FIRST_PASSED


class SocketServer(ServerApp):  # type: ignore[misc]  # Jupyter is not where types are checked
    """Takes the socket that it was started with."""

    def _bind_http_server_unix(self) -> bool:
        listener = socket.socket(fileno=FIRST_PASSED)
        listener.setblocking(False)  # noqa: FBT003  the standard library's own signature
        self.http_server.add_socket(listener)
        return True


def serve(arguments: Sequence[str], *, hub: bool) -> int:
    """Serve until told to stop."""
    if hub:
        from jupyterhub.singleuser.extension import JupyterHubSingleUser as App
    else:
        from jupyterlab.labapp import LabApp as App
    # Kernels and terminals have no use for it.
    for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    os.set_inheritable(FIRST_PASSED, False)  # noqa: FBT003  the standard library's own signature
    App.serverapp_class = SocketServer
    App.launch_instance(list(arguments))
    return 0
