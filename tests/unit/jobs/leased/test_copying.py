"""Folders there and back: the calls of rsync, and the streams that stand in for it, with this computer as the host."""

import io
import shlex
import subprocess
import tarfile
from pathlib import Path

import pytest

from orchestrator.errors import UnreachableError, UsageError
from orchestrator.jobs.leased import archive, copying
from orchestrator.jobs.leased.copying import Prepared, rsync_back, rsync_there
from orchestrator.jobs.leased.way import Way
from orchestrator.remote.local import LocalShell

FAR = Way(host="lab-1", program="ssh", words=("-F", "/run folder/ssh_config", "-p", "2222", "lab-1"))
HERE = Way(host="here")


def made(folder: Path) -> Path:
    for name in ("train.py", "data/x.txt", "results/old.csv", ".venv/bin/python", ".git/config"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / ".gitignore").write_text("results/\n")
    return folder


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_rsync_goes_over_the_verified_ssh_and_honours_gitignore() -> None:
    there = Prepared(folder="/home/admin/orchestrate-runs/a-2", has_rsync=True, before="a-1")
    argv = rsync_there(FAR, Path("src"), there)
    assert argv[-2:] == ("src/", "lab-1:/home/admin/orchestrate-runs/a-2/")
    assert {"--exclude=.git", "--filter=:- .gitignore", "--copy-dest=../a-1"} < set(argv)
    client = shlex.split(argv[argv.index("--rsh") + 1])
    assert client[0] == "ssh"
    assert client[-4:] == ["-F", "/run folder/ssh_config", "-p", "2222"]
    assert "StrictHostKeyChecking=yes" in client


def test_what_was_copied_there_is_not_brought_back_as_it_was(tmp_path: Path) -> None:
    argv = rsync_back(FAR, "/home/admin/a", ".", Path("out"), tmp_path)
    assert f"--compare-dest={tmp_path}" in argv
    assert argv[-2:] == ("lab-1:/home/admin/a/./.", "out/")
    assert not any(
        "compare" in word for word in rsync_back(FAR, "/home/admin/a", "results", Path("out"), None)
    )


def test_a_folder_is_copied_and_results_come_back(tmp_path: Path) -> None:
    source, there, back = made(tmp_path / "source"), tmp_path / "there", tmp_path / "back"
    there.mkdir()
    by = copying.push(HERE, source, Prepared(folder=str(there), has_rsync=True, before=""))
    assert by == "rsync"
    assert names(there) == {"train.py", "data/x.txt", ".gitignore"}
    (there / "results").mkdir()
    (there / "results/new.csv").write_text("1")
    copying.pull(HERE, str(there), ".", back, source)
    assert names(back) == {"results/new.csv"}
    copying.pull(HERE, str(there), "data", back, source)
    assert names(back) == {"results/new.csv", "data/x.txt"}


def test_without_rsync_it_is_a_tar_stream_and_git_says_what_is_ignored(tmp_path: Path) -> None:
    source, there, back = made(tmp_path / "source"), tmp_path / "there", tmp_path / "back"
    (source / ".git/config").unlink()
    (source / ".git").rmdir()
    subprocess.run(("git", "init", "--quiet", str(source)), check=True)
    there.mkdir()
    assert copying.push(HERE, source, Prepared(folder=str(there), has_rsync=False, before="")) == "tar"
    assert names(there) == {"train.py", "data/x.txt", ".gitignore"}
    back.mkdir()
    archive.pull(HERE, str(there), "data", back)
    assert names(back) == {"data/x.txt"}


def test_without_git_everything_but_what_belongs_to_this_computer_is_copied(tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    (source / ".git/config").unlink()
    (source / ".git").rmdir()
    assert set(map(str, archive.files_of(source))) == {
        "train.py",
        "data/x.txt",
        ".gitignore",
        "results/old.csv",
    }


def test_what_is_not_there_is_told_and_copies_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="did not copy all"):
        archive.pull(HERE, str(tmp_path), "nothing", tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        copying.push(HERE, tmp_path / "none", Prepared(folder="/x", has_rsync=True, before=""))


@pytest.mark.parametrize("path", ["/etc/passwd", "../other", "a/../../b"])
def test_results_are_within_the_jobs_folder(path: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not within the job's folder"):
        copying.pull(HERE, "/home/admin/a", path, tmp_path, None)


def test_a_host_cannot_write_outside_of_the_folder_that_was_named(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, kind in (
            ("../evil", tarfile.REGTYPE),
            ("link", tarfile.SYMTYPE),
            ("link/x", tarfile.REGTYPE),
            ("good", tarfile.REGTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/tmp" if kind == tarfile.SYMTYPE else ""  # noqa: S108 - where it must not go
            tar.addfile(entry, io.BytesIO())
    target = tmp_path / "to"
    target.mkdir()
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        for entry in tar:
            archive._extract(tar, entry, target)
    assert names(target) == {"good", "link/x"}
    assert names(tmp_path) == {"to/good", "to/link/x"}


def test_the_folder_there_is_the_users_alone_and_knows_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    first = copying.prepare(LocalShell(), "here", "job-20270101-1", "job")
    second = copying.prepare(LocalShell(), "here", "job-20270102-1", "job")
    assert (first.before, second.before) == ("", "job-20270101-1")
    assert second.folder == str(tmp_path / "orchestrate-runs/job-20270102-1")
    assert Path(second.folder).stat().st_mode & 0o777 == 0o700
