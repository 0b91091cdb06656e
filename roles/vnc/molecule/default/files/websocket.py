"""A browser's socket for tests: opens one, and prints the status and what the server says first.

    websocket.py PORT PATH [LOGIN_FILE]

The file holds `name:password` for HTTP basic authentication. RFC 6455.
"""

import base64
import json
import secrets
import socket
import sys
from pathlib import Path

TIMEOUT_S = 30.0
GREETING = b"RFB 003.008\n"


def opened(port: int, path: str, login: bytes) -> tuple[int, str]:
    """The HTTP status, and the start of the first message where it is 101."""
    headers = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: binary",
        *([f"Authorization: Basic {base64.b64encode(login).decode()}"] if login else []),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as line:
        line.sendall("\r\n".join([*headers, "", ""]).encode())
        with line.makefile("rb") as read:
            status = int(read.readline().split()[1])
            while read.readline().strip():
                pass
            # Two bytes of frame come first: the message is short and not masked.
            return status, read.read(2 + len(GREETING))[2:].decode() if status == 101 else ""


def main() -> int:
    """Do what the module's docstring says."""
    port, path, *rest = sys.argv[1:]
    status, said = opened(int(port), path, Path(rest[0]).read_bytes().strip() if rest else b"")
    sys.stdout.write(json.dumps({"status": status, "said": said}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
