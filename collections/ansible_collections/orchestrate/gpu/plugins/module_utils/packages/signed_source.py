"""A source of apt's that one role alone wants, trusted by one key. Shares nothing with other roles; changes no file of somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository import key, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository.state import Repository
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import (
    Answer,
    HostError,
    before_and_after,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

KEYRINGS = Path("/usr/share/keyrings")
FOREIGN = "# The keyring was there before.\n"


@dataclass(frozen=True)
class Source:
    """A flat repository, and the role that wants it."""

    owner: str
    repository: Repository

    @property
    def keyring(self) -> Path:
        """Named as vendors name theirs, so that a source of the owner's for the same repository does not contradict."""
        return KEYRINGS / f"{self.repository.name}-keyring.gpg"

    @property
    def marker(self) -> str:
        """The first line of its file."""
        return f"# Ansible managed: role {self.owner}\n"

    def text(self, *, foreign_keyring: bool) -> str:
        """What is in its file."""
        note = FOREIGN if foreign_keyring else ""
        return f"{self.marker}{note}Types: deb\nURIs: {self.repository.url}\nSuites: /\nSigned-By: {self.keyring}\n"


def bring_about(source: Source, *, present: bool, write: bool) -> Answer:
    """Have the source and fetch its index, or have it gone; return what was done, or without `write` would be.

    Raises:
        HostError: a file of somebody else's is in the way, or key, signature or index are not in order. Nothing of it stays then.
    """
    file, keyring = source.repository.source, source.keyring
    text, ring = text_of(file), keyring.read_bytes() if keyring.exists() else b""
    if text and not text.startswith(source.marker):
        raise HostError(f"{file} is there and not of role {source.owner}", f"move {file} away, and repeat")
    foreign = bool(ring) and (FOREIGN in text if text else True)
    keys = key.fingerprints(ring)
    if present and foreign and keys != [source.repository.fingerprint]:
        raise HostError(
            f"{keyring} is there with {' and '.join(keys) or 'no key'}, not {source.repository.fingerprint}",
            f"move {keyring} away, with the source that it is for, and repeat",
        )
    wanted = source.text(foreign_keyring=foreign) if present else ""
    wanted_keys = (
        [source.repository.fingerprint] if present else keys if foreign or _is_used(keyring, file) else []
    )
    answer = Answer(write=write)
    for path, before, after in (
        (file, text, wanted),
        (keyring, "".join(map("{}\n".format, keys)), "".join(map("{}\n".format, wanted_keys))),
    ):
        if before != after:
            answer.done.append(f"{'wrote' if after else 'removed'} {path}")
            answer.diff.append(before_and_after(path, before, after))
    if write and answer.done:
        new_ring = ring if keys == wanted_keys else state.verified_key(source.repository) if present else b""
        _put(file, wanted.encode())
        _put(keyring, new_ring)
        if present:
            try:
                state.fetch_index(source.repository)
            except HostError:
                _put(file, text.encode())
                _put(keyring, ring)
                raise
    return answer


def _is_used(keyring: Path, own: Path) -> bool:
    """Whether another source is trusted by it."""
    others = (path for path in own.parent.glob("*") if path != own and path.suffix in {".list", ".sources"})
    return any(str(keyring) in text_of(path) for path in others)


def _put(path: Path, content: bytes) -> None:
    """Replace the file in one step; without content remove it."""
    if not content:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        fresh.replace(path)
