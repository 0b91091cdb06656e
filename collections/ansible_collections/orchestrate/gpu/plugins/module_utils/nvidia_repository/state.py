"""Have the sources that NVIDIA's packages come from, as the roles together want them, or take them away.

A repository whose key, signature or index is not in order is refused, and nothing of it stays. Never names a server that it was not
given, and never edits a file that somebody else writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository import archive, key
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.source_faults import (
    CHANGED_ON_ITS_WAY,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.retrying import fetched
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import (
    Answer,
    HostError,
    before_and_after,
)

APT = Path("/etc/apt")
KEYRING = Path("/usr/share/keyrings/cuda-archive-keyring.gpg")
PIN = APT / "preferences.d/cuda-repository-pin-600"
"""Both where NVIDIA's own package `cuda-keyring` has them, so that it may be there too."""
COMPONENTS = APT / "sources.list.d/nvidia-components.sources"
"""Components beside those of the sources that are there."""
RECORD = Path("/var/lib/misc/package-sources.json")
MARKER = "# Ansible managed: what the roles nvidia_driver and cuda need\n"

SILENCE_S = 60
"""A server that sends nothing for so long is given up."""


@dataclass(frozen=True)
class Repository:
    """NVIDIA's repository for a distribution, or a mirror of it."""

    name: str
    """Of its file: `cuda-debian12`."""
    url: str
    key_url: str
    fingerprint: str
    """Of the only key that may sign it."""

    @property
    def source(self) -> Path:
        """The file that tells apt of it."""
        return APT / f"sources.list.d/{self.name}.sources"

    @property
    def contents(self) -> dict[Path, str]:
        """Its files, beside the key. The pin is that of NVIDIA's own package: its packages go before the distribution's."""
        return {
            self.source: f"{MARKER}Types: deb\nURIs: {self.url}\nSuites: /\nSigned-By: {KEYRING}\n",
            PIN: f"{MARKER}Package: *\nPin: release l=NVIDIA CUDA\nPin-Priority: 600\n",
        }


@dataclass(frozen=True)
class Wish:
    """What a role wants."""

    components: tuple[str, ...] = ()
    """Of the distribution's archive: `contrib`, `non-free` …"""
    repository: Repository | None = None


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The wish that is given as parameters, or on record."""
    repository = given["repository"]
    return Wish(tuple(given["components"]), Repository(**repository) if repository else None)


def bring_about(owner: str, wish: Wish, *, codename: str, write: bool) -> Answer:
    """Make the sources what this role and the others want; return what was done, or without `write` would be."""
    users_before, edited = _read_record()
    users = {name: each for name, each in {**users_before, owner: wish}.items() if each != Wish()}
    wanted, before = agreed(users), agreed(users_before)
    repository = wanted.repository
    files = dict.fromkeys(before.repository.contents, "") if before.repository else {}
    files.update(repository.contents if repository else {})
    files.update(_as_before(edited))
    files[COMPONENTS] = _components(wanted.components, files, codename)
    changed = {path: text for path, text in files.items() if text != _text(path)}
    answer = Answer([f"{'wrote' if text else 'removed'} {path}" for path, text in changed.items()])
    answer.diff += [before_and_after(path, _text(path), text) for path, text in changed.items()]
    old_key = KEYRING.read_bytes() if KEYRING.exists() else b""
    old_keys, keys = key.fingerprints(old_key), [repository.fingerprint] if repository else []
    rekeyed = old_keys != keys and (keys != [] or before.repository is not None)
    if rekeyed:
        answer.done.append(f"{'wrote' if keys else 'removed'} {KEYRING}")
        answer.diff.append(
            before_and_after(KEYRING, *("".join(f"{one}\n" for one in each) for each in (old_keys, keys)))
        )
    if write and (answer.done or users != users_before or edited):
        new_key = verified_key(repository) if rekeyed and repository else b"" if rekeyed else old_key
        # Old and new, so that a run killed in between leaves nothing that nobody knows of.
        _write_record({**users_before, **users})
        undo = {path: _text(path) for path in changed}
        _put_all(changed, new_key)
        try:
            if repository and (rekeyed or repository.contents.keys() & changed.keys()):
                fetch_index(repository)
        except HostError:
            _put_all(undo, old_key)
            _write_record(users_before)
            raise
        _write_record(users)
    return answer


def agreed(users: Mapping[str, Wish]) -> Wish:
    """What all want together. Raises HostError where two want different repositories. Pure."""
    wanted = {user: wish.repository for user, wish in users.items() if wish.repository}
    if len(set(wanted.values())) > 1:
        raise HostError(
            f"{' and '.join(sorted(wanted))} want different repositories of NVIDIA",
            f"give {', '.join(f'{user}_repository_url' for user in sorted(wanted))}, and those of the key, the same values",
        )
    components = dict.fromkeys(one for wish in users.values() for one in wish.components)
    return Wish(tuple(components), next(iter(wanted.values()), None))


def fetch_index(repository: Repository) -> None:
    """Fetch the index of this source alone. Raises HostError with what apt said of it."""
    try:
        apt.update(str(repository.source))
    except HostError as error:
        cause = str(error).partition("\n")[0]
        raise HostError(f"{repository.url} is refused: {cause}", CHANGED_ON_ITS_WAY, error.output) from error


def verified_key(repository: Repository) -> bytes:
    """The repository's key, as apt takes it. Raises HostError for any but the one with the fingerprint."""
    try:
        found = key.dearmored(
            fetched(repository.key_url, lambda answer: bytes(answer.read(1 << 20)), timeout_s=SILENCE_S)
        )
    except OSError as error:
        raise HostError(
            f"{repository.key_url} cannot be fetched: {getattr(error, 'reason', error)}",
            "set the repository's key_url to where this host can get the key, or base_proxy",
        ) from error
    seen = key.fingerprints(found)
    if seen != [repository.fingerprint]:
        raise HostError(
            f"the key at {repository.key_url} is {' and '.join(seen) or 'none'}, not {repository.fingerprint}",
            "compare with the fingerprint that NVIDIA publishes, and only then set the repository's key_fingerprint",
        )
    return found


