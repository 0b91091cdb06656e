"""The HTTP server of the exporter: /metrics, with TLS and a password wherever others than this host can reach it.

Answers nothing but GET and HEAD, and reads nothing that a request brings beside its path and its password.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import os
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gpuhost.exporter.text_format import CONTENT_TYPE

USER = "prometheus"
_PAGE = (
    b'<!doctype html><html lang="en"><title>gpuhost exporter</title><a href="/metrics">Metrics</a></html>\n'
)
_PATIENCE_S = 10


class RefusedError(Exception):
    """It would be open to others, or cannot be as it is configured. The text says what to do."""


@dataclass(frozen=True)
class Place:
    """Where it listens, and with what."""

    address: str = "127.0.0.1"
    port: int = 9400
    certificate: Path | None = None
    key: Path | None = None
    password: str = ""

    @property
    def local(self) -> bool:
        """Whether this host alone can reach it. Raises RefusedError where that is no address."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            raise RefusedError(
                f"{self.address} is no address\n  try: 127.0.0.1, or 0.0.0.0 with TLS and a password"
            ) from None


def server(place: Place, answer: Callable[[], str]) -> ThreadingHTTPServer:
    """The server, which listens. Raises RefusedError, or OSError where the address is not to be had."""
    encrypted = place.certificate is not None and place.key is not None
    if not place.local and not (encrypted and place.password):
        raise RefusedError(
            f"{place.address} can be reached by others, and there is no TLS or no password\n"
            "  try: gpu_exporter_address: 127.0.0.1, or let role gpu_exporter configure it"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if encrypted else None
    if context and place.certificate and place.key:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(place.certificate, place.key)

    class Scrape(_Scrape):
        """With what it answers."""

        told = staticmethod(answer)
        password = place.password

    class Server(ThreadingHTTPServer):
        """Handshakes are the threads' own: a client that does not finish one keeps no other waiting."""

        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in place.address else socket.AF_INET

        def get_request(self) -> tuple[Any, Any]:
            """One connection."""
            channel, address = super().get_request()
            if context:
                channel = context.wrap_socket(channel, server_side=True, do_handshake_on_connect=False)
            return channel, address

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off, or speaks no TLS, is no news for the journal."""
            if not isinstance(sys.exc_info()[1], OSError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    return Server((place.address, place.port), Scrape)


def ready() -> None:
    """Tell systemd that the socket is open (sd_notify(3))."""
    at = os.environ.get("NOTIFY_SOCKET", "")
    if at:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"READY=1", f"\0{at[1:]}" if at.startswith("@") else at)


class _Scrape(BaseHTTPRequestHandler):
    """One request on each connection."""

    told: Callable[[], str]
    password = ""
    timeout = _PATIENCE_S
    server_version = "gpuhost"
    sys_version = ""

    def do_GET(self) -> None:
        """What Prometheus asks."""
        if not self._may():
            self.send_response(HTTPStatus.UNAUTHORIZED)
            self.send_header("WWW-Authenticate", 'Basic realm="gpuhost exporter"')
            self._send(b"a user and a password are needed\n", "text/plain")
        elif self.path.partition("?")[0] == "/metrics":
            told = self.told().encode(errors="replace")
            self.send_response(HTTPStatus.OK)
            self._send(told, CONTENT_TYPE)
        elif self.path == "/":
            self.send_response(HTTPStatus.OK)
            self._send(_PAGE, "text/html; charset=utf-8")
        else:
            self.send_response(HTTPStatus.NOT_FOUND)
            self._send(b"see /metrics\n", "text/plain")

    def do_HEAD(self) -> None:
        """The same without the text."""
        self.do_GET()

    def _may(self) -> bool:
        if not self.password:
            return True
        kind, _, told = self.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(told.strip(), validate=True) if kind.lower() == "basic" else b""
        except binascii.Error:
            given = b""
        return hmac.compare_digest(given, f"{USER}:{self.password}".encode())

    def _send(self, body: bytes, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for each scrape would be all that the journal holds."""
