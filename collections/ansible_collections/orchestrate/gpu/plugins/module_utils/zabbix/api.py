"""Zabbix's API: who asks, and what its errors mean. Decides nothing about what is configured.

https://www.zabbix.com/documentation/current/en/manual/api
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix import fastcgi

TIMEOUT_S = 120.0
"""An import of a template takes seconds on a busy host."""

OLDEST = (6, 0)
BEARER = (6, 4)
"""The release from which on a session goes into a header; before, into the request."""

Result = Any
"""What a method returns is its own."""

Send = Callable[[bytes, Mapping[str, str]], bytes]
"""Takes a request and headers; the answer's body. Raises OSError."""


def by_socket(place: Path, program: Path) -> Send:
    """Through the socket of the frontend's PHP."""

    def send(body: bytes, headers: Mapping[str, str]) -> bytes:
        parameters = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_FILENAME": str(program),
            "SCRIPT_NAME": f"/{program.name}",
            "REQUEST_URI": f"/{program.name}",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json-rpc",
            "CONTENT_LENGTH": str(len(body)),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        answer = fastcgi.request(place, parameters, body, TIMEOUT_S)
        return answer.partition(b"\r\n\r\n")[2]

    return send


def by_url(url: str) -> Send:
    """Over HTTP, of a frontend elsewhere."""

    def send(body: bytes, headers: Mapping[str, str]) -> bytes:
        asked = urllib.request.Request(  # noqa: S310  the module takes http and https alone
            url, body, {"Content-Type": "application/json-rpc", **headers}
        )
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as answer:  # noqa: S310  the same
            return bytes(answer.read())

    return send


class Api:
    """One session."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._session = ""
        said = str(self.call("apiinfo.version", []))
        major, minor = (int(part) for part in said.split(".")[:2])
        self.version = (major, minor)
        """Of Zabbix."""
        if self.version < OLDEST:
            raise HostError(f"this Zabbix is {said}, and 6.0 or newer is needed", "upgrade it")

    def login(self, user: str, password: str) -> None:
        """Begin a session. Raises HostError where the password is another."""
        self._session = str(self.call("user.login", {"username": user, "password": password}))

    def logout(self) -> None:
        """End the session, which would be kept otherwise."""
        self.call("user.logout", [])
        self._session = ""

    def call(self, method: str, parameters: object) -> Result:
        """The result. Raises HostError with what Zabbix said against it, and no parameter of the call."""
        asked: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        headers: dict[str, str] = {}
        if self._session and self.version < BEARER:
            asked["auth"] = self._session
        elif self._session:
            headers["Authorization"] = f"Bearer {self._session}"
        try:
            body = self._send(json.dumps(asked).encode(), headers)
        except (OSError, urllib.error.URLError) as error:
            raise HostError(
                f"Zabbix's frontend does not answer: {error}",
                "journalctl -u orchestrate-zabbix-frontend, on the host",
            ) from error
        return _result(method, body)


def _result(method: str, body: bytes) -> Result:
    try:
        answer = json.loads(body)
    except ValueError:
        said = " ".join(body.decode(errors="replace").split())[:300] or "nothing"
        raise HostError(
            f"Zabbix's frontend answered {method} with: {said}",
            "journalctl -u orchestrate-zabbix-frontend, on the host",
        ) from None
    if "error" not in answer:
        return answer["result"]
    said = f"{answer['error'].get('message', '')} {answer['error'].get('data', '')}".strip()
    hint = (
        "write the password that counts into password_file"
        if method == "user.login"
        else "mend what is named there; what was done before stays, and the next run goes on"
    )
    raise HostError(f"Zabbix refuses {method}: {said}", hint)
