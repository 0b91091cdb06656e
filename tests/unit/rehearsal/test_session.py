"""Finding a rehearsal, and refusing what cannot be rehearsed. Nothing is started here."""

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from orchestrator.errors import UsageError
from orchestrator.rehearsal import close_rehearsal_when_empty, find_rehearsal, open_rehearsal
from orchestrator.rehearsal.session import record
from orchestrator.rehearsal.session.record import Record

pytestmark = pytest.mark.served


def mine() -> Record:
    """This process as if it were a rehearsal."""
    return Record(pid=os.getpid(), url="http://127.0.0.1:1", started=psutil.Process().create_time())


def test_a_rehearsal_is_found_as_long_as_its_process_lives(tmp_path: Path) -> None:
    assert find_rehearsal(tmp_path) is None
    record.write(tmp_path, mine())
    found = find_rehearsal(tmp_path)
    assert found is not None
    assert found.url == "http://127.0.0.1:1"


def test_a_process_that_only_has_its_number_is_not_taken_for_it(tmp_path: Path) -> None:
    record.write(tmp_path, replace(mine(), started=mine().started - 100))
    assert find_rehearsal(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"pid": 0'])
def test_a_broken_file_is_no_rehearsal(tmp_path: Path, content: bytes) -> None:
    record.folder(tmp_path).mkdir()
    record.path(tmp_path).write_bytes(content)
    assert find_rehearsal(tmp_path) is None


def test_an_unknown_fault_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'sharks'") as refused:
        open_rehearsal(tmp_path, ("sharks",), lambda _: None)
    assert "no-capacity" in refused.value.hint


def test_there_is_nothing_to_close_where_nothing_was_opened(tmp_path: Path) -> None:
    assert close_rehearsal_when_empty(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []
