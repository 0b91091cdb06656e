"""What people have fail2ban leave alone is left alone by the jails of role firewall too."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import fail2ban
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.fail2ban import (
    exempted,
    parse_exempted,
)

SHIPPED = "[INCLUDES]\nbefore = paths-debian.conf\n[DEFAULT]\n#ignoreip = 127.0.0.1/8 ::1\nbantime = 10m\n[sshd]\nport = ssh\n"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([SHIPPED], []),
        (
            [SHIPPED, "[DEFAULT]\nignoreip = 127.0.0.1/8 ::1, 10.0.0.0/8\n  192.0.2.7\n"],
            ["10.0.0.0/8", "192.0.2.7"],
        ),
        ([SHIPPED, "[DEFAULT]\nignoreip = 10.0.0.1\n", "[DEFAULT]\nignoreip = 10.0.0.2\n"], ["10.0.0.2"]),
        ([SHIPPED, "[sshd]\nignoreip = 10.0.0.1\n", "[DEFAULT]\nignoreip = 10.0.0.2\n"], ["10.0.0.1"]),
        ([SHIPPED, "[nginx-http-auth]\nignoreip = 10.0.0.1\n"], []),
        ([SHIPPED, "[DEFAULT]\nignoreip = %(mine)s 10.0.0.1\n", "no file of settings"], ["10.0.0.1"]),
    ],
    ids=["shipped", "all jails", "later", "jail", "other jail", "references"],
)
def test_the_last_word_of_a_jail_counts_or_else_that_of_all(texts: list[str], found: list[str]) -> None:
    assert parse_exempted("sshd", texts) == found


def test_files_are_read_as_fail2ban_reads_them_without_the_roles_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fail2ban, "FOLDER", tmp_path)
    ours = tmp_path / "jail.d/orchestrate.local"
    assert exempted("sshd", ours) == []
    ours.parent.mkdir()
    for name, address in (
        ("jail.local", "10.0.0.2"),
        ("jail.d/a.conf", "10.0.0.1"),
        ("jail.d/orchestrate.local", "10.0.0.9"),
    ):
        (tmp_path / name).write_text(f"[sshd]\nignoreip = {address}\n")
    assert exempted("sshd", ours) == ["10.0.0.2"]
    (tmp_path / "jail.d/b.local").write_text("[sshd]\nignoreip = 10.0.0.3\n")
    assert exempted("sshd", ours) == ["10.0.0.3"]
