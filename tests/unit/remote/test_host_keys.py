"""Host keys on record in the user's known_hosts, by ssh-keygen's own rules."""

import re
import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator.errors import UnreachableError
from orchestrator.remote import fingerprint, on_record, put_on_record, shown_host_key


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def made(home: Path, name: str, kind: str = "ed25519") -> str:
    """A public key, `<kind> <base64>`."""
    argv = ("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(home / name))
    subprocess.run(argv, check=True, timeout=30)
    return " ".join((home / f"{name}.pub").read_text().split()[:2])


def test_nothing_is_on_record_for_a_stranger(home: Path) -> None:
    assert on_record("lab-1", 22) == ""


def test_a_key_put_on_record_is_found_for_its_port_alone(home: Path) -> None:
    key = made(home, "one")
    put_on_record("lab-1", 2222, key)
    assert on_record("lab-1", 2222) == key
    assert on_record("lab-1", 22) == ""
    assert (home / ".ssh/known_hosts").stat().st_mode & 0o777 == 0o600


def test_a_new_key_replaces_the_old_and_leaves_other_hosts_alone(home: Path) -> None:
    old, new, other = made(home, "old"), made(home, "new"), made(home, "other")
    put_on_record("lab-1", 22, old)
    put_on_record("lab-2", 22, other)
    put_on_record("lab-1", 22, new)
    assert (on_record("lab-1", 22), on_record("lab-2", 22)) == (new, other)


def test_hashed_records_are_found(home: Path) -> None:
    key = made(home, "one")
    put_on_record("lab-1", 22, key)
    subprocess.run(
        ("ssh-keygen", "-H", "-f", str(home / ".ssh/known_hosts")),
        check=True,
        capture_output=True,
        timeout=30,
    )
    assert "lab-1" not in (home / ".ssh/known_hosts").read_text()
    assert on_record("lab-1", 22) == key


def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(home: Path) -> None:
    key = made(home, "one", "ecdsa")
    printed = subprocess.run(
        ("ssh-keygen", "-lf", str(home / "one.pub")), check=True, capture_output=True, text=True, timeout=30
    ).stdout
    assert fingerprint(key) == printed.split()[1]


@pytest.mark.parametrize(("address", "said"), [("127.0.0.1", "127.0.0.1:{}"), ("::1", "[::1]:{}")])
def test_a_server_that_is_not_ssh_is_named(address: str, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    expected = re.escape(f"{said.format(port)} does not answer as an SSH server")
    with pytest.raises(UnreachableError, match=f"^{expected}"):
        shown_host_key(address, port)
