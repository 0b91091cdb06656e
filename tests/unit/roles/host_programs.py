"""Programs of a host that keep their state in a folder: systemctl, systemd-run, nft, dpkg and apt-get, as far as modules use them."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record

SYSTEMCTL = """\
case "$*" in
    "is-active firewalld.service") cat "$STATE/firewalld" 2>/dev/null || echo inactive ;;
    "is-active "*) cat "$STATE/active" 2>/dev/null || echo inactive ;;
    "is-enabled "*) cat "$STATE/enabled" 2>/dev/null || echo disabled ;;
    *"enable "*) echo enabled >"$STATE/enabled" ;;
    *"disable "*) rm -f "$STATE/enabled" "$STATE/active" "$STATE/table" ;;
    "reload-or-restart "*) echo active >"$STATE/active" ;;
    "restart "*.timer) [ -e "$STATE/timer" ] || exit 5 ;;
    "stop "*.timer) rm -f "$STATE/timer" ;;
    "start "*.service) sh -e "$STATE/timer" ;;
    "show --property=ActiveState"*) cat "$STATE/rollback" 2>/dev/null || echo inactive ;;
    "show --property=LoadState"*) [ -e "$STATE/enabled" ] && echo loaded || echo not-found ;;
esac
"""
SYSTEMD_RUN = """\
for word; do command="$command '$word'"; case "$word" in --*) command= ;; esac; done
echo "$command" >"$STATE/timer"
"""
NFT = """\
case "$*" in
    "list "*) [ -e "$STATE/table" ] && echo "type filter hook input" ;;
    "--file -") [ ! -e "$STATE/broken" ] || { echo "no such set" >&2; exit 1; }; cat >"$STATE/table" ;;
    table*) rm "$STATE/table" ;;
esac
"""
DPKG_STATUS = """\
Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.22.22

Package: nftables
Status: install ok installed
Architecture: amd64
Version: 1.1.3-1
"""

APT_GET = """\
case "$*" in
    *"--simulate "*autoremove) [ ! -e "$STATE/spare" ] || cat "$STATE/spare" ;;
    *"--simulate "*" remove "*) [ ! -e "$STATE/needed" ] || cat "$STATE/needed" ;;
    *" purge "*) sed -i "1,/^$/!d" "$STATE/../dpkg_status" ;;
esac
"""


@dataclass(frozen=True)
class Host:
    """What the programs have left."""

    state: Path

    @property
    def calls(self) -> list[str]:
        """Everything that was called, in order."""
        return (self.state / "calls").read_text(encoding="utf-8").splitlines()

    def called(self, begin: str) -> int:
        """The place of the first call that begins so."""
        return next(at for at, call in enumerate(self.calls) if call.startswith(begin))

    def has(self, name: str) -> bool:
        """Whether the state has this: `table`, `timer`, `active`."""
        return (self.state / name).exists()

    def say(self, name: str, text: str = "") -> None:
        """Put something into the state."""
        (self.state / name).write_text(f"{text}\n", encoding="utf-8")


def host_with_programs(folder: Path, monkeypatch: pytest.MonkeyPatch, sshd: str = "") -> Host:
    """A host whose programs come first on the PATH of the test. `sshd` is the text of that program."""
    programs, state = folder / "programs", folder / "state"
    programs.mkdir()
    state.mkdir()
    (state / "calls").touch()
    record.DPKG_STATUS.write_text(DPKG_STATUS, encoding="utf-8")
    for name, text in (
        ("systemctl", SYSTEMCTL),
        ("systemd-run", SYSTEMD_RUN),
        ("nft", NFT),
        ("dpkg", "echo amd64\n"),
        ("apt-cache", ""),
        ("apt-get", APT_GET),
        ("sshd", sshd),
    ):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nSTATE={state}\necho "{name} $*" >>"$STATE/calls"\n{text}', encoding="utf-8"
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return Host(state)
