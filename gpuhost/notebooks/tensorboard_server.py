"""A user's TensorBoard on the socket that it was started with. Never opens a port.

TensorBoard alone knows TCP only, where every account of the host could read every user's runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from tensorboard import default, program
from werkzeug.serving import BaseWSGIServer, make_server

from gpuhost.notebooks import FIRST_PASSED


class SocketServer(program.TensorBoardServer):  # type: ignore[misc]  # TensorBoard is not where types are checked
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


def serve(arguments: Sequence[str]) -> int:
    """Serve until told to stop."""
    board = program.TensorBoard(default.get_plugins(), server_class=SocketServer)
    board.configure(["tensorboard", *arguments])
    return int(board.main())
