"""The data are those that were asked for, or that is said; made-up rows are never taken for real ones."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from tests.unit.workloads.asked_of_tables import asked
from workloads.result import DataSetError, Outcome
from workloads.result.evidence import DataFile
from workloads.tables.origin import Tables, _forgetting, check_data, compared, described, find, note
from workloads.tables.place import Opener
from workloads.tables.rows import Rows

CONTENT = b"id\n1\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
TRAINING = described("train.csv", "training", 100, DIGEST)
ARCHIVE = DataFile(name="otto.zip", split="archive", records=0, sha256="a" * 64, expected_sha256="")


@pytest.mark.parametrize("wanted", [DIGEST, "a" * 64], ids=["of the table", "of the archive"])
def test_the_checksum_is_of_the_table_or_of_the_file_that_it_is_in(wanted: str) -> None:
    files = compared((ARCHIVE, TRAINING), wanted)
    assert check_data(files, asked(data_sha256=wanted)).outcome is Outcome.PASSED
    assert [file.name for file in files if file.expected_sha256 == file.sha256] == [
        "train.csv" if wanted == DIGEST else "otto.zip"
    ]
    assert {file.expected_sha256 for file in files} == {"", wanted}


def test_other_data_fail() -> None:
    files = compared((ARCHIVE, TRAINING), "b" * 64)
    check = check_data(files, asked(data_sha256="b" * 64))
    assert (check.outcome, check.reason) == (
        Outcome.FAILED,
        "none of what was read has SHA-256 bbbbbbbbbbbb…",
    )
    assert [file.expected_sha256 for file in files] == ["", "b" * 64]


def test_where_no_checksum_was_given_it_says_so_and_tells_the_one_that_it_found() -> None:
    check = check_data((TRAINING,), asked())
    assert (check.outcome, check.expected) == (Outcome.PASSED, "no checksum was given")
    assert check.seen == f"100 rows of train.csv, SHA-256 {DIGEST[:12]}"
    (told,) = note((TRAINING,), asked())
    assert f"--data-sha256 {DIGEST}" in told
    assert note((TRAINING,), asked(data_sha256=DIGEST)) == ()


def test_made_up_rows_are_called_so() -> None:
    arguments = asked(synthetic=100)
    assert check_data((TRAINING,), arguments).expected == "synthetic data that was asked for"
    (told,) = note((TRAINING,), arguments)
    assert told.startswith("The data are synthetic: 100 rows made up with seed 1.")


def test_a_table_that_serves_training_and_test_fails() -> None:
    same = described("test.csv", "test", 100, DIGEST)
    check = check_data((TRAINING, same), asked())
    assert check.reason == "a table is read for training and for testing"


def test_made_up_tables_are_named_as_such(tmp_path: Path) -> None:
    tables = find(asked(synthetic=7), tmp_path / "otto", "train.csv", made_up)
    with tables.open("train.csv") as opened:
        assert opened is not None
        assert (opened.name, opened.stream.read()) == ("made-up train.csv", b"7 rows, seed 1")


def test_without_data_it_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"--data with the folder or zip .* --synthetic 2000"):
        find(asked(), tmp_path / "otto", "train.csv", made_up)


def test_what_keras_folder_has_is_taken_without_being_told(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(CONTENT)
    with find(asked(), tmp_path, "train.csv", made_up).open("train.csv") as opened:
        assert opened is not None
        assert opened.stream.read() == CONTENT


def test_a_file_that_holds_the_tables_is_hashed_as_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "otto.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", CONTENT)
    (hashed,) = find(asked(data=str(path)), tmp_path, "train.csv", made_up).archive
    assert (hashed.split, hashed.sha256) == ("archive", hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_malformed_download_that_is_not_what_was_asked_for_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(CONTENT)
    download = tmp_path / "train.csv"
    tables = Tables(
        open=find(asked(data=str(download)), tmp_path, "train.csv", made_up).open, download=download
    )
    forgetting = _forgetting(tables)
    with forgetting("train.csv") as opened:
        assert opened is not None
    assert download.exists()
    with pytest.raises(DataSetError, match="line 1: 1 columns"):
        header(forgetting)
    assert not download.exists()


def test_a_download_that_is_not_what_was_asked_for_does_not_stay(tmp_path: Path) -> None:
    download = tmp_path / "otto.zip"
    download.touch()
    with_download = Tables(open=find(asked(synthetic=1), tmp_path, "", made_up).open, download=download)
    with_download.forget()
    with_download.forget()
    assert not download.exists()


def header(open_table: Opener) -> None:
    with open_table("train.csv") as opened:
        assert opened is not None
        Rows(opened, ("id", "feat_1"))


def made_up(rows: int, seed: int) -> dict[str, bytes]:
    return {"train.csv": f"{rows} rows, seed {seed}".encode()}
