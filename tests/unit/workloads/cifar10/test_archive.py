"""Where the archive is looked for, which one is meant, and what a mirror may send."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest

from tests.unit.workloads.cifar10.made_up import laid
from workloads.cifar10.data.archive import BINARY, PUBLISHED, PYTHON, Source, check_data, find, read
from workloads.result import DataSetError, Outcome
from workloads.result.evidence import DataFile


def source(home: Path, *, path: Path | None = None, mirror: str = "", sha256: str = "") -> Source:
    return Source(home=home, path=path, mirror=mirror, sha256=sha256)


@pytest.mark.parametrize("name", [PYTHON, BINARY, "cifar-10-batches-py-target_archive"])
def test_it_is_found_where_keras_keeps_it(tmp_path: Path, name: str) -> None:
    path = laid(tmp_path / "datasets", name)
    assert find(source(tmp_path)) == path


def test_it_is_found_where_the_user_says(tmp_path: Path) -> None:
    path = laid(tmp_path / "mine", PYTHON)
    assert find(source(tmp_path, path=path)) == find(source(tmp_path, path=path.parent)) == path


def test_where_the_user_says_and_it_is_not_nothing_else_is_looked_for(tmp_path: Path) -> None:
    laid(tmp_path / "datasets", PYTHON)
    with pytest.raises(
        DataSetError, match=f"--data: no archive of CIFAR-10 is at {re.escape(str(tmp_path))}/mine"
    ):
        find(source(tmp_path, path=tmp_path / "mine"))


def test_another_archive_than_the_published_one_fails_and_says_how_to_mean_it(tmp_path: Path) -> None:
    path = laid(tmp_path, PYTHON)
    file, described = read(path, source(tmp_path))
    file.close()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (described.sha256, described.expected_sha256) == (sha256, PUBLISHED[PYTHON])
    check = check_data(described, ())
    assert check.outcome is Outcome.FAILED
    assert check.reason.endswith(f"for data of your own add --data-sha256 {sha256}")


def test_another_archive_that_is_meant_passes_and_only_that(tmp_path: Path) -> None:
    path = laid(tmp_path, PYTHON)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for meant, outcome in ((sha256, Outcome.PASSED), ("0" * 64, Outcome.FAILED)):
        file, described = read(path, source(tmp_path, sha256=meant))
        file.close()
        assert check_data(described, BATCHES).outcome is outcome


@pytest.mark.parametrize("sha256", PUBLISHED.values())
def test_either_published_archive_passes(sha256: str) -> None:
    file = DataFile(
        name=PYTHON, split="training and test", records=60_000, sha256=sha256, expected_sha256=sha256
    )
    assert check_data(file, BATCHES).outcome is Outcome.PASSED


def test_a_batch_that_serves_training_and_test_fails() -> None:
    sha256 = PUBLISHED[PYTHON]
    file = DataFile(
        name=PYTHON, split="training and test", records=60_000, sha256=sha256, expected_sha256=sha256
    )
    check = check_data(file, (*BATCHES, ("test", "a")))
    assert check.reason == "a batch is read for training and for testing"


def test_a_mirror_brings_it_once_and_what_it_brings_is_kept(tmp_path: Path) -> None:
    path = laid(tmp_path / "served", PYTHON)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with served(tmp_path / "served") as address:
        found = find(source(tmp_path, mirror=address, sha256=sha256))
    assert found == tmp_path / "datasets" / PYTHON == find(source(tmp_path, mirror="http://nowhere.invalid"))
    assert found.read_bytes() == path.read_bytes()
    assert [each.name for each in found.parent.iterdir()] == [PYTHON]


def test_a_mirror_that_sends_another_file_leaves_nothing_behind(tmp_path: Path) -> None:
    laid(tmp_path / "served", PYTHON)
    with served(tmp_path / "served") as address, pytest.raises(DataSetError, match="sends another file"):
        find(source(tmp_path, mirror=f"{address}/{PYTHON}"))
    assert list((tmp_path / "datasets").iterdir()) == []


def test_a_mirror_without_it_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    with served(tmp_path / "served") as address, pytest.raises(DataSetError) as caught:
        find(source(tmp_path, mirror=address))
    assert f"{address}/{PYTHON}: HTTP Error 404" in str(caught.value)
    assert str(caught.value).endswith("or say where it is with --data or --mirror")


BATCHES = (("training", "a"), ("training", "b"), ("test", "c"))


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name in the library
        del format, args


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a web server of this computer."""

    def handler(request: object, address: object, server: HTTPServer) -> Silent:
        return Silent(request, address, server, directory=str(folder))  # type: ignore[arg-type]

    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
