"""A web tool that answers with the headers it was sent, as JSON."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer


class Echo(BaseHTTPRequestHandler):
    """Answers GET."""

    def do_GET(self) -> None:
        """Send them back, names in small letters."""
        content = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 9797), Echo).serve_forever()
