"""The exporter's server over real sockets: who may read what, and where it refuses to listen."""

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest

from gpuhost.exporter.command import configured
from gpuhost.exporter.server import Place, RefusedError, server

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credentials")
    argv = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    named = ("-subj", "/CN=lab-1", "-addext", "subjectAltName=DNS:lab-1,IP:127.0.0.1")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    subprocess.run((*argv, *named, *files), check=True, capture_output=True)
    (folder / "password").write_text("correct horse\n")
    return folder


@contextmanager
def served(place: Place) -> Iterator[int]:
    with server(place, lambda: "a 1\n") as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(listening.server_address[1])
        finally:
            listening.shutdown()
            thread.join()


def asked(port: int, path: str = "/metrics", method: str = "GET") -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    return connection.getresponse()


def test_prometheus_gets_the_metrics_in_its_format() -> None:
    with served(Place(port=0)) as port:
        answer = asked(port)
        assert (answer.status, answer.read()) == (200, b"a 1\n")
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert asked(port, "/metrics?name[]=a").status == 200


def test_a_browser_gets_a_link_and_the_rest_is_not_there() -> None:
    with served(Place(port=0)) as port:
        assert b'href="/metrics"' in asked(port, "/").read()
        assert asked(port, "/etc/passwd").status == 404
        assert asked(port, method="POST").status == 501
        head = asked(port, method="HEAD")
        assert (head.status, head.read(), head.headers["Content-Length"]) == (200, b"", "4")


@pytest.mark.parametrize("address", ["::", "192.0.2.7", "10.0.0.7"])
def test_it_does_not_listen_where_others_reach_it_without_tls_and_a_password(
    address: str, credentials: Path
) -> None:
    pair = (credentials / "certificate.pem", credentials / "key.pem")
    for place in (Place(address, 0), Place(address, 0, *pair), Place(address, 0, password="p")):
        with pytest.raises(RefusedError, match="can be reached by others"):
            server(place, str)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(RefusedError, match="lab-1 is no address"):
        server(Place("lab-1", 0), str)


def test_with_tls_it_answers_those_who_know_the_password(credentials: Path) -> None:
    place = Place("127.0.0.1", 0, credentials / "certificate.pem", credentials / "key.pem", "correct horse")
    context = ssl.create_default_context(cafile=str(credentials / "certificate.pem"))
    with served(place) as port:
        with pytest.raises((OSError, ConnectionError)):
            asked(port).read()
        for password, status in (("correct horse", 200), ("wrong", 401), (None, 401)):
            connection = HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
            told = base64.b64encode(f"prometheus:{password}".encode()).decode()
            connection.request(
                "GET", "/metrics", headers={"Authorization": f"Basic {told}"} if password else {}
            )
            assert connection.getresponse().status == status


def test_the_roles_file_says_where_it_listens(credentials: Path, tmp_path: Path) -> None:
    config = tmp_path / "exporter.json"
    config.write_text('{"address": "127.0.0.1", "port": 9400, "secrets": ""}')
    assert configured(config) == Place()
    config.write_text("{}")
    with pytest.raises(RefusedError, match="apply role gpu_exporter again"):
        configured(config)
    config.write_text(json.dumps({"address": "192.0.2.7", "port": 1, "secrets": str(credentials)}))
    assert configured(config) == Place(
        "192.0.2.7", 1, credentials / "certificate.pem", credentials / "key.pem", "correct horse"
    )


def test_the_program_prints_once_and_refuses_a_plain_address(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text("{}")
    (tmp_path / "exporter.json").write_text(json.dumps({"address": "192.0.2.7", "port": 0, "secrets": ""}))
    program = (sys.executable, "-m", "gpuhost", "exporter")
    for words, code, said in (
        (("print", "--snapshot", str(tmp_path / "snapshot.json")), 0, ""),
        (("serve", str(tmp_path / "exporter.json")), 2, "can be reached by others"),
    ):
        done = subprocess.run(
            (*program, *words),
            cwd=ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == code, done.stderr
        assert said in done.stderr
