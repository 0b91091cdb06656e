"""Snippets of NGINX: one that it refuses is taken back, and what it has not read makes it read anew. `nginx` and `systemctl` are
small programs of the test, which say what the test wants and write down how they were called."""

import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import nginx
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.test_host_state import ME

RELOAD = "systemctl try-reload-or-restart nginx.service"
LONG_AGO = "Sat 2020-11-28 19:30:00.250000 UTC"
LATER = "Sat 2099-11-28 19:30:00.250000 UTC"


class Host:
    """A host with a folder of snippets."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.snippets = folder / "orchestrate.d"
        self.calls = folder / "calls"
        self._programs = folder / "programs"
        self._programs.mkdir()
        monkeypatch.setenv("PATH", f"{self._programs}{os.pathsep}{os.environ['PATH']}")
        self.snippets.mkdir()
        self.says(nginx="exit 0")
        self.says(systemctl=_shown("active", LONG_AGO))

    def says(self, **programs: str) -> None:
        for name, body in programs.items():
            path = self._programs / name
            path.write_text(f'#!/bin/sh\necho "{name} $@" >>{self.calls}\n{body}\n')
            path.chmod(0o755)

    def has(self, content: str | None, *, write: bool = True) -> list[str]:
        state = "absent" if content is None else "file"
        wish = Wish(
            path=self.snippets / "page.conf",
            state=state,
            content=content or "",
            mode=0o644,
            owner=ME,
            group=ME,
        )
        return nginx.bring_about(self.snippets, [wish], write=write).done

    @property
    def reloads(self) -> int:
        return self.calls.read_text().count(RELOAD) if self.calls.exists() else 0


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def _shown(state: str, since: str) -> str:
    """As systemd answers to just this question."""
    return f'[ "$1 $2" = "show --property=ActiveState,StateChangeTimestamp" ] && printf "ActiveState={state}\\nStateChangeTimestamp={since}\\n"; exit 0'


def test_a_snippet_is_written_checked_and_read(host: Host) -> None:
    assert host.has("location / {}\n") == [f"wrote {host.snippets}/page.conf", RELOAD]
    assert host.calls.read_text().splitlines()[0] == "nginx -t -q"
    assert host.reloads == 1


def test_what_was_read_is_left_alone(host: Host) -> None:
    host.has("location / {}\n")
    host.says(systemctl=_shown("active", LATER))
    assert host.has("location / {}\n") == []
    assert host.reloads == 1


def test_what_a_killed_run_wrote_is_read_by_the_next(host: Host) -> None:
    (host.snippets / "page.conf").write_text("location / {}\n")
    host.says(systemctl=_shown("active", LONG_AGO))
    assert host.has("location / {}\n") == [RELOAD]


def test_one_that_nginx_refuses_is_taken_back_and_never_read(host: Host) -> None:
    host.has("location / {}\n")
    host.says(nginx="echo 'nginx: [emerg] unknown directive \"locatoin\" in page.conf:1' >&2; exit 1")
    with pytest.raises(HostError) as caught:
        host.has("locatoin / {}\n")
    assert "unknown directive" in str(caught.value)
    assert (host.snippets / "page.conf").read_text() == "location / {}\n"
    assert host.reloads == 1


def test_a_first_one_that_nginx_refuses_is_not_there_afterwards(host: Host) -> None:
    host.says(nginx="echo no >&2; exit 1")
    with pytest.raises(HostError):
        host.has("locatoin / {}\n")
    assert list(host.snippets.iterdir()) == []


def test_removing_one_asks_no_check_that_somebody_elses_fault_could_fail(host: Host) -> None:
    host.has("location / {}\n")
    host.says(nginx="exit 1")
    assert host.has(None) == [f"removed {host.snippets}/page.conf", RELOAD]


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_an_nginx_that_does_not_run_reads_all_at_its_start(host: Host, state: str) -> None:
    host.says(systemctl=_shown(state, LONG_AGO))
    assert host.has("location / {}\n") == [f"wrote {host.snippets}/page.conf"]
    assert host.has("location / {}\n") == []


def test_check_mode_calls_nothing_that_changes(host: Host) -> None:
    assert host.has("location / {}\n", write=False) == [f"wrote {host.snippets}/page.conf", RELOAD]
    assert (list(host.snippets.iterdir()), host.reloads) == ([], 0)


def test_without_the_folder_there_is_nothing_to_do(host: Host) -> None:
    host.snippets.rmdir()
    assert host.has("location / {}\n") == []
    assert not host.calls.exists()


def test_times_are_read_to_the_microsecond() -> None:
    assert nginx.last_read(f"ActiveState=active\nStateChangeTimestamp={LONG_AGO}\n") == 1606591800.25


class Sites:
    """The whole of a configuration on that host: a site instead of the default one."""

    def __init__(self, host: Host) -> None:
        self.site = host.snippets.parent / "site.conf"
        self.default = host.snippets.parent / "sites-enabled" / "default"
        self.kept = host.snippets.parent / "default-site"
        self.default.parent.mkdir()
        self.default.symlink_to("/etc/nginx/sites-available/default")
        self.snippets = host.snippets

    def are(self, content: str, *, write: bool = True) -> list[str]:
        wish = Wish(path=self.site, state="file", content=content, mode=0o644, owner=ME, group=ME)
        read = [self.default.parent, self.snippets]
        return nginx.apply(nginx.Configuration([wish], [(self.default, self.kept)], read), write=write).done


@pytest.fixture
def sites(host: Host) -> Sites:
    return Sites(host)


def test_a_site_takes_the_place_of_the_default_one_and_then_all_stays(host: Host, sites: Sites) -> None:
    expected = [f"wrote {sites.site}", f"moved {sites.default} to {sites.kept}", RELOAD]
    assert sites.are("server {}\n", write=False) == expected
    assert sites.default.is_symlink()
    assert sites.are("server {}\n") == expected
    assert (sites.default.is_symlink(), sites.kept.is_symlink()) == (False, True)
    host.says(systemctl=_shown("active", LATER))
    assert sites.are("server {}\n") == []


def test_a_site_that_nginx_refuses_is_taken_back_with_the_default_one_each_time(
    host: Host, sites: Sites
) -> None:
    host.says(nginx="echo 'nginx: [emerg] unknown directive' >&2; exit 1")
    for _ in range(2):
        with pytest.raises(HostError, match="unknown directive"):
            sites.are("sever {}\n")
        assert sites.default.is_symlink()
        assert not sites.site.exists()
        assert not sites.kept.is_symlink()
    assert host.reloads == 0


def test_what_somebody_else_wrote_and_nginx_refuses_fails_a_run_that_changes_nothing(
    host: Host, sites: Sites
) -> None:
    sites.are("server {}\n")
    host.says(nginx="echo no >&2; exit 1")
    with pytest.raises(HostError, match="NGINX refuses its configuration: no"):
        sites.are("server {}\n")
    assert sites.site.read_text() == "server {}\n"


def test_a_site_is_read_when_a_file_beside_it_is_newer_than_what_nginx_read(host: Host, sites: Sites) -> None:
    sites.are("server {}\n")
    host.says(systemctl=_shown("active", LATER))
    assert sites.are("server {}\n") == []
    (sites.snippets / "tool.conf").write_text("location / {}\n")
    os.utime(sites.snippets / "tool.conf", (2**33, 2**33))
    assert sites.are("server {}\n") == [RELOAD]
