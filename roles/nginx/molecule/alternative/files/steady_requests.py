"""Ask for a page over and over, on a new connection each time, until a file is there; then say how that went as JSON.

python3 steady_requests.py URL CA_FILE STOP_FILE

`serials` are those of the certificates that were served, in the order in which they came; `failed` is why requests failed.
"""

import json
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

url, ca_file, stop = sys.argv[1:]
host = urlsplit(url).hostname or ""
context = ssl.create_default_context(cafile=ca_file)
told: dict[str, list[str]] = {"serials": [], "failed": []}
count = 0
while not Path(stop).exists():
    count += 1
    try:
        with (
            socket.create_connection((host, 443), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            serial = str((secure.getpeercert() or {}).get("serialNumber"))
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: secure.recv(65536), b""))
        if not answer.startswith(b"HTTP/1.1 401"):
            told["failed"].append(answer[:200].decode(errors="replace"))
        if serial not in told["serials"]:
            told["serials"].append(serial)
    except OSError as error:
        told["failed"].append(repr(error))
sys.stdout.write(json.dumps({"count": count, **told}))
