"""Visit JupyterLab as a browser does: `visit.py <address> <user> [hub]`, the password in PASSWORD. Prints what a cell printed.

Only NGINX's address is spoken to; cookies and the token against forged requests are handled as by the page.
"""

import base64
import http.cookiejar
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any

import websocket

CODE = "import sys, six; print('ran in', sys.prefix, six.__version__)"
TIMEOUT_S = 60


class Browser:
    """One person's browser."""

    def __init__(self, address: str, basic: str = "") -> None:
        self.address = address
        self.headers = {"Origin": address, "Referer": f"{address}/"}
        if basic:
            self.headers["Authorization"] = f"Basic {base64.b64encode(basic.encode()).decode()}"
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, form: dict[str, str] | None = None, *, post: bool = False) -> str:
        """The answer's text. Raises HTTPError where the server refuses."""
        data = urllib.parse.urlencode(form or {}).encode() if form is not None or post else None
        request = urllib.request.Request(  # noqa: S310  the address is http
            f"{self.address}{path}", data=data, headers=self.headers | {"X-XSRFToken": self.xsrf(path)}
        )
        with self.opener.open(request, timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())

    def cookies(self, path: str) -> dict[str, str]:
        """The cookies that go with a path; of two with a name, the one of the longer path."""
        fitting = sorted(
            (one for one in self.jar if path.startswith(one.path)), key=lambda one: len(one.path)
        )
        return {one.name: one.value or "" for one in fitting}

    def xsrf(self, path: str) -> str:
        """The token against forged requests."""
        return self.cookies(path).get("_xsrf", "")

    def run(self, base: str, code: str) -> str:
        """What the code prints in a new kernel of the default kind."""
        kernel = json.loads(self.ask(f"{base}/api/kernels", post=True))["id"]
        path = f"{base}/api/kernels/{kernel}/channels"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies(path).items())
        channel = websocket.create_connection(
            f"{self.address.replace('http', 'ws', 1)}{path}?session_id={uuid.uuid4().hex}",
            timeout=TIMEOUT_S,
            origin=self.address,
            cookie=cookies,
            header=[f"{name}: {self.headers[name]}" for name in ("Authorization",) if name in self.headers],
        )
        channel.send(json.dumps(execute_request(code)))
        while True:
            message = json.loads(channel.recv())
            if message["msg_type"] == "stream":
                channel.close()
                return str(message["content"]["text"])
            if message["msg_type"] == "error":
                raise RuntimeError(message["content"]["evalue"])


def execute_request(code: str) -> dict[str, Any]:
    """Jupyter's message for a cell."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": uuid.uuid4().hex,
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": False,
        "user_expressions": {},
        "allow_stdin": False,
    }
    return {
        "header": header | {"version": "5.3", "date": ""},
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }


def through_hub(browser: Browser, user: str, password: str) -> str:
    """Log in at the hub and have it start the server; return where that is."""
    hub = "/notebooks/hub"
    browser.ask(f"{hub}/login")
    browser.ask(f"{hub}/login", {"username": user, "password": password, "_xsrf": browser.xsrf(f"{hub}/")})
    browser.ask(f"{hub}/spawn")
    # It ends when the server is there.
    said = browser.ask(f"{hub}/api/users/{user}/server/progress")
    if '"ready": true' not in said:
        raise RuntimeError(said)
    return f"/notebooks/user/{user}"


def main(address: str, user: str, *kind: str) -> None:
    """Print what the cell printed."""
    password = os.environ["PASSWORD"]
    browser = Browser(address, "" if kind else f"{user}:{password}")
    base = through_hub(browser, user, password) if kind else f"/notebooks/{user}"
    if "JupyterLab" not in browser.ask(f"{base}/lab"):
        raise RuntimeError("the page is not JupyterLab's")
    sys.stdout.write(browser.run(base, os.environ.get("CODE", CODE)))
    for path in os.environ.get("THEN", "").split():
        try:
            browser.ask(path)
            sys.stdout.write(f"{path} 200\n")
        except urllib.error.HTTPError as error:
            sys.stdout.write(f"{path} {error.code}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