def _components(components: tuple[str, ...], files: Mapping[Path, str], codename: str) -> str:
    """What the file beside the distribution's sources is to hold; empty where it is not needed."""
    paths = (APT / "sources.list", *sorted((APT / "sources.list.d").glob("*")))
    texts = {
        path: files[path] if path in files else _text(path)
        for path in paths
        if path.suffix in {".list", ".sources"} and path != COMPONENTS
    }
    stanzas = archive.stanzas_for(texts, components, codename) if components else []
    if stanzas is None:
        raise HostError(
            f"apt has no source of {codename}'s own archive to add {', '.join(components)} to",
            f"write one into {APT}/sources.list.d, or set base_apt_sources",
        )
    return MARKER + "\n".join(stanzas) if stanzas else ""


def _as_before(edited: Mapping[str, Mapping[str, str]]) -> dict[Path, str]:
    """Files whose lines an earlier release edited, with these lines as they were before."""
    return {
        Path(path): "\n".join(lines.get(line, line) for line in _text(Path(path)).split("\n"))
        for path, lines in edited.items()
    }


def _put_all(texts: Mapping[Path, str], keyring: bytes) -> None:
    for path, text in texts.items():
        _put(path, text.encode())
    _put(KEYRING, keyring)


def _put(path: Path, content: bytes) -> None:
    """Replace the file in one step; without content remove it."""
    if not content:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        fresh.replace(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _read_record() -> tuple[dict[str, Wish], Mapping[str, Mapping[str, str]]]:
    """What each role wants; and by file the lines that an earlier release wrote, with those that they replaced."""
    given = json.loads(_text(RECORD) or '{"users": {}}')
    return {user: wish_of(each) for user, each in given["users"].items()}, given.get("lines", {})


def _write_record(users: Mapping[str, Wish]) -> None:
    """Replace the record; without users there is none."""
    kept = {"users": {user: asdict(wish) for user, wish in users.items()}}
    _put(RECORD, f"{json.dumps(kept, indent=1)}\n".encode() if users else b"")
