"""Who installs wheels: uv where it can be told what pip is configured with, and pip otherwise. Both are small programs here."""

import stat
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import wheels

AS_PIP = {"UV_SYSTEM_CERTS": "1", "UV_INDEX_STRATEGY": "unsafe-best-match"}
PYTHON = """\
#!/bin/sh
here=${0%/*}
echo "pip $*" >>"$here/calls"
case "$*" in
*"pip config list"*) cat "$here/configuration" ;;
*--target*)
    [ -e "$here/uv" ] || exit 1
    mkdir -p "$here/../downloads/uv/bin" && cp -p "$here/uv" "$here/../downloads/uv/bin/uv" ;;
*) [ ! -e "$here/broken" ] || { echo "ERROR: No matching distribution found for tiny"; exit 1; } ;;
esac
"""
UV = """\
#!/bin/sh
bin=${0%/downloads/*}/bin
echo "uv $* of ${UV_DEFAULT_INDEX:-nowhere}" >>"$bin/calls"
touch "${bin%/bin}/.lock"
exit CODE
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment whose pip is not configured, and whose index has no uv."""
    program(tmp_path / "bin/python", PYTHON)
    (tmp_path / "bin/configuration").touch()
    return tmp_path


def uv(code: int) -> str:
    """One that ends with this code."""
    return UV.replace("CODE", str(code))


def program(path: Path, text: str) -> None:
    """Have this program there."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def installed_by(environment: Path, *pip_arguments: str) -> list[str]:
    """Have `tiny` installed; what was called for it, in order."""
    wheels.install(environment, wheels.Packages(["tiny"], "tiny==1\n", pip_arguments), "compare")
    assert not (environment / "downloads").exists()
    assert not (environment / ".lock").exists()
    assert (environment / "constraints.txt").read_text() == "tiny==1\n"
    return (environment / "bin/calls").read_text().splitlines()


def test_uv_installs_from_the_index_that_pip_is_configured_with(environment: Path) -> None:
    program(environment / "bin/uv", uv(0))
    (environment / "bin/configuration").write_text("global.index-url='https://pip:secret@mirror/simple'\n")
    call = installed_by(environment)[-1]
    assert call.startswith("uv pip install")
    assert call.endswith("tiny of https://pip:secret@mirror/simple")


@pytest.mark.parametrize("ends", [None, 1], ids=["the index has no uv", "uv fails"])
def test_pip_does_it_where_uv_is_not_there_or_fails(environment: Path, ends: int | None) -> None:
    if ends is not None:
        program(environment / "bin/uv", uv(ends))
    assert installed_by(environment)[-1].startswith("pip -m pip install")


def test_pip_says_why_nothing_was_installed(environment: Path) -> None:
    program(environment / "bin/uv", uv(1))
    (environment / "bin/broken").touch()
    with pytest.raises(BuildError, match=r"^No matching distribution found for tiny\n  try: compare"):
        installed_by(environment)


def test_uv_is_not_even_fetched_where_pip_has_arguments_that_it_does_not_know(environment: Path) -> None:
    program(environment / "bin/uv", uv(0))
    (call,) = installed_by(environment, "--retries=2")
    assert call.startswith("pip -m pip install")
    assert "--retries=2" in call


@pytest.mark.parametrize(
    ("configuration", "variables"),
    [
        ({}, {}),
        ({"global.cert": "/etc/ssl/ca.crt"}, {"SSL_CERT_FILE": "/etc/ssl/ca.crt"}),
        ({"global.index-url": "https://a/simple"}, {"UV_DEFAULT_INDEX": "https://a/simple"}),
        (
            {"global.extra-index-url": "\nhttps://b/simple\nhttps://c/simple"},
            {"UV_INDEX": "https://b/simple https://c/simple"},
        ),
        ({"global.timeout": "60", "install.timeout": "90"}, {"UV_HTTP_TIMEOUT": "90"}),
        (
            {":env:.index-url": "https://env/simple", "global.index-url": "https://a/simple"},
            {"UV_DEFAULT_INDEX": "https://env/simple"},
        ),
        ({"global.proxy": "http://p:3128"}, {"HTTPS_PROXY": "http://p:3128"}),
        ({"global.disable-pip-version-check": "1", "download.no-binary": ":all:"}, {}),
        ({"global.user": "true", ":env:.user": "0", ":env:.require-virtualenv": "0"}, {}),
    ],
)
def test_what_pip_is_configured_with_uv_is_told(
    configuration: dict[str, str], variables: dict[str, str]
) -> None:
    assert wheels.uv_environment(configuration) == AS_PIP | variables


@pytest.mark.parametrize(
    "configuration",
    [
        {"global.index-url": "http://mirror/simple"},
        {"global.index-url": "file:///srv/simple"},
        {"global.extra-index-url": "https://a/simple http://b/simple"},
        {"global.find-links": "/srv/wheels"},
        {"global.trusted-host": "mirror"},
        {"install.no-index": "true"},
        {"global.client-cert": "/etc/ssl/own.pem"},
        {"global.constraint": "/etc/pins.txt"},
        {"install.no-binary": "tensorflow"},
    ],
    ids=str,
)
def test_where_uv_would_do_otherwise_than_pip_it_is_not_asked(configuration: dict[str, str]) -> None:
    assert wheels.uv_environment(configuration) is None
