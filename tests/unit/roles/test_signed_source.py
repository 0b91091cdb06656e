"""A source of apt's that one role wants: its key, what was there before, and what goes with it."""

from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository import key, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import signed_source
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.signed_source import Source
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.test_nvidia_repository import KEY, KEY_BODY, packet

OTHER = packet(6, KEY_BODY[:-1] + b"x")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of apt's and of keyrings that are not this computer's, and no apt that would fetch anything."""
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "keyrings").mkdir()
    monkeypatch.setattr(state, "APT", tmp_path / "apt")
    monkeypatch.setattr(signed_source, "KEYRINGS", tmp_path / "keyrings")
    monkeypatch.setattr(state, "fetch_index", lambda _repository: None)
    return tmp_path


def source(folder: Path, content: bytes = KEY, url: str = "http://nvidia/deb/") -> Source:
    published = folder / "published"
    published.write_bytes(content)
    wanted = key.fingerprints(KEY)[0]
    return Source("container_toolkit", state.Repository("toolkit", url, published.as_uri(), wanted))


def bring_about(of: Source, *, present: bool = True, write: bool = True) -> list[str]:
    return signed_source.bring_about(of, present=present, write=write).done


def there(folder: Path) -> dict[str, bytes]:
    found = (path for top in ("apt", "keyrings") for path in (folder / top).rglob("*"))
    return {path.name: path.read_bytes() for path in found if path.is_file()}


def test_it_comes_with_its_key_once_and_goes_without_a_trace(folder: Path) -> None:
    assert len(bring_about(source(folder), write=False)) == 2
    assert there(folder) == {}
    assert len(bring_about(source(folder))) == 2
    assert bring_about(source(folder)) == []
    assert there(folder)["toolkit.sources"].decode() == (
        "# Ansible managed: role container_toolkit\nTypes: deb\nURIs: http://nvidia/deb/\nSuites: /\n"
        f"Signed-By: {folder}/keyrings/toolkit-keyring.gpg\n"
    )
    assert there(folder)["toolkit-keyring.gpg"] == KEY
    assert len(bring_about(source(folder), present=False)) == 2
    assert there(folder) == {}
    assert bring_about(source(folder), present=False) == []


def test_another_mirror_has_the_file_rewritten_and_the_key_left(folder: Path) -> None:
    bring_about(source(folder))
    assert bring_about(source(folder, url="http://mirror/")) == [
        f"wrote {folder}/apt/sources.list.d/toolkit.sources"
    ]


def test_a_keyring_that_was_there_is_used_and_stays(folder: Path) -> None:
    ring = folder / "keyrings/toolkit-keyring.gpg"
    ring.write_bytes(KEY)
    assert len(bring_about(source(folder))) == 1
    assert bring_about(source(folder)) == []
    assert len(bring_about(source(folder), present=False)) == 1
    assert ring.read_bytes() == KEY


def test_a_keyring_that_another_source_came_to_name_stays(folder: Path) -> None:
    bring_about(source(folder))
    ring = folder / "keyrings/toolkit-keyring.gpg"
    (folder / "apt/sources.list.d/owner.list").write_text(f"deb [signed-by={ring}] http://nvidia/deb/ /\n")
    assert len(bring_about(source(folder), present=False)) == 1
    assert ring.exists()


def test_what_is_somebody_elses_is_refused_and_stays(folder: Path) -> None:
    ring, file = folder / "keyrings/toolkit-keyring.gpg", folder / "apt/sources.list.d/toolkit.sources"
    ring.write_bytes(OTHER)
    with pytest.raises(
        HostError, match=r"toolkit-keyring.gpg is there with [0-9A-F]{40}, not .*\n  try: move"
    ):
        bring_about(source(folder))
    ring.unlink()
    file.write_text("Types: deb\n")
    with pytest.raises(HostError, match=r"toolkit.sources is there and not of role container_toolkit"):
        bring_about(source(folder))
    assert there(folder) == {"toolkit.sources": b"Types: deb\n"}


def test_any_key_but_the_one_with_the_fingerprint_is_refused_and_nothing_stays(folder: Path) -> None:
    with pytest.raises(HostError, match=r"the key at .* is .*, not [0-9A-F]{40}"):
        bring_about(source(folder, OTHER))
    assert there(folder) == {}


def test_an_index_that_does_not_verify_leaves_the_host_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_repository: object) -> None:
        raise HostError("refused", "repeat")

    monkeypatch.setattr(state, "fetch_index", refuse)
    with pytest.raises(HostError):
        bring_about(source(folder))
    assert there(folder) == {}
