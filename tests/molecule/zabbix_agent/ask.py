"""Ask a Zabbix agent on this host for an item, with its key or in plain text, and print the value: what zabbix_get does, which comes
with the server alone.

python3 ask.py PORT ITEM [SETTINGS]
"""

import socket
import struct
import subprocess
import sys
from pathlib import Path

HEADER = 13
"""Bytes before an answer: ZBXD, flags, and two lengths."""
TIMEOUT_S = 20


def question(item: str) -> bytes:
    """As the server puts it."""
    text = item.encode()
    return b"ZBXD\x01" + struct.pack("<II", len(text), 0) + text


def encrypted(port: str, item: str, settings: Path) -> bytes:
    """Over TLS, with the key that the agent's settings name."""
    lines = settings.read_text(encoding="utf-8").splitlines()
    known = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    key = Path(known["TLSPSKFile"]).read_text(encoding="utf-8").strip()
    argv = ("openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}", "-psk", key)
    done = subprocess.run(
        (*argv, "-psk_identity", known["TLSPSKIdentity"]),
        input=question(item),
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.stdout


def plain(port: str, item: str) -> bytes:
    """As anybody may try."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=TIMEOUT_S) as link:
        link.sendall(question(item))
        answer = b""
        while piece := link.recv(65536):
            answer += piece
        return answer


def main(port: str, item: str, *settings: str) -> int:
    """Print the value; 1 where there is none."""
    try:
        answer = encrypted(port, item, Path(settings[0])) if settings else plain(port, item)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(answer[HEADER:].decode())
    return 0 if answer.startswith(b"ZBXD") else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
