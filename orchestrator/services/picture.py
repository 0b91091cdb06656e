"""Take one picture of a desktop. The only module that imports vncdotool, which is an extra and is imported when it is needed."""

import io
import logging
import struct
import warnings
from pathlib import Path

from orchestrator.errors import OrchestrateError

_TIMEOUT_S = 30


def take_picture(port: int, password: str, file: Path) -> tuple[int, int]:
    """Log in to the VNC server on a port of this computer, write its screen as a PNG file; return width and height.

    Raises:
        OrchestrateError: vncdotool is not installed, the login is refused, no picture comes, or it cannot be written.
    """
    try:
        from twisted.internet.error import ConnectError, ConnectionClosed
        from vncdotool import api
        from vncdotool.client import AuthenticationError, ProtocolError
    except ImportError as error:
        raise OrchestrateError(
            "a picture needs the Python library vncdotool, which is not installed",
            "pip install 'orchestrate[desktop]'",
        ) from error
    # Its reactor thread logs what is raised here as well.
    for name in ("twisted", "vncdotool"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Its DES is where cryptography keeps what is outdated; VNC knows nothing better.
    warnings.filterwarnings("ignore", message="TripleDES", module="vncdotool")
    client = api.connect(f"127.0.0.1::{port}", password=password, timeout=_TIMEOUT_S)
    picture = io.BytesIO()
    try:
        client.captureScreen(picture, format="PNG")
    except AuthenticationError as error:
        raise OrchestrateError(
            f"the desktop does not let us in: {error}",
            "repeat the command in a minute; else: `orchestrate up`",
        ) from error
    except (TimeoutError, ProtocolError, ConnectError, ConnectionClosed) as error:
        raise OrchestrateError(
            f"the desktop sends no picture: {error or type(error).__name__}", "repeat the command in a minute"
        ) from error
    finally:
        api.shutdown()
    try:
        file.write_bytes(picture.getvalue())
    except OSError as error:
        raise OrchestrateError(
            f"{file} is not written: {error.strerror}", "--view with another path"
        ) from error
    return _size(picture.getvalue())


def _size(png: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk: RFC 2083, 4.1.1."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height
