"""Apt's sources: components added to those that are there, a repository that is trusted by its key alone."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.scripts import ROLES, script

sources = script("package_sources")

ONE_LINE = """\
# The archive
deb http://mirror/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror/debian-security bookworm-security main
deb-src http://mirror/debian bookworm main
deb [signed-by=/usr/share/keyrings/other.gpg] http://other bookworm main
deb http://tools cloud-bookworm main
"""
NEWER = """\
Types: deb deb-src
URIs: http://mirror/debian
Suites: bookworm bookworm-updates
Components: main non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

# Not in use
Enabled: no
Types: deb
URIs: http://mirror/debian
Suites: bookworm-backports
Components: main
"""

# A version 4 key of RFC 4880 in the old packet format, with a user id and a subkey behind it.
KEY_BODY = bytes.fromhex("04 5f000000 16 09 2b06010401da470f01 0107 40".replace(" ", "")) + bytes(33)


def packet(tag: int, body: bytes) -> bytes:
    """An OpenPGP packet in the old format, as GnuPG writes keys."""
    return bytes([0x80 | tag << 2 | 1]) + len(body).to_bytes(2, "big") + body


KEY = packet(6, KEY_BODY) + packet(13, b"Test") + packet(14, KEY_BODY)


@pytest.fixture(autouse=True)
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of apt's configuration that is not this computer's, and no apt that would fetch anything."""
    folder = tmp_path / "apt"
    (folder / "sources.list.d").mkdir(parents=True)
    monkeypatch.setattr(sources, "APT", folder)
    monkeypatch.setattr(sources, "KEYRING", tmp_path / "cuda-archive-keyring.gpg")
    monkeypatch.setattr(sources, "PIN", folder / "preferences.d/cuda-repository-pin-600")
    monkeypatch.setattr(sources, "FURTHER", folder / "sources.list.d/nvidia-components.sources")
    monkeypatch.setattr(sources, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(sources, "fetch_index", lambda _repository: None)
    return folder


def repository(tmp_path: Path, key: bytes = KEY, **changes: str) -> Any:
    """A repository whose key lies in a file."""
    (tmp_path / "key.pub").write_bytes(key)
    given = {
        "name": "cuda-debian12",
        "url": "http://nvidia/debian12/",
        "key_url": (tmp_path / "key.pub").as_uri(),
        "fingerprint": sources.primary_keys(KEY)[0],
    }
    return sources.Repository(**(given | changes))


def follow(user: str, *components: str, repository: Any = None, write: bool = True) -> list[str]:
    """One user's wish on a Debian 12."""
    wish = sources.Wish(components=components, repository=repository)
    done: list[str] = sources.follow(user, wish, codename="bookworm", write=write)
    return done


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_components_are_added_to_the_distributions_own_sources_and_taken_away_again(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    (apt / "sources.list.d/debian.sources").write_text(NEWER)
    before = contents(apt)

    assert len(follow("nvidia_driver", "contrib", "non-free-firmware")) == 2
    assert follow("nvidia_driver", "contrib", "non-free-firmware") == []
    assert (apt / "sources.list").read_text() == ONE_LINE.replace(
        "deb http://mirror/debian bookworm main\n",
        "deb http://mirror/debian bookworm main contrib non-free-firmware\n",
        1,
    ).replace("bookworm-security main", "bookworm-security main contrib non-free-firmware")
    assert (apt / "sources.list.d/debian.sources").read_text() == NEWER.replace(
        "main non-free-firmware", "main non-free-firmware contrib"
    )

    assert len(follow("nvidia_driver")) == 2
    assert contents(apt) == before
    assert not sources.RECORD.exists()


def test_what_another_tool_writes_is_not_edited(apt: Path) -> None:
    (apt / "sources.list.d/base.sources").write_text(f"# Ansible managed: role base\n\n{NEWER}")
    before = contents(apt)
    follow("nvidia_driver", "contrib")
    assert (apt / "sources.list.d/nvidia-components.sources").read_text() == (
        "# Ansible managed: what the roles nvidia_driver and cuda need\n"
        "Types: deb\nURIs: http://mirror/debian\nSuites: bookworm bookworm-updates\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\nComponents: contrib\n"
    )
    assert contents(apt).items() > before.items()
    follow("nvidia_driver")
    assert contents(apt) == before


def test_what_one_role_no_longer_wants_stays_while_the_other_does(apt: Path, tmp_path: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    follow("nvidia_driver", "contrib", "non-free", repository=repository(tmp_path))
    assert follow("cuda", "contrib", repository=repository(tmp_path)) == []
    follow("nvidia_driver")
    assert "bookworm main contrib\n" in (apt / "sources.list").read_text()
    assert (apt / "sources.list.d/cuda-debian12.sources").exists()
    follow("cuda")
    assert contents(apt) == before
    assert not sources.KEYRING.exists()


def test_two_roles_that_want_different_repositories_are_told_so(apt: Path, tmp_path: Path) -> None:
    follow("cuda", repository=repository(tmp_path))
    before = contents(apt)
    with pytest.raises(sources.SourceError, match="cuda and nvidia_driver want different repositories"):
        follow("nvidia_driver", repository=repository(tmp_path, url="http://mirror/"))
    assert contents(apt) == before


def test_an_edit_by_hand_is_kept_when_components_are_taken_away(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    follow("nvidia_driver", "contrib")
    with (apt / "sources.list").open("a") as file:
        file.write("deb http://mine bookworm-mine all\n")
    follow("nvidia_driver")
    assert (apt / "sources.list").read_text() == f"{ONE_LINE}deb http://mine bookworm-mine all\n"


def test_a_host_without_a_source_of_its_distribution_is_refused(apt: Path) -> None:
    with pytest.raises(sources.SourceError, match=r"no source of bookworm's own archive.*\n  try: write one"):
        follow("nvidia_driver", "contrib")
    assert contents(apt) == {}


@pytest.mark.parametrize("armoured", [False, True], ids=["binary", "armoured"])
def test_the_key_is_stored_without_armour(tmp_path: Path, *, armoured: bool) -> None:
    text = (
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\n%s=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"
    )
    follow("cuda", repository=repository(tmp_path, text % base64.encodebytes(KEY) if armoured else KEY))
    assert sources.KEYRING.read_bytes() == KEY


@pytest.mark.parametrize(
    "key",
    [KEY.replace(b"\x5f", b"\x5e"), packet(6, KEY_BODY[:-1]) + KEY, b"<html>log in</html>", b""],
    ids=["other", "second", "page", "empty"],
)
def test_any_key_but_the_one_with_the_fingerprint_is_refused_and_nothing_stays(
    apt: Path, tmp_path: Path, key: bytes
) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    with pytest.raises(sources.SourceError, match=r"the key at .* is .*, not [0-9A-F]{40}\n  try: compare"):
        follow("nvidia_driver", "contrib", repository=repository(tmp_path, key))
    assert contents(apt) == before
    assert not sources.KEYRING.exists()
    assert not sources.RECORD.exists()


def test_an_index_that_does_not_verify_leaves_the_host_as_it_was(
    apt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_repository: object) -> None:
        raise sources.SourceError("refused", "repeat")

    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    monkeypatch.setattr(sources, "fetch_index", refuse)
    with pytest.raises(sources.SourceError):
        follow("nvidia_driver", "contrib", repository=repository(tmp_path))
    assert contents(apt) == before
    assert not sources.KEYRING.exists()
    assert not sources.RECORD.exists()


def test_a_check_writes_nothing(apt: Path, tmp_path: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(tmp_path)
    wanted = repository(tmp_path)
    assert len(follow("nvidia_driver", "contrib", repository=wanted, write=False)) == 4
    assert contents(tmp_path) == before | {str(tmp_path / "key.pub"): KEY}


def test_a_key_that_cannot_be_fetched_is_named_with_the_reason(tmp_path: Path) -> None:
    gone = repository(tmp_path, key_url=(tmp_path / "gone.pub").as_uri())
    with pytest.raises(
        sources.SourceError, match=r"gone.pub cannot be fetched: .*\n  try: set the repository's key_url"
    ):
        follow("nvidia_driver", repository=gone)


def test_the_roles_wish_is_understood(apt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    given = {"user": "cuda", "codename": "bookworm", "components": ["contrib"], "repository": None}
    assert sources.main(["apply", json.dumps(given)]) == 0
    assert json.loads(capsys.readouterr().out) == {"changed": True, "done": [f"wrote {apt}/sources.list"]}


def test_both_roles_carry_the_same_copy() -> None:
    copies = {path.read_bytes() for path in ROLES.glob("*/files/package_sources.py")}
    assert len(copies) == 1, "copy roles/nvidia_driver/files/package_sources.py over the other"
