"""A run that ends between any two steps of changing apt's sources or pip's file: what apt reads then, and what the next run makes."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup import managed, replacement
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.replacement import Replacement, steps
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer

MINE = """\
# Ansible managed: role base

# The laboratory's
Types: deb
URIs: http://archive.example/ubuntu
Suites: noble noble-updates
Components: main universe
Signed-By: /usr/share/keyrings/laboratory.gpg
"""
STANZA = """\
Types: deb
URIs: http://archive.example/ubuntu
Suites: noble
Components: main
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""
LINE = "deb http://archive.example/ubuntu noble main\n"
COMMENT = "# Ubuntu's sources have moved to ubuntu.sources\n"
HOSTS = {
    "noble": {"sources.list": COMMENT, "ubuntu.sources": STANZA},
    "jammy": {"sources.list": LINE},
    "both": {"sources.list": LINE.replace("noble", "noble-backports"), "ubuntu.sources": STANZA},
    "none": {},
}
"""Files of apt's sources by what kind of host has them."""


@pytest.fixture(autouse=True)
def _own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managed, "ROOT", pwd.getpwuid(os.getuid()).pw_name)


def host(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def wish(folder: Path, content: str) -> Replacement:
    names = ("sources.list", "debian.sources", "ubuntu.sources")
    return Replacement(folder / "base.sources", content, tuple(folder / name for name in names))


def run(wanted: Replacement, *, until: int | None = None) -> None:
    for step in steps("base", wanted)[:until]:
        step(Answer())


def files_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def sources(folder: Path) -> set[str]:
    """What apt reads, a line each. Fails where apt would: one source with two keys."""
    texts = [path.read_text() for path in folder.glob("*.list")]
    texts += [replacement.one_line_sources(path.read_text()) for path in folder.glob("*.sources")]
    lines = {
        line for text in texts for line in text.splitlines() if line.strip() and not line.startswith("#")
    }
    keys: dict[str, set[str]] = {}
    for line in lines:
        words = line.split()
        signed = words.pop(1) if words[1].startswith("[") else ""
        keys.setdefault(" ".join(words[1:3]), set()).add(signed)
    assert all(len(several) == 1 for several in keys.values()), f"apt takes no two keys of one source: {keys}"
    return lines


@pytest.mark.parametrize("kind", HOSTS)
@pytest.mark.parametrize("at", range(8))
def test_apt_has_the_old_sources_or_the_new_whenever_the_run_ends(tmp_path: Path, kind: str, at: int) -> None:
    plain = host(tmp_path / "plain", HOSTS[kind])
    before = sources(plain)
    run(wish(plain, MINE))
    after, done = sources(plain), files_of(plain)
    assert len(after) == 2

    coming = host(tmp_path / "coming", HOSTS[kind])
    run(wish(coming, MINE), until=at)
    assert sources(coming) in ([before, after] if kind != "both" else [before, after, sources_of(STANZA)])
    run(wish(coming, MINE))
    assert files_of(coming) == done, "the next run goes on"

    given_up = host(tmp_path / "given_up", HOSTS[kind])
    run(wish(given_up, MINE), until=at)
    run(wish(given_up, ""))
    assert files_of(given_up) == HOSTS[kind], "or takes it back"

    going = host(tmp_path / "going", done)
    run(wish(going, ""), until=at)
    assert sources(going) in ([before, after] if kind != "both" else [before, after, sources_of(STANZA)])
    resumed = host(tmp_path / "resumed", files_of(going))
    run(wish(going, ""))
    assert files_of(going) == HOSTS[kind]
    run(wish(resumed, MINE))
    assert sources(resumed) == after


def sources_of(text: str) -> set[str]:
    return {*replacement.one_line_sources(text).splitlines()}


@pytest.mark.parametrize("at", range(4))
def test_a_file_of_the_same_name_is_never_missing(tmp_path: Path, at: int) -> None:
    theirs, ours = "[global]\ntimeout = 11\n", "# Ansible managed: role base\n[global]\n"
    pip = host(tmp_path / "host", {"pip.conf": theirs}) / "pip.conf"
    run(Replacement(pip, ours, (pip,)), until=at)
    assert pip.read_text() in {theirs, ours}
    run(Replacement(pip, ours, (pip,)))
    assert files_of(pip.parent) == {"pip.conf": ours, "pip.conf.base.disabled": theirs}
    run(Replacement(pip, "", (pip,)), until=at)
    assert pip.read_text() in {theirs, ours}
    run(Replacement(pip, "", (pip,)))
    assert files_of(pip.parent) == {"pip.conf": theirs}


def test_a_file_that_is_wanted_beside_something_comes_and_goes_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "conf.d"
    file = Replacement(folder / "ours.conf", "# Ansible managed: role base\n", where=folder)
    run(file)
    assert not folder.exists()
    folder.mkdir()
    run(file)
    assert [*files_of(folder)] == ["ours.conf"]
    run(Replacement(file.path, ""))
    assert files_of(folder) == {}


def test_stanzas_that_a_line_cannot_say_are_not_said_in_part() -> None:
    assert replacement.one_line_sources(MINE).splitlines()[-1] == (
        "deb [signed-by=/usr/share/keyrings/laboratory.gpg] http://archive.example/ubuntu noble-updates main universe"
    )
    for more in ("Architectures: amd64\n", "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n"):
        assert not replacement.one_line_sources(MINE + more)
