"""The next host key is made once, shown only when told, and a kill in between loses neither key."""

from pathlib import Path

import pytest

from gpuhost.first_contact import host_key


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ssh = tmp_path / "etc" / "ssh"
    ssh.mkdir(parents=True)
    for name in ("ed25519", "rsa"):
        (ssh / f"ssh_host_{name}_key").write_text("born with", encoding="utf-8")
        (ssh / f"ssh_host_{name}_key.pub").write_text("born with", encoding="utf-8")
    return tmp_path


def test_preparing_twice_gives_the_same_key_and_shows_nothing(root: Path) -> None:
    key = host_key.prepare(root)
    assert key.startswith("ssh-ed25519 AAAA")
    assert host_key.prepare(root) == key
    assert (root / "etc/ssh/ssh_host_ed25519_key").read_text(encoding="utf-8") == "born with"


def test_half_a_pair_is_made_anew(root: Path) -> None:
    key = host_key.prepare(root)
    (root / "etc/ssh/orchestrate_next_host_key.pub").unlink()
    again = host_key.prepare(root)
    assert again.startswith("ssh-ed25519 AAAA")
    assert again != key


def test_the_private_half_can_be_read_by_root_alone(root: Path) -> None:
    host_key.prepare(root)
    assert (root / "etc/ssh/orchestrate_next_host_key").stat().st_mode & 0o777 == 0o600
