"""An ACME server whose every order is one too many, as RFC 8555 has it answer. Its accounts are as good as any.

python3 limited_acme.py CERTIFICATE KEY PORT
"""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DETAIL = (
    "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, "
    "retry after 2031-05-04 12:00:00 UTC"
)


class Limited(BaseHTTPRequestHandler):
    """Answers the five questions that come before a certificate."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        """A nonce."""
        self.answer(200, None)

    def do_GET(self) -> None:
        """The directory, or a nonce."""
        base = f"https://acme.lab.test:{self.server.server_address[1]}"
        names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
        self.answer(200, {name: f"{base}/{name}" for name in names} | {"meta": {}})

    def do_POST(self) -> None:
        """An account, or the refusal."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/newOrder":
            problem = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": DETAIL, "status": 429}
            self.answer(429, problem)
        else:
            self.answer(201, {"status": "valid"})

    def answer(self, status: int, body: object) -> None:
        """Send it with what every answer carries."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Replay-Nonce", "bm9uY2U")
        self.send_header("Location", f"https://acme.lab.test:{self.server.server_address[1]}/account/1")
        self.send_header("Content-Type", "application/problem+json" if status == 429 else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


if __name__ == "__main__":
    certificate, key, port = sys.argv[1:]
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Limited)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
