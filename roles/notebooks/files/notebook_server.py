"""A user's Jupyter server on the socket that systemd holds: `notebook_server.py lab|hub [arguments of Jupyter]`.

The socket is systemd's, in a folder that no user writes to: nobody can put another in its place, and a browser that comes
while the server starts waits. Never opens a port.
"""

import os
import socket
import sys

from jupyter_server.serverapp import ServerApp

FIRST_PASSED = 3
"""sd_listen_fds(3): the first descriptor that systemd passes."""


class SocketServer(ServerApp):
    """Takes the socket that it was started with."""

    def _bind_http_server_unix(self) -> bool:
        listener = socket.socket(fileno=FIRST_PASSED)
        listener.setblocking(False)  # noqa: FBT003  the standard library's own signature
        self.http_server.add_socket(listener)
        return True


def main(kind: str, arguments: list[str]) -> None:
    """Serve until told to stop."""
    if os.environ.get("LISTEN_FDS") != "1":
        sys.exit("systemd passed no socket\n  try: systemctl start orchestrate-notebook@USER.socket")
    if kind == "hub":
        from jupyterhub.singleuser.extension import JupyterHubSingleUser as App
    else:
        from jupyterlab.labapp import LabApp as App
    # Kernels and terminals have no use for it.
    for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    os.set_inheritable(FIRST_PASSED, False)  # noqa: FBT003  the standard library's own signature
    App.serverapp_class = SocketServer
    App.launch_instance(arguments)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
