"""The notice of a spot host's end, read from a metadata service over HTTP and acted on with programs that are really started."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gpuhost.lifetime import command, limits, metadata, spot
from gpuhost.lifetime import ledger as books
from orchestrator.rehearsal.containers.metadata import Metadata, MetadataService

NOW = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)
NOTICE = "meta-data/spot/instance-action"
ADVICE = "meta-data/events/recommendations/rebalance"
TERMINATE = '{"action": "terminate", "time": "2026-11-28T14:02:00Z"}'
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$0.asked"
case $1 in
  list-units) cat "$0.units" 2>/dev/null ;;
  kill) [ ! -e "$0.refuses" ] ;;
esac
"""


@dataclass(slots=True)
class Host:
    """A spot host: what its metadata service says, its folder, its terminals, its systemctl."""

    address: str
    folder: Path
    systemctl: Path
    tree: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    def spot(self, run: str = "a") -> Any:
        """As the service begins."""
        book = books.Book(self.folder, self.folder / "lifetime.json")
        return spot.Spot(book, metadata.Metadata(self.address), run, self.shown.append)

    def run_units(self, *names: str) -> None:
        """Have these units run."""
        lines = (f"{name} loaded active running a job\n" for name in names)
        self.systemctl.with_name("systemctl.units").write_text("".join(lines))

    def signalled(self) -> list[str]:
        """The units that got a signal, in order."""
        log = self.systemctl.with_name("systemctl.asked")
        asked = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix("kill --signal=SIGTERM ") for line in asked if line.startswith("kill")]


