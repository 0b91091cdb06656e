"""Apt's sources: components added to those that are there, a repository that is trusted by its key alone."""

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository import key, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

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
    monkeypatch.setattr(state, "APT", folder)
    monkeypatch.setattr(state, "KEYRING", tmp_path / "cuda-archive-keyring.gpg")
    monkeypatch.setattr(state, "PIN", folder / "preferences.d/cuda-repository-pin-600")
    monkeypatch.setattr(state, "COMPONENTS", folder / "sources.list.d/nvidia-components.sources")
    monkeypatch.setattr(state, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(state, "fetch_index", lambda _repository: None)
    return folder


def repository(tmp_path: Path, content: bytes = KEY, **changes: str) -> Any:
    """A repository whose key lies in a file."""
    (tmp_path / "key.pub").write_bytes(content)
    given = {
        "name": "cuda-debian12",
        "url": "http://nvidia/debian12/",
        "key_url": (tmp_path / "key.pub").as_uri(),
        "fingerprint": key.fingerprints(KEY)[0],
    }
    return state.Repository(**(given | changes))


def bring_about(owner: str, *components: str, repository: Any = None, write: bool = True) -> list[str]:
    """One role's wish on a Debian 12; what was done."""
    wish = state.Wish(components, repository)
    return state.bring_about(owner, wish, codename="bookworm", write=write).done


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


ADDED = """\
# Ansible managed: what the roles nvidia_driver and cuda need
Types: deb
URIs: http://mirror/debian
Suites: bookworm
Components: contrib

Types: deb
URIs: http://mirror/debian-security
Suites: bookworm-security
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Components: contrib non-free-firmware

Types: deb
URIs: http://mirror/debian
Suites: bookworm bookworm-updates
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Components: contrib
"""


def test_components_come_beside_the_distributions_own_sources_and_go_again(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    (apt / "sources.list.d/debian.sources").write_text(NEWER)
    before = contents(apt)

    assert len(bring_about("nvidia_driver", "contrib", "non-free-firmware")) == 1
    assert bring_about("nvidia_driver", "contrib", "non-free-firmware") == []
    assert (apt / "sources.list.d/nvidia-components.sources").read_text() == ADDED
    assert contents(apt).items() > before.items()

    assert len(bring_about("nvidia_driver")) == 1
    assert contents(apt) == before
    assert not state.RECORD.exists()


def test_what_one_role_no_longer_wants_stays_while_the_other_does(apt: Path, tmp_path: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    bring_about("nvidia_driver", "contrib", "non-free", repository=repository(tmp_path))
    assert bring_about("cuda", "contrib", repository=repository(tmp_path)) == []
    bring_about("nvidia_driver")
    assert "Components: contrib\n" in (apt / "sources.list.d/nvidia-components.sources").read_text()
    assert (apt / "sources.list.d/cuda-debian12.sources").exists()
    bring_about("cuda")
    assert contents(apt) == before
    assert not state.KEYRING.exists()


def test_two_roles_that_want_different_repositories_are_told_so(apt: Path, tmp_path: Path) -> None:
    bring_about("cuda", repository=repository(tmp_path))
    before = contents(apt)
    with pytest.raises(HostError, match="cuda and nvidia_driver want different repositories"):
        bring_about("nvidia_driver", repository=repository(tmp_path, url="http://mirror/"))
    assert contents(apt) == before


def test_lines_that_an_earlier_release_edited_are_as_they_were_and_edits_by_hand_stay(apt: Path) -> None:
    line = "deb http://mirror/debian bookworm main"
    edited, by_hand = f"{line} contrib", "deb http://mine bookworm-mine all\n"
    (apt / "sources.list").write_text(ONE_LINE.replace(f"{line}\n", f"{edited}\n", 1) + by_hand)
    users = {"nvidia_driver": {"components": ["contrib"], "repository": None}}
    lines = {str(apt / "sources.list"): {edited: line}}
    state.RECORD.write_text(json.dumps({"users": users, "lines": lines}))

    assert len(bring_about("nvidia_driver", "contrib")) == 2
    assert (apt / "sources.list").read_text() == ONE_LINE + by_hand
    assert (
        "Suites: bookworm\nComponents: contrib\n"
        in (apt / "sources.list.d/nvidia-components.sources").read_text()
    )
    assert bring_about("nvidia_driver", "contrib") == []


def test_a_host_without_a_source_of_its_distribution_is_refused(apt: Path) -> None:
    with pytest.raises(HostError, match=r"no source of bookworm's own archive.*\n  try: write one"):
        bring_about("nvidia_driver", "contrib")
    assert contents(apt) == {}


@pytest.mark.parametrize("armoured", [False, True], ids=["binary", "armoured"])
def test_the_key_is_stored_without_armour(tmp_path: Path, *, armoured: bool) -> None:
    text = (
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\n%s=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"
    )
    bring_about("cuda", repository=repository(tmp_path, text % base64.encodebytes(KEY) if armoured else KEY))
    assert state.KEYRING.read_bytes() == KEY


@pytest.mark.parametrize(
    "content",
    [KEY.replace(b"\x5f", b"\x5e"), packet(6, KEY_BODY[:-1]) + KEY, b"<html>log in</html>", b""],
    ids=["other", "second", "page", "empty"],
)
def test_any_key_but_the_one_with_the_fingerprint_is_refused_and_nothing_stays(
    apt: Path, tmp_path: Path, content: bytes
) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    with pytest.raises(HostError, match=r"the key at .* is .*, not [0-9A-F]{40}\n  try: compare"):
        bring_about("nvidia_driver", "contrib", repository=repository(tmp_path, content))
    assert contents(apt) == before
    assert not state.KEYRING.exists()
    assert not state.RECORD.exists()


def test_an_index_that_does_not_verify_leaves_the_host_as_it_was(
    apt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_repository: object) -> None:
        raise HostError("refused", "repeat")

    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(apt)
    monkeypatch.setattr(state, "fetch_index", refuse)
    with pytest.raises(HostError):
        bring_about("nvidia_driver", "contrib", repository=repository(tmp_path))
    assert contents(apt) == before
    assert not state.KEYRING.exists()
    assert not state.RECORD.exists()


def test_a_check_writes_nothing(apt: Path, tmp_path: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    before = contents(tmp_path)
    wanted = repository(tmp_path)
    assert len(bring_about("nvidia_driver", "contrib", repository=wanted, write=False)) == 4
    assert contents(tmp_path) == before | {str(tmp_path / "key.pub"): KEY}


def test_a_key_that_cannot_be_fetched_is_named_with_the_reason(tmp_path: Path) -> None:
    gone = repository(tmp_path, key_url=(tmp_path / "gone.pub").as_uri())
    with pytest.raises(
        HostError, match=r"gone.pub cannot be fetched: .*\n  try: set the repository's key_url"
    ):
        bring_about("nvidia_driver", repository=gone)


def test_the_module_says_what_it_would_do_with_the_files_before_and_after(apt: Path, tmp_path: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    wish = state.wish_of({"components": ["contrib"], "repository": asdict(repository(tmp_path))})
    answer = state.bring_about("cuda", wish, codename="bookworm", write=False)
    shown = {each["after_header"]: (each["before"], each["after"]) for each in answer.diff}
    assert shown[str(state.KEYRING)] == ("", f"{key.fingerprints(KEY)[0]}\n")
    assert "URIs: http://nvidia/debian12/" in shown[str(apt / "sources.list.d/cuda-debian12.sources")][1]
    assert len(shown) == len(answer.done) == 4
