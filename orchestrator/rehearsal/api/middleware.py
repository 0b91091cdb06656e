"""The middleware of every request: it is counted, perhaps killed for, judged by the policy, perhaps hit by a fault, then answered.

A WSGI application. Knows no action by name; what each does is in `api.actions`.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, Protocol

from orchestrator.rehearsal.api.replies import Refused, Reply, as_json, refusal
from orchestrator.rehearsal.api.request import ApiRequest, Call, Http, given_tags, read
from orchestrator.rehearsal.faults import CALLER, REGION, TAG, Fault, Faults, Kind

ADMIN = "/admin"
"""What begins with this is neither counted nor refused nor hit."""

CALLER_ADDRESS = "/caller-address"

_TITLES = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error"}

Answer = Callable[[ApiRequest, Fault | None], Reply]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class DroppedError(Exception):
    """The connection is to be closed without an answer."""


class Authorize(Protocol):
    """See `iam.authorization.Authorization`."""

    def __call__(self, request: ApiRequest) -> None:
        """Raise Refused for what the caller may not do."""

    def is_host(self, request: ApiRequest) -> bool:
        """Whether a host asks."""


@dataclass(slots=True)
class _Kill:
    left: int
    after: bool
    pid: int


class Middleware:
    """The application.

    Args:
        answer: does what is asked and says what comes of it; a fault that is not the layer's own business comes along.
        place: adds to a request's parameters what faults may be told by.
        faults: those that are on.
        authorize: raises Refused for what the caller may not do.
        clock: seconds, for the calls' times.
    """

    def __init__(
        self,
        answer: Answer,
        place: Callable[[ApiRequest], ApiRequest],
        faults: Faults,
        authorize: Authorize,
        clock: Callable[[], float],
    ) -> None:
        self.calls: list[Call] = []
        self.controls: dict[str, Callable[[bytes], object]] = {}
        """By path: what is no request of AWS's, and answered in JSON."""
        self._answer = answer
        self._place = place
        self._faults = faults
        self._authorize = authorize
        self._clock = clock
        self._kill: _Kill | None = None
        self._lock = Lock()
        self._never = Event()

    def kill_at(self, position: int, *, after: bool, pid: int) -> None:
        """See `Cloud.kill_at`."""
        with self._lock:
            self._kill = _Kill(position, after, pid) if position else None

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self.calls.clear()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """WSGI's entry."""
        http = _http(environ)
        if http.path == CALLER_ADDRESS:
            caller = f"{environ['REMOTE_ADDR']}\n".encode()
            return _sent(Reply(status=200, body=caller, content_type="text/plain"), start)
        if http.path in self.controls:
            return _sent(as_json(self.controls[http.path](http.body)), start)
        try:
            return _sent(self._reply(http), start)
        except DroppedError as error:
            connection: socket.socket = environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError from error

    def asked_by_host(self, http: Http) -> Reply:
        """Answer a request from inside a host: no other key than that of its own role opens anything there.

        Raises:
            DroppedError: no answer is to be given.
        """
        request = read(http)
        if request is not None and not self._authorize.is_host(request):
            told = Refused("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
            return refusal(request.service, told)
        return self._reply(http)

    def _reply(self, http: Http) -> Reply:
        request = read(http)
        if request is None:
            text = "this plays AWS: send it signed requests of EC2, SSM, STS, Service Quotas, the price list or Route 53\n"
            return Reply(status=404, body=text.encode(), content_type="text/plain")
        try:
            if http.headers.get("x-rehearsal-admin"):
                return self._answer(request, None)
            return self._authorized_reply(request)
        except Refused as refused:
            return refusal(request.service, refused)

    def _authorized_reply(self, request: ApiRequest) -> Reply:
        with self._lock:
            self.calls.append(
                Call(service=request.service, action=request.action, region=request.region, at=self._clock())
            )
            kill = self._due_kill(request)
        if kill and not kill.after:
            _end(kill.pid)
            raise DroppedError
        self._authorize(request)
        request = self._place(request)
        tags = {f"{TAG}{key}": value for key, value in given_tags(request.parameters).items()}
        fault = self._faults.met(
            request.action, {**request.parameters, **tags, REGION: request.region, CALLER: request.key}
        )
        if fault is not None and fault.kind is Kind.ERROR:
            raise Refused(fault.code, fault.message or fault.code, fault.status)
        if fault is not None and fault.kind is Kind.DROPPED:
            raise DroppedError
        if fault is not None and fault.kind is Kind.DELAY:
            self._never.wait(fault.seconds)
        try:
            reply = self._answer(request, fault)
        finally:
            if kill:
                _end(kill.pid)
        if kill or (fault is not None and fault.kind is Kind.LOST_REPLY):
            raise DroppedError
        return reply

    def _due_kill(self, request: ApiRequest) -> _Kill | None:
        if self._kill is None or request.service != "ec2":
            return None
        self._kill.left -= 1
        if self._kill.left:
            return None
        due, self._kill = self._kill, None
        return due


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _http(environ: dict[str, Any]) -> Http:
    """Admin's prefix becomes a header, so that nobody behind has to know it."""
    headers = {
        key[5:].replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    headers.pop("x-rehearsal-admin", None)
    path = str(environ.get("PATH_INFO", "/"))
    if path == ADMIN or path.startswith(f"{ADMIN}/"):
        headers["x-rehearsal-admin"], path = "1", path.removeprefix(ADMIN) or "/"
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Http(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )


def _sent(reply: Reply, start: StartResponse) -> list[bytes]:
    title = _TITLES.get(reply.status, "Answer")
    start(
        f"{reply.status} {title}",
        [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))],
    )
    return [reply.body]
