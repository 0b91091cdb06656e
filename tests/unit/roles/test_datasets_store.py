"""Where data sets come from, and what is refused. The server here is real, the files are small."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import keras_datasets as datasets
from ansible_collections.orchestrate.gpu.plugins.module_utils.content import unpacked_sha256_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

CONTENT = b"ten boots"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which it is served."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""


def wish(root: Path, source: str, base: str, *, name: str = "boots.gz", sha256: str = SHA256) -> Any:
    """One file of one data set, for nobody."""
    store = root / "boots" / name
    file = datasets.DataFile(
        store=store,
        keras=Path(".keras/datasets/boots", name),
        sha256=sha256,
        source=source,
        address=f"{base}/{name}",
    )
    return datasets.Wish(root=root, files=(file,), users=())


def stored(wanted: Any) -> list[str]:
    """What making it present does to the store."""
    return [one for one in datasets.present(wanted, write=True) if one.startswith("stored")]


@pytest.fixture(autouse=True)
def skeleton(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A skeleton of homes that is not this computer's."""
    monkeypatch.setattr(datasets, "SKELETON", tmp_path / "skel")
    (tmp_path / "skel").mkdir()
    return tmp_path / "skel"


def test_a_file_from_a_mirror_is_stored_once_and_nobody_may_write_it(
    tmp_path: Path, mirror: tuple[Path, str]
) -> None:
    (mirror[0] / "boots.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    wanted = wish(tmp_path / "data", "mirror", mirror[1])
    file = wanted.files[0].store
    assert stored(wanted) == [f"stored {file}"]
    assert stored(wanted) == []
    assert gzip.decompress(file.read_bytes()) == CONTENT
    assert file.stat().st_mode & 0o777 == 0o444
    assert [path.name for path in file.parent.iterdir()] == ["boots.gz"]


def test_the_same_content_packed_otherwise_is_the_same_file(tmp_path: Path, mirror: tuple[Path, str]) -> None:
    (mirror[0] / "boots.gz").write_bytes(gzip.compress(CONTENT, compresslevel=1, mtime=1))
    assert stored(wish(tmp_path / "data", "mirror", mirror[1]))


def test_a_file_that_is_not_packed_counts_as_it_is(tmp_path: Path, mirror: tuple[Path, str]) -> None:
    (mirror[0] / "boots.npz").write_bytes(CONTENT)
    assert stored(wish(tmp_path / "data", "origin", mirror[1], name="boots.npz"))


def test_a_damaged_file_is_fetched_anew(tmp_path: Path, mirror: tuple[Path, str]) -> None:
    (mirror[0] / "boots.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    wanted = wish(tmp_path / "data", "mirror", mirror[1])
    stored(wanted)
    wanted.files[0].store.chmod(0o644)
    wanted.files[0].store.write_bytes(gzip.compress(CONTENT, mtime=0)[:-9])
    assert stored(wanted)
    assert unpacked_sha256_of(wanted.files[0].store) == SHA256


@pytest.mark.parametrize("content", [gzip.compress(b"ten shoes", mtime=0), b"<html>log in</html>", b""])
def test_wrong_content_is_refused_and_not_stored(
    tmp_path: Path, mirror: tuple[Path, str], content: bytes
) -> None:
    (mirror[0] / "boots.gz").write_bytes(content)
    wanted = wish(tmp_path / "data", "mirror", mirror[1])
    with pytest.raises(
        HostError, match=r"boots.gz is not what it should be: .*\n  try: see that datasets_mirror"
    ):
        stored(wanted)
    assert list(wanted.files[0].store.parent.iterdir()) == []


def test_a_file_the_mirror_does_not_have_is_named_with_its_answer(
    tmp_path: Path, mirror: tuple[Path, str]
) -> None:
    with pytest.raises(
        HostError, match=r"/boots.gz: HTTP 404 File not found\n  try: see that datasets_mirror"
    ):
        stored(wish(tmp_path / "data", "mirror", mirror[1]))


def test_a_server_that_is_down_is_named_with_the_reason(tmp_path: Path) -> None:
    down = wish(tmp_path / "data", "origin", "http://127.0.0.1:9")
    with pytest.raises(
        HostError,
        match=r"http://127.0.0.1:9/boots.gz: .*Connection refused\n  try: set datasets_m",
    ):
        stored(down)


def test_a_package_is_linked_and_not_copied(tmp_path: Path) -> None:
    package = tmp_path / "usr/share/boots"
    package.mkdir(parents=True)
    (package / "boots.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    wanted = wish(tmp_path / "data", "package", str(package))
    assert stored(wanted)
    assert wanted.files[0].store.readlink() == package / "boots.gz"
    assert stored(wanted) == []


@pytest.mark.parametrize(
    "content", [gzip.compress(CONTENT, mtime=0), gzip.compress(b"ten shoes", mtime=0)], ids=["right", "wrong"]
)
def test_what_was_copied_from_the_path_stays_only_if_it_is_right(tmp_path: Path, content: bytes) -> None:
    wanted = wish(tmp_path / "data", "path", "/home/me/.keras/datasets")
    file = wanted.files[0].store
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    if gzip.decompress(content) == CONTENT:
        assert stored(wanted) == []
    else:
        with pytest.raises(HostError, match=r"^/home/me/.keras/datasets/boots.gz is not what"):
            stored(wanted)
        assert list(file.parent.iterdir()) == []


def test_a_check_says_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    wanted = wish(tmp_path / "data", "origin", "http://127.0.0.1:9")
    assert datasets.present(wanted, write=False)[0] == f"stored {tmp_path}/data/boots/boots.gz"
    assert not (tmp_path / "data").exists()


def test_taking_away_leaves_what_others_put_there(
    tmp_path: Path, mirror: tuple[Path, str], skeleton: Path
) -> None:
    (mirror[0] / "boots.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    wanted = wish(tmp_path / "data", "mirror", mirror[1])
    stored(wanted)
    (tmp_path / "data/mine").mkdir()
    assert len(datasets.absent(wanted, write=False)) == 2
    assert len(datasets.absent(wanted, write=True)) == 2
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["mine"]
    assert list(skeleton.iterdir()) == []
    assert datasets.absent(wanted, write=True) == []
