"""Take alerts as a webhook (port 9190) and as a mail server (port 9125), and write each to a file of the folder that is the argument."""

import itertools
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])
NUMBERS = itertools.count()


def keep(kind: str, content: bytes) -> None:
    """One message."""
    (FOLDER / f"{next(NUMBERS):03}.{kind}").write_bytes(content)


class Webhook(BaseHTTPRequestHandler):
    """Alertmanager posts JSON."""

    def do_POST(self) -> None:
        """One message."""
        keep("json", self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()


class Mail(socketserver.StreamRequestHandler):
    """What of SMTP Alertmanager speaks."""

    def handle(self) -> None:
        """One connection."""
        self.wfile.write(b"220 receiver\r\n")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                keep("mail", b"".join(iter(self.rfile.readline, b".\r\n")))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 receiver\r\n")
            if word == b"QUIT":
                return


threading.Thread(target=socketserver.ThreadingTCPServer(("127.0.0.1", 9125), Mail).serve_forever).start()
HTTPServer(("127.0.0.1", 9190), Webhook).serve_forever()
