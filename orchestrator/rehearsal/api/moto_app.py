"""moto as a function from a request to a reply, for one account. Holds no lock and changes nothing in either."""

import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from orchestrator.rehearsal.api.replies import Refused, Reply
from orchestrator.rehearsal.api.request import ApiRequest, Http


class MotoApp:
    """moto's own application.

    Args:
        account: its number: every request is answered for that one, whatever the keys.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._app = _application()

    def ask(self, request: ApiRequest, parameters: Mapping[str, str] | None = None) -> Reply:
        """What moto answers.

        Args:
            request: the request.
            parameters: of EC2's protocol, in place of those that came.

        Raises:
            Refused: moto has not implemented that.
        """
        http = request.http
        body = http.body if parameters is None else urlencode(parameters).encode()
        try:
            return self._run(http, body)
        except NotImplementedError as error:
            raise Refused("NotImplemented", f"the rehearsal has no {request.action}: {error}", 501) from error

    def _run(self, http: Http, body: bytes) -> Reply:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": http.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": http.path,
            "QUERY_STRING": http.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in http.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        environ["CONTENT_TYPE"] = http.headers.get("content-type", "")
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            seen["status"], seen["headers"] = int(status.split(maxsplit=1)[0]), dict(headers)

        chunks: Iterable[bytes] = self._app(environ, start)
        content = b"".join(chunks)
        kind = seen["headers"].get("Content-Type") or "text/xml"
        return Reply(status=seen["status"], body=content, content_type=kind)


@cache
def _application() -> DomainDispatcherApplication:
    """It knows every account by its number, and takes long to make."""
    return DomainDispatcherApplication(create_backend_app)
