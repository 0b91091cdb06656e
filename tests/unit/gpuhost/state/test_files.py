"""Whatever happens to what the roles wrote, the digest of its place is another one; what programs write as they run, is not seen."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from gpuhost.state.files import digest, digests

PLACE = "etc/nginx"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host's file system, with a folder, a file in it and a link to that."""
    for name in ("etc/nginx/sites", "var/lib/dpkg", "var/lib/orchestrate/page"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / PLACE / "sites/lab.conf").write_text("listen 443;\n")
    (tmp_path / PLACE / "enabled").symlink_to("sites/lab.conf")
    (tmp_path / "var/lib/dpkg/status").write_text("Package: nginx\n")
    return tmp_path


def retarget(path: Path) -> None:
    path.unlink()
    path.symlink_to("sites/web.conf")


def keep_times(path: Path, change: Callable[[], object]) -> None:
    """As somebody does who hides it: the time of modification is set back."""
    seen = path.stat()
    change()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


SPOILT: dict[str, Callable[[Path], object]] = {
    "appended to": lambda file: file.write_text(f"{file.read_text()}#\n"),
    "same size, time set back": lambda file: keep_times(file, lambda: file.write_text("listen 444;\n")),
    "written again": lambda file: file.write_text(file.read_text()),
    "another mode": lambda file: file.chmod(0o600),
    "removed": lambda file: file.unlink(),
    "renamed": lambda file: file.rename(file.with_name("lab.old")),
    "replaced by a link": retarget,
    "one more": lambda file: file.with_name("more.conf").touch(),
    "one more folder": lambda file: file.with_name("more").mkdir(),
    "mode of the folder": lambda file: file.parent.chmod(0o700),
    "mode of the place": lambda file: file.parent.parent.chmod(0o700),
    "link goes elsewhere": lambda file: retarget(file.parent.parent / "enabled"),
}


@pytest.mark.parametrize("way", SPOILT)
def test_nothing_is_changed_unseen(root: Path, way: str) -> None:
    before = digests(root, ())
    assert digests(root, ()) == before, "nothing happened"
    SPOILT[way](root / PLACE / "sites/lab.conf")
    after = digests(root, ())
    assert {place for place in before if before[place] != after[place]} == {f"/{PLACE}"}


def test_a_place_that_comes_or_goes_is_seen(root: Path) -> None:
    assert digest(root, "usr/local") != digest(root, PLACE)
    before = digest(root, "usr/local")
    (root / "usr/local").mkdir(parents=True)
    assert digest(root, "usr/local") != before


def test_a_folder_of_somebody_s_choice_is_looked_at(root: Path) -> None:
    (root / "data/envs").mkdir(parents=True)
    before = digests(root, ("/data/envs/",))
    (root / "data/envs/new").touch()
    assert digests(root, ("/data/envs/",))["/data/envs"] != before["/data/envs"]


@pytest.mark.parametrize(
    "written",
    [
        "etc/nginx/sites/__pycache__/lab.pyc",
        "var/lib/orchestrate/page/index.html",
        "var/lib/orchestrate/certificate/certificate.json",
        "etc/mtab",
        "var/log/nginx/error.log",
        "home/me/notes.txt",
    ],
)
def test_what_programs_and_people_write_as_they_work_is_not_seen(root: Path, written: str) -> None:
    before = digests(root, ())
    (root / written).parent.mkdir(parents=True, exist_ok=True)
    (root / written).touch()
    after = digests(root, ())
    assert {key: after[key] for key in before} == before


def test_of_a_file_that_is_written_anew_by_itself_the_content_counts(root: Path) -> None:
    status = root / "var/lib/dpkg/status"
    before = digests(root, ())
    status.write_text(status.read_text())
    assert digests(root, ()) == before
    status.write_text("Package: nginx\nStatus: hold\n")
    assert digests(root, ())["/var/lib/dpkg/status"] != before["/var/lib/dpkg/status"]


def test_a_place_that_cannot_be_read_is_no_answer(root: Path) -> None:
    (root / "etc").rename(root / "gone")
    with pytest.raises(FileNotFoundError):
        digests(root, ())


def test_what_goes_while_it_is_looked_at_is_as_if_it_had_not_been_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs write beside a file and rename; that takes no run of the roles."""
    before = digest(root, PLACE)
    (root / PLACE / "sites/lab.conf.new").write_text("listen 444;\n")
    (root / PLACE / "passing").mkdir()
    scandir = os.scandir

    def listed_late(folder: str) -> object:
        """Lists, and only then does the program end."""
        entries = scandir(folder)
        kept = [*entries]
        for passing in ("sites/lab.conf.new", "passing"):
            gone = root / PLACE / passing
            if str(gone.parent) == folder:
                gone.rmdir() if gone.is_dir() else gone.unlink()
        return Listing(kept)

    monkeypatch.setattr("gpuhost.state.files.os.scandir", listed_late)
    assert digest(root, PLACE) == before


class Listing(list[os.DirEntry[str]]):
    """As `os.scandir` gives it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        del raised
