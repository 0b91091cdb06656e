"""The user's own programs reach a host of a fleet: ssh, scp and rsync by its name, a browser through a forwarded port."""

import socket
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User

OWN = "Host elsewhere\n  User me\n"
"""What the user's configuration says already."""


def reach_by_name(owner: User, folder: Path) -> None:
    """By the user's own configuration, and not under another key than the one on record."""
    host, config, sent = f"{owner.fleet}-1", folder / "config", folder / "sent"
    sent.write_text("whole", encoding="utf-8")
    config.write_text(OWN, encoding="utf-8")
    installed = owner.run("ssh-config", "--install", "--file", str(config), "--json").json
    assert (installed["installed"], installed["hosts"]) == (True, [host])
    ssh = ("ssh", "-F", str(config))
    rsync = ("rsync", "-e", f"ssh -F {config}", str(sent), f"{host}:copied")
    assert done(*ssh, host, "hostname").stdout.strip() == host
    assert done(*rsync).returncode == 0
    assert done(*ssh, host, "cat", "copied").stdout == "whole"
    assert done("scp", "-F", str(config), f"{host}:copied", str(folder / "back")).returncode == 0

    known = owner.run_folder / "known_hosts"
    recorded = known.read_bytes()
    try:
        known.write_text(f"{host} {another_key(folder)}\n", encoding="utf-8")
        refused = done(*ssh, host, "hostname")
        assert (refused.returncode, refused.stdout) == (255, "")
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused.stderr
        assert done(*rsync).returncode != 0
    finally:
        known.write_bytes(recorded)
    owner.run("ssh-config", "--remove", "--file", str(config))
    assert config.read_text(encoding="utf-8") == OWN


def forward_a_port(owner: User) -> None:
    """A server that listens on the host's loopback device alone answers here while the login lasts, and not after it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    serve = (
        "timeout",
        "60",
        "python3",
        "-m",
        "http.server",
        "8123",
        "--bind",
        "127.0.0.1",
        "--directory",
        "/etc",
    )
    url = f"http://127.0.0.1:{port}/hostname"
    with owner.running("ssh", "--forward", f"{port}:8123", f"{owner.fleet}-1", "--", *serve):
        page = wait_for(f"an answer at {url}", lambda: answer_of(url), timeout_s=30)
        assert page.strip() == f"{owner.fleet}-1"
    assert isinstance(answer_of(url), NotYet)


def answer_of(url: str) -> str | NotYet:
    """What is served there."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  a port of this computer
            return str(answer.read().decode())
    except (URLError, OSError) as error:
        return NotYet(str(error))


def another_key(folder: Path) -> str:
    """A public host key that no host has."""
    path = folder / "another"
    done("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
    return " ".join(path.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])


def done(*argv: str) -> subprocess.CompletedProcess[str]:
    """The program, run to its end."""
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
