"""A Zabbix server of a few lines: keeps what it is told by its API, and answers like one."""

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

PASSWORD = "made on the host"
_KINDS = {
    "action": "actionid",
    "hostgroup": "groupid",
    "host": "hostid",
    "mediatype": "mediatypeid",
    "template": "templateid",
    "user": "userid",
}
READS = ("apiinfo.version", "configuration.importcompare", "user.login", "user.logout")


class Server:
    """What it has, and every call that changes something."""

    def __init__(self, version: str = "7.0.22") -> None:
        self.version = version
        self.calls: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.asked: list[dict[str, Any]] = []
        self.imported = ""
        self._ids = count(100)
        self.things: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in _KINDS}
        self.things["user"]["1"] = {"userid": "1", "username": "Admin", "medias": []}
        self.things["template"]["10"] = {"templateid": "10", "host": "Linux by Zabbix agent"}

    def send(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """As a module sends it."""
        asked = json.loads(body)
        self.asked.append(asked)
        self.headers.append(headers)
        method = asked["method"]
        if method not in READS and not method.endswith(".get"):
            self.calls.append(method)
        try:
            answer = {"result": self._answer(method, asked["params"])}
        except KeyError as error:
            answer = {"error": {"message": "Application error.", "data": f"No {error}"}}
        return json.dumps(answer).encode()

    def _answer(self, method: str, given: Any) -> Any:
        if method == "apiinfo.version":
            return self.version
        if method == "user.login":
            return {PASSWORD: "a session"}[given["password"]]
        if method == "user.logout":
            return True
        if method.startswith("configuration."):
            return self._configuration(method, given["source"])
        kind, verb = method.split(".")
        return getattr(self, f"_{verb}")(kind, given)

    def _configuration(self, method: str, source: str) -> Any:
        if method == "configuration.import":
            self.imported = source
            self.things["template"]["11"] = {"templateid": "11", "host": "NVIDIA GPU by gpuhost"}
            return True
        return [] if source == self.imported else {"templates": {"updated": [{"before": {}, "after": {}}]}}

    def _get(self, kind: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = given.get("filter", {})
        begin = given.get("search", {}).get("name", "")
        return [
            each
            for each in self.things[kind].values()
            if all(each.get(name) in values for name, values in wanted.items())
            and str(each.get("name", begin)).startswith(begin)
        ]

    def _create(self, kind: str, given: dict[str, Any]) -> dict[str, list[str]]:
        key, made = _KINDS[kind], str(next(self._ids))
        kept = {name: value for name, value in given.items() if name not in {"tls_psk", "tls_psk_identity"}}
        self.things[kind][made] = {key: made, **kept}
        if kind == "host":
            self.things[kind][made] |= {
                "parentTemplates": given["templates"],
                "hostgroups": given["groups"],
                "interfaces": [{"interfaceid": "1", **given["interfaces"][0]}],
            }
        return {f"{key}s": [made]}

    def _update(self, kind: str, given: dict[str, Any]) -> None:
        self.things[kind][given[_KINDS[kind]]] |= given

    def _delete(self, kind: str, given: list[str]) -> None:
        for each in given:
            del self.things[kind][each]


@contextmanager
def php(folder: Path, answer: bytes) -> Iterator[tuple[Path, list[bytes]]]:
    """A FastCGI program at a socket that answers one request with this, in two pieces; and what it got."""
    place, got = folder / "php.sock", [b""]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()

        def serve() -> None:
            link, _address = listening.accept()
            with link, link.makefile("rb") as stream:
                while True:
                    _version, kind, _number, length, _padding = struct.unpack("!BBHHBx", stream.read(8))
                    got[0] += stream.read(length)
                    if kind == 5 and not length:
                        break
                half = len(answer) // 2
                for kind, content in (
                    (7, b"a warning"),
                    (6, answer[:half]),
                    (6, answer[half:]),
                    (3, bytes(8)),
                ):
                    link.sendall(struct.pack("!BBHHBx", 1, kind, 1, len(content), 3) + content + bytes(3))

        thread = threading.Thread(target=serve)
        thread.start()
        yield place, got
        thread.join(timeout=10)
