"""Settings that a host takes back by itself unless they are confirmed: the order of the steps, and who wins a race."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files, rollback

from tests.unit.roles.host_programs import Host, host_with_programs


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return host_with_programs(tmp_path, monkeypatch)


def of(tmp_path: Path) -> rollback.Rollback:
    return rollback.Rollback(
        unit="settings-rollback",
        description="Take back settings",
        command=("touch", str(tmp_path / "went-back")),
        marker=tmp_path / "marker",
    )


def test_the_timer_runs_before_anything_is_loaded(tmp_path: Path, host: Host) -> None:
    seen = []
    rollback.apply(of(tmp_path), 30, lambda: seen.append(host.has("timer")))
    assert seen == [True]
    assert "--on-active=30s" in host.calls[host.called("systemd-run")]


def test_settings_that_cannot_be_loaded_are_taken_back_at_once(tmp_path: Path, host: Host) -> None:
    def load() -> None:
        raise HostError("it is broken", "mend it")

    with pytest.raises(HostError, match="it is broken"):
        rollback.apply(of(tmp_path), 30, load)
    assert (tmp_path / "went-back").exists()
    assert not host.has("timer")


def test_a_timer_that_a_killed_run_left_goes_back_to_what_was_before_that(tmp_path: Path, host: Host) -> None:
    host.say("timer", "touch before")
    rollback.arm(of(tmp_path), 30)
    assert not [call for call in host.calls if call.startswith("systemd-run")]
    assert host.has("timer")


def test_confirmed_settings_have_neither_timer_nor_marker(tmp_path: Path, host: Host) -> None:
    rollback.arm(of(tmp_path), 30)
    of(tmp_path).marker.touch()
    rollback.confirm(of(tmp_path))
    assert not host.has("timer")
    assert not of(tmp_path).marker.exists()


@pytest.mark.parametrize("state", ["activating", "inactive"])
def test_what_is_confirmed_too_late_is_not_kept(tmp_path: Path, host: Host, state: str) -> None:
    host.say("rollback", state)
    if state == "activating":
        of(tmp_path).marker.touch()
    with pytest.raises(HostError, match="confirmed too late"):
        rollback.confirm(of(tmp_path))
    assert of(tmp_path).marker.exists() == (state == "activating")


def test_a_file_that_somebody_changed_differs(tmp_path: Path) -> None:
    file = files.ManagedFile(tmp_path / "settings", "on\n")
    assert files.differs(file)
    files.write(file)
    assert not files.differs(file)
    file.path.chmod(0o666)
    assert files.differs(file)
    files.write(file)
    assert files.difference(file.path, "off\n") == {
        "before": "on\n",
        "after": "off\n",
        "before_header": str(file.path),
        "after_header": str(file.path),
    }
    file.path.write_text("off\n", encoding="utf-8")
    assert files.differs(file)