def jobs() -> Sequence[str]:
    """As the role names them."""
    return ("orchestrate-job-*.service",)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """It demands a token, as every host that is rented here does."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    made = Host(address="", folder=tmp_path, systemctl=systemctl)
    service = MetadataService(
        "127.0.0.1", 0, lambda _address: Metadata(tree=made.tree, user_data=None, token_required=True)
    )
    with closing(service):
        made.address = f"http://127.0.0.1:{service.port}"
        yield made


def test_without_a_notice_nothing_is_said_and_nothing_is_signalled(host: Host) -> None:
    host.run_units("orchestrate-job-1.service")
    host.spot().look(jobs, NOW)
    assert (host.shown, host.signalled()) == ([], [])
    assert not (host.folder / "interruption.json").exists()


def test_a_notice_is_said_with_its_time_and_jobs_get_the_signal(host: Host) -> None:
    host.run_units("orchestrate-job-1.service", "orchestrate-job-2.service")
    host.tree[NOTICE] = TERMINATE
    host.spot().look(jobs, NOW)
    assert host.signalled() == ["orchestrate-job-1.service", "orchestrate-job-2.service"]
    (shown,) = host.shown
    assert shown.startswith("EC2 takes this spot host back at 14:02:00 UTC, in 120 seconds, and ends it.\n")
    assert max(map(len, shown.splitlines())) < 79


def test_a_job_is_signalled_once_and_one_that_starts_later_as_well(host: Host) -> None:
    host.tree[NOTICE] = TERMINATE
    host.run_units("orchestrate-job-1.service")
    service = host.spot()
    service.look(jobs, NOW)
    service.look(jobs, NOW)
    host.run_units("orchestrate-job-1.service", "orchestrate-job-2.service")
    host.spot().look(jobs, NOW)  # the service was restarted in between
    assert host.signalled() == ["orchestrate-job-1.service", "orchestrate-job-2.service"]
    assert len(host.shown) == 1


def test_a_signal_that_systemd_refuses_is_sent_again(host: Host) -> None:
    host.tree[NOTICE] = TERMINATE
    host.run_units("orchestrate-job-1.service")
    refuses = host.systemctl.with_name("systemctl.refuses")
    refuses.touch()
    service = host.spot()
    service.look(jobs, NOW)
    refuses.unlink()
    service.look(jobs, NOW)
    assert host.signalled() == ["orchestrate-job-1.service"] * 2
    assert service.notice.signalled == ("orchestrate-job-1.service",)


def test_a_notice_that_is_put_forward_is_said_again(host: Host) -> None:
    service = host.spot()
    for time in ("2026-11-28T14:02:00Z", "2026-11-28T14:01:30Z"):
        host.tree[NOTICE] = f'{{"action": "stop", "time": "{time}"}}'
        service.look(jobs, NOW)
    assert [text.splitlines()[0] for text in host.shown] == [
        "EC2 takes this spot host back at 14:02:00 UTC, in 120 seconds, and stops it.",
        "EC2 takes this spot host back at 14:01:30 UTC, in 90 seconds, and stops it.",
    ]


def test_a_recommendation_warns_once_and_signals_nobody(host: Host) -> None:
    host.run_units("orchestrate-job-1.service")
    host.tree[ADVICE] = '{"noticeTime": "2026-11-28T13:59:00Z"}'
    service = host.spot()
    service.look(jobs, NOW)
    service.look(jobs, NOW)
    assert (host.shown, host.signalled()) == ([spot.ADVISED], [])
    assert books.Book(host.folder).notice("a").advised_at == "2026-11-28T13:59:00+00:00"


def test_a_recommendation_that_is_not_understood_does_not_hide_the_notice(host: Host) -> None:
    host.tree |= {NOTICE: TERMINATE, ADVICE: "[]"}
    service = host.spot()
    service.look(jobs, NOW)
    assert service.notice.at == "2026-11-28T14:02:00+00:00"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"action": "dance", "time": "2026-11-28T14:02:00Z"}',
             '{"action": "stop", "time": "soon"}', '{"action": "stop", "time": "2026-11-28T14:02:00"}',
             '{"action": 7, "time": 7}'],
)  # fmt: skip
def test_what_is_no_notice_is_said_once_and_acted_on_never(
    host: Host, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    host.run_units("orchestrate-job-1.service")
    host.tree[NOTICE] = text
    service = host.spot()
    service.look(jobs, NOW)
    service.look(jobs, NOW)
    assert (host.shown, host.signalled()) == ([], [])
    assert capfd.readouterr().err.count("does not say whether EC2 takes this host back") == 1


def test_a_service_that_does_not_answer_is_said_once(host: Host, capfd: pytest.CaptureFixture[str]) -> None:
    host.address = "http://127.0.0.1:1"
    service = host.spot()
    service.look(jobs, NOW)
    service.look(jobs, NOW)
    assert capfd.readouterr().err.count("does not say") == 1
    assert service.notice == limits.Notice(run="a")


def test_a_token_that_is_not_taken_any_more_is_asked_for_anew(host: Host) -> None:
    asked = metadata.Metadata(host.address)
    host.tree[NOTICE] = TERMINATE
    asked._token = "expired"
    assert asked.interruption() == metadata.Interruption(action="terminate", at=NOW.replace(minute=2))


def test_a_notice_is_told_by_status_in_its_run_and_not_in_the_next(host: Host) -> None:
    host.tree[NOTICE] = TERMINATE
    host.spot().look(jobs, NOW)
    book = books.Book(host.folder)
    now = limits.Moment(run="a", seconds=60.0)
    ledger = limits.Ledger(earlier_s=0.0, now=now, used_s=60.0)
    none = limits.parse_limits(
        dict.fromkeys(("max_hours", "max_cost_usd", "price_usd_per_hour", "idle_minutes"), 0)
        | {"warn_minutes": [], "busy_cpus": 1, "busy_gpu_percent": 5, "spot_units": ["a.service"]}
    )
    told = command.report(ledger, none, book.notice("a"))
    assert json.loads(json.dumps(told))["interruption"]["at"] == "2026-11-28T14:02:00+00:00"
    assert command.in_words(told).endswith("EC2 takes it back at 2026-11-28T14:02:00+00:00 (terminate)")
    assert none.spot_units == ("a.service",)
    assert command.report(ledger, none, book.notice("b"))["interruption"] is None
    assert book.notice("b") == limits.Notice(run="b")


def test_units_are_those_of_the_role_and_jobs_where_its_file_is_broken(host: Host) -> None:
    book = books.Book(host.folder, host.folder / "lifetime.json")
    assert spot.units_of(book) == ("orchestrate-job-*.service", "orchestrate-run-*.service")
