"""A user's TensorBoard on the socket that systemd holds: `tensorboard_server.py [arguments of TensorBoard]`.

TensorBoard alone knows TCP only, where every account of the host could read every user's runs. Never opens a port.
"""

import argparse
import os
import sys
from typing import Any

from tensorboard import default, program
from werkzeug.serving import BaseWSGIServer, make_server

FIRST_PASSED = 3
"""sd_listen_fds(3): the first descriptor that systemd passes."""


class SocketServer(program.TensorBoardServer):
    """Serves on the socket that it was started with."""

    def __init__(self, wsgi_app: Any, flags: argparse.Namespace) -> None:  # noqa: ANN401  TensorBoard's own
        self._prefix = flags.path_prefix
        self._server: BaseWSGIServer = make_server(
            "unix://systemd", 0, wsgi_app, threaded=True, fd=FIRST_PASSED
        )

    def serve_forever(self) -> None:
        """Serve until told to stop."""
        self._server.serve_forever()

    def get_url(self) -> str:
        """Where it would be on its own. TensorBoard writes the port down for others to find, and fails without one."""
        return f"http://localhost:0{self._prefix}/"


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    if os.environ.get("LISTEN_FDS") != "1":
        sys.exit("systemd passed no socket\n  try: systemctl start orchestrate-tensorboard@USER.socket")
    board = program.TensorBoard(default.get_plugins(), server_class=SocketServer)
    board.configure(["tensorboard", *arguments])
    return int(board.main())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
