"""The line that lets a user's own ssh know the hosts of fleets, and what is around it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.computer.user_ssh_config import (
    hosts_named,
    includes,
    read,
    with_include,
    without_include,
    write,
)

PATTERN = "/home/ada/state of mine/fleets/*/ssh_config"


@pytest.mark.parametrize("text", ["", "Host a\n  User b\n", "# mine\n\nHost *\n", "no line's end"])
def test_what_was_there_is_there_again_after_it_was_added_and_taken_away(text: str) -> None:
    added = with_include(text, PATTERN)
    assert includes(added, PATTERN)
    assert with_include(added, PATTERN) == added, "again is as good as once"
    assert without_include(added, PATTERN) == text


def test_the_line_of_another_state_folder_stays() -> None:
    both = with_include(with_include("Host a\n", "/one/*"), "/two/*")
    assert without_include(both, "/two/*") == with_include("Host a\n", "/one/*")


def test_ssh_itself_finds_the_hosts_and_the_user_s_own(tmp_path: Path) -> None:
    fleet = tmp_path / "state of mine/fleets/lab"
    fleet.mkdir(parents=True)
    (fleet / "ssh_config").write_text("Host lab-1\n  Port 2222\n", encoding="utf-8")
    config = tmp_path / "config"
    text = "Host other\n  Port 99\n\nHost *\n  Port 22\n"
    config.write_text(with_include(text, f"{tmp_path}/state of mine/fleets/*/ssh_config"), encoding="utf-8")
    assert [port(config, name) for name in ("lab-1", "other", "third")] == ["2222", "99", "22"]


def test_names_of_hosts_are_read_and_patterns_are_not() -> None:
    text = 'Host a "b" c*\n\tHost=d\n  HostName e\nhost !f g?\nMatch host h\n'
    assert hosts_named(text) == {"a", "b", "d"}


def test_access_and_links_stay_and_bytes_of_any_encoding(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles"
    kept.write_bytes(b"# caf\xe9\n")
    kept.chmod(0o644)
    config = tmp_path / "config"
    config.symlink_to(kept)
    write(config, with_include(read(config), PATTERN))
    assert config.is_symlink()
    assert kept.stat().st_mode & 0o777 == 0o644
    assert kept.read_bytes().endswith(b"\n# caf\xe9\n")


def test_the_first_configuration_of_a_user_is_the_user_s_alone(tmp_path: Path) -> None:
    config = tmp_path / ".ssh/config"
    assert read(config) == ""
    write(config, with_include("", PATTERN))
    assert (config.stat().st_mode & 0o777, config.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def port(config: Path, name: str) -> str:
    ssh = shutil.which("ssh")
    assert ssh, "orchestrate needs OpenSSH's client"
    said = subprocess.run((ssh, "-G", "-F", str(config), name), capture_output=True, text=True, check=True)
    return next(line.split()[1] for line in said.stdout.splitlines() if line.startswith("port "))
