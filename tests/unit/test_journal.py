"""The journal: atomic values, one holder, a readable refusal for the second."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.computer.files import write_once
from orchestrator.errors import DiskFullError, FleetBusyError, OrchestrateError
from orchestrator.journal import Journal, fleet_names, owner
from orchestrator.models import HostRequest


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal("lab", tmp_path)


REQUEST = HostRequest(name="lab-1", distribution="debian-12")


def test_what_was_saved_is_loaded(journal: Journal) -> None:
    journal.save("request", (REQUEST,))
    assert journal.load("request", tuple[HostRequest, ...]) == (REQUEST,)


def test_a_stage_that_has_not_ended_loads_as_none(journal: Journal) -> None:
    assert journal.load("request", HostRequest) is None


def test_a_discarded_stage_has_not_ended(journal: Journal) -> None:
    journal.save("request", REQUEST)
    journal.discard("request")
    assert journal.load("request", HostRequest) is None


def test_half_a_value_is_named_with_its_file(journal: Journal) -> None:
    journal.write_file("request.json", b'{"name": "lab-1"')
    with pytest.raises(OrchestrateError, match=r"request\.json cannot be read as HostRequest") as caught:
        journal.load("request", HostRequest)
    assert "orchestrate up --name lab" in caught.value.hint


def test_a_full_disk_keeps_the_earlier_value(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.save("request", REQUEST)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFullError, match="no space left for"):
            journal.save("request", HostRequest(name="lab-2", distribution="debian-13"))
    assert journal.load("request", HostRequest) == REQUEST
    assert sorted(path.name for path in journal.folder.iterdir()) == ["request.json"]


def test_the_second_holder_is_told_who_the_first_is(journal: Journal) -> None:
    second = Journal("lab", journal.root).hold("orchestrate down")
    with journal.hold("orchestrate up"), pytest.raises(FleetBusyError) as caught:
        second.__enter__()
    assert f"is in use by `orchestrate up` (process {os.getpid()}, since" in caught.value.cause
    assert caught.value.hint == f"wait for it, or stop it with: kill {os.getpid()}"


def test_the_lock_is_free_again_afterwards(journal: Journal) -> None:
    with journal.hold("orchestrate up"):
        pass
    with journal.hold("orchestrate down"):
        holder = json.loads((journal.folder / "lock.json").read_bytes())
    assert holder["command"] == "orchestrate down"


def test_two_fleets_do_not_hold_each_other_up(journal: Journal) -> None:
    with journal.hold("orchestrate up"), Journal("other", journal.root).hold("orchestrate up"):
        assert (journal.folder / "lock.json").exists()


def test_an_intention_is_one_json_line(journal: Journal) -> None:
    journal.intend("container", "orchestrate-lab-1")
    journal.intend("network", "orchestrate-lab")
    lines = [json.loads(line) for line in (journal.folder / "journal.jsonl").read_text().splitlines()]
    assert [(line["event"], line["kind"], line["name"]) for line in lines] == [
        ("create", "container", "orchestrate-lab-1"),
        ("create", "network", "orchestrate-lab"),
    ]


def test_files_and_folders_are_the_users_alone(journal: Journal) -> None:
    journal.save("request", REQUEST)
    assert (journal.folder / "request.json").stat().st_mode & 0o777 == 0o600
    assert journal.folder.stat().st_mode & 0o777 == 0o700


def test_ending_destroys_keys_and_sets_the_record_aside(journal: Journal) -> None:
    journal.keys.mkdir(parents=True)
    (journal.keys / "id_ed25519").write_text("key")
    journal.record("begin", {})
    journal.save("request", REQUEST)
    aside = journal.end()
    assert not journal.keys.exists()
    assert not journal.exists
    assert aside == journal.last_ended()
    assert (aside / "request.json").exists()


def test_the_five_newest_ended_fleets_are_kept(journal: Journal) -> None:
    for _ in range(7):
        journal.record("begin", {})
        newest = journal.end()
    assert len(list(newest.parent.iterdir())) == 5
    assert journal.last_ended() == newest


def test_only_fleets_that_were_begun_are_listed(journal: Journal) -> None:
    assert fleet_names(journal.root) == ()
    journal.record("begin", {})
    Journal("empty", journal.root).folder.mkdir(parents=True)
    assert fleet_names(journal.root) == ("lab",)


def test_two_processes_that_begin_at_once_have_one_mark(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        marks = set(pool.map(lambda _: owner(tmp_path / "state"), range(8)))
    assert len(marks) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["owner"]


def test_a_mark_that_was_there_first_stays(tmp_path: Path) -> None:
    write_once(tmp_path / "owner", b"first\n")
    write_once(tmp_path / "owner", b"second\n")
    assert owner(tmp_path) == "first"


@pytest.mark.parametrize("content", ["", "\n", "two words", "../x", "Upper"])
def test_what_is_no_mark_is_refused_since_everything_unmarked_would_be_ours(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "owner").write_text(content, encoding="utf-8")
    with pytest.raises(OrchestrateError, match="holds no owner's mark"):
        owner(tmp_path)
