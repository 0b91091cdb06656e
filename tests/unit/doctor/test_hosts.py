"""What doctor says of hosts that may be asked for: it is no fault of this computer's."""

from pathlib import Path

import pytest

from orchestrator.ansible_hosts import installed_core
from orchestrator.doctor import Condition, examine, exit_code
from orchestrator.errors import ExitCode
from tests.unit.doctor.played import DOCKER, Answer, Computer, play


def test_what_was_tried_on_no_real_host_is_said_and_stands_in_no_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER)), tmp_path, monkeypatch)
    (said,) = [finding for finding in examine(None) if finding.name == "hosts"]
    assert said.condition is Condition.OK
    assert said.seen.startswith(
        "may have Debian 12, Debian 13, Ubuntu 22.04, Ubuntu 24.04, Ubuntu 26.04; on Ubuntu"
    )
    assert "nothing was tried for real yet: the roles ran on hosts of Debian alone" in said.seen
    assert exit_code((said,)) is ExitCode.OK


def test_a_python_of_hosts_that_this_ansible_was_not_made_for_is_said_and_stands_in_no_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER)), tmp_path, monkeypatch)
    newer = installed_core().newest_python != "3.13"
    (said,) = [finding for finding in examine(None) if finding.name == "hosts"]
    assert said.condition is Condition.OK
    assert ("; Ubuntu 26.04 has Python 3.14, and ansible-core 2.19" in said.seen) is not newer
