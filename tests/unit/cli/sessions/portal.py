"""An IAM Identity Center that accepts one token: GetRoleCredentials as botocore asks it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "good-token"
_FAR = 4102444800000


class _Portal(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """GetRoleCredentials."""
        if self.headers.get("x-amz-sso_bearer_token") != TOKEN:
            self._answer(401, {"message": "Session token not found or invalid"}, "UnauthorizedException")
        elif "role_name=nobody" in self.path:
            self._answer(403, {"message": "No access"}, "ForbiddenException")
        else:
            given = {
                "accessKeyId": "ASIAEXAMPLE",
                "secretAccessKey": "s",
                "sessionToken": "t",
                "expiration": _FAR,
            }
            self._answer(200, {"roleCredentials": given})

    def _answer(self, status: int, said: object, code: str = "") -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Nothing."""


@contextmanager
def portal() -> Iterator[str]:
    """Its address, while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
