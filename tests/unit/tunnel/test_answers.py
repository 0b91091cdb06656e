"""Whether anything answers: a VNC server, a web server, a name with a certificate."""

from pathlib import Path

import pytest

from orchestrator.tunnel import http_status, refusal_over_tls, rfb_banner
from tests.unit.tunnel.far_ends import nobody, saying
from tests.unit.tunnel.web_server import NAME, made_certificate, web_server


def test_a_vnc_server_says_its_version_first() -> None:
    with saying(b"RFB 003.008\n") as port:
        assert rfb_banner(port) == "RFB 003.008"


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2p1\n"])
def test_what_is_no_vnc_server_says_something_else(greeting: bytes) -> None:
    with saying(greeting) as port:
        assert not rfb_banner(port).startswith("RFB")


def test_where_nothing_listens_nothing_is_said() -> None:
    assert rfb_banner(nobody()) == ""
    assert http_status(nobody(), "/") is None


def test_a_web_server_that_wants_a_login_answers() -> None:
    with web_server() as port:
        assert http_status(port, "/desktop/") == 401


def test_what_is_no_web_server_does_not_answer_http() -> None:
    with saying(b"RFB 003.008\n") as port:
        assert http_status(port, "/") is None


def test_a_name_with_a_certificate_that_is_trusted_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web_server(certificate) as port:
        assert refusal_over_tls(NAME, "/", port=port) == ""


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with web_server(made_certificate(tmp_path)) as port:
        assert "not trusted: self-signed certificate" in refusal_over_tls(NAME, "/", port=port)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = made_certificate(tmp_path, "gpu.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web_server(certificate) as port:
        assert "certificate is not valid for 'localhost'" in refusal_over_tls(NAME, "/", port=port)


def test_a_name_that_does_not_exist_is_refused() -> None:
    assert refusal_over_tls("gpu.invalid", "/") == "there is no such name"


def test_a_name_where_nobody_listens_is_refused() -> None:
    assert "refused" in refusal_over_tls(NAME, "/", port=nobody()).lower()
