"""Give apt the sources that a driver or CUDA comes from, or take them away again. Runs on the host, as root.

    python3 package_sources.py check|apply '<wish as JSON>'

Prints one JSON object: what was done (for `check`: would be done). Two roles want these sources, so each is on record
with its wish; what none of them wants any more is taken away, and every file is as it was. A repository whose key,
signature or index is not in order is refused, and nothing of it stays. The roles nvidia_driver and cuda carry the same
copy of this file. Never names a server that it was not given, and never edits a file that another tool writes.
"""

import base64
import binascii
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrying import apt_ran, fetched

APT = Path("/etc/apt")
KEYRING = Path("/usr/share/keyrings/cuda-archive-keyring.gpg")
PIN = APT / "preferences.d/cuda-repository-pin-600"
"""Both where NVIDIA's own package `cuda-keyring` has them, so that it may be there too."""
FURTHER = APT / "sources.list.d/nvidia-components.sources"
"""Components beside those of sources that another tool writes."""
RECORD = Path("/var/lib/misc/package-sources.json")
MARKER = "# Ansible managed: what the roles nvidia_driver and cuda need\n"
FOREIGN = re.compile(r"^# .*\bmanaged\b", re.IGNORECASE | re.MULTILINE)

ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>[^#]*)"
)

SILENCE_S = 60
"""A server that sends nothing for so long is given up."""


class SourceError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants."""

    components: tuple[str, ...] = ()
    """Of the distribution's archive: `contrib`, `non-free` …"""
    repository: Repository | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is wanted by whom, and which lines were written in place of which."""

    users: dict[str, Wish]
    lines: dict[str, dict[str, str]]
    """By file: the line as it is now -> as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of the distribution's archive in a file."""

    line: int
    """Where its components stand."""
    components: tuple[str, ...]
    stanza: str
    """The same in apt's newer form, without components."""


def parse_wish(given: Mapping[str, Any]) -> Wish:
    """The wish that a role sends, or that is on record."""
    return Wish(
        components=tuple(given["components"]),
        repository=Repository(**given["repository"]) if given["repository"] else None,
    )


def follow(user: str, wish: Wish, *, codename: str, write: bool) -> list[str]:
    """Make the sources what this user and the others want; return what was done. Without `write`, what would be."""
    record = read_record()
    users = {name: each for name, each in (record.users | {user: wish}).items() if each != Wish()}
    wanted, before = agree(users), agree(record.users)
    texts, lines = edited_files(wanted.components, record.lines, codename)
    changed = {path: text for path, text in texts.items() if text != read(path)}
    if write:
        # Old and new, so that a run killed in between leaves nothing that nobody knows of.
        write_record(Record(users=record.users | users, lines=record.lines | lines))
    if wanted.repository:
        try:
            done = repository_present(wanted.repository, write=write)
        except SourceError:
            write_record(record)
            raise
    else:
        done = repository_absent(before.repository, write=write)
    if write:
        for path, text in changed.items():
            put(path, text)
        write_record(Record(users=users, lines=lines))
    return done + [f"{'wrote' if text else 'removed'} {path}" for path, text in changed.items()]


def agree(users: Mapping[str, Wish]) -> Wish:
    """What all want together. Raises SourceError where two want different repositories."""
    wanted = {user: wish.repository for user, wish in users.items() if wish.repository}
    if len(set(wanted.values())) > 1:
        raise SourceError(
            f"{' and '.join(sorted(wanted))} want different repositories of NVIDIA",
            f"give {', '.join(f'{user}_repository_url' for user in sorted(wanted))}, and those of the key, the same values",
        )
    return Wish(
        components=tuple(dict.fromkeys(one for wish in users.values() for one in wish.components)),
        repository=next(iter(wanted.values()), None),
    )


def edited_files(
    components: Sequence[str], known: Mapping[str, Mapping[str, str]], codename: str
) -> tuple[dict[Path, str], dict[str, dict[str, str]]]:
    """What apt's files of sources are to hold, empty for a file that is to go, and the lines that changed in them."""
    texts: dict[Path, str] = {}
    lines: dict[str, dict[str, str]] = {}
    beside: list[str] = []
    found = False
    for path in (APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))):
        text = read(path) if path.suffix in {".list", ".sources"} and path != FURTHER else ""
        if not text:
            continue
        replaced = known.get(str(path), {})
        original = [replaced.get(line, line) for line in text.split("\n")]
        fresh = list(original)
        for source in sources_in(original, path.suffix, codename):
            found = True
            lacking = [one for one in components if one not in source.components]
            if lacking and FOREIGN.search(text):
                beside.append(f"{source.stanza}Components: {' '.join(lacking)}\n")
            elif lacking:
                fresh[source.line] = f"{original[source.line].rstrip()} {' '.join(lacking)}"
                lines.setdefault(str(path), {})[fresh[source.line]] = original[source.line]
        texts[path] = "\n".join(fresh)
    if components and not found:
        raise SourceError(
            f"apt has no source of {codename}'s own archive to add {', '.join(components)} to",
            f"write one into {APT}/sources.list.d, or set base_apt_sources",
        )
    return texts | {FURTHER: MARKER + "\n".join(beside) if beside else ""}, lines


def sources_in(lines: Sequence[str], suffix: str, codename: str) -> Iterator[Source]:
    """The sources of the distribution's own archive in a file."""
    for source, suites, signed_by in stanzas(lines) if suffix == ".sources" else one_liners(lines):
        own = all(re.fullmatch(rf"{codename}(-(updates|security|backports))?", suite) for suite in suites)
        # Other archives have components named `main` and suites named like the distribution's too, and keys of their own.
        if own and "main" in source.components and (not signed_by or "-archive-" in signed_by):
            yield source


def one_liners(lines: Sequence[str]) -> Iterator[tuple[Source, list[str], str]]:
    """The sources of a file in apt's older form, each with its suites and its key."""
    for number, line in enumerate(lines):
        if found := ONE_LINE.match(line):
            signed_by = re.search(r"signed-by=(\S+)", found["options"] or "")
            key = signed_by[1] if signed_by else ""
            stanza = f"Types: deb\nURIs: {found['uri']}\nSuites: {found['suite']}\n" + (
                f"Signed-By: {key}\n" if key else ""
            )
            components = tuple(found["components"].split())
            yield Source(line=number, components=components, stanza=stanza), [found["suite"]], key


def stanzas(lines: Sequence[str]) -> Iterator[tuple[Source, list[str], str]]:
    """The sources of a file in apt's newer form, each with its suites and its key."""
    start = 0
    for end in [number for number, line in enumerate(lines) if not line.strip()] + [len(lines)]:
        fields = {
            name.lower(): (number, value.strip())
            for number in range(start, end)
            for name, colon, value in [lines[number].partition(":")]
            if colon and not lines[number].startswith(("#", " ", "\t"))
        }
        start = end + 1
        _, types = fields.get("types", (0, ""))
        _, enabled = fields.get("enabled", (0, "yes"))
        if "deb" in types.split() and enabled == "yes" and "components" in fields:
            number, components = fields["components"]
            kept = ("uris", "suites", "signed-by")
            stanza = "Types: deb\n" + "".join(
                f"{lines[fields[name][0]]}\n" for name in kept if name in fields
            )
            source = Source(line=number, components=tuple(components.split()), stanza=stanza)
            yield source, fields["suites"][1].split(), fields.get("signed-by", (0, ""))[1]


def repository_present(repository: Repository, *, write: bool) -> list[str]:
    """Let apt know the repository and fetch its index; what does not verify is refused, and nothing of it stays."""
    before = {path: read(path) for path in repository.contents}
    key_before = KEYRING.read_bytes() if KEYRING.exists() else b""
    trusted = primary_keys(key_before) == [repository.fingerprint] if key_before else False
    if trusted and before == repository.contents:
        return []
    done = [f"wrote {path}" for path, text in repository.contents.items() if before[path] != text]
    done += [] if trusted else [f"wrote {KEYRING}"]
    if write:
        key = key_before if trusted else verified_key(repository)
        try:
            put(KEYRING, key)
            for path, text in repository.contents.items():
                put(path, text)
            fetch_index(repository)
        except SourceError:
            put(KEYRING, key_before)
            for path, text in before.items():
                put(path, text)
            raise
    return done


def repository_absent(repository: Repository | None, *, write: bool) -> list[str]:
    """Let apt forget the repository that was there."""
    paths = [path for path in (*repository.contents, KEYRING) if path.exists()] if repository else []
    for path in paths if write else ():
        path.unlink()
    return [f"removed {path}" for path in paths]


def fetch_index(repository: Repository) -> None:
    """Fetch the index of this source alone. Raises SourceError with what apt said of it."""
    argv = (
        *("apt-get", "--quiet", "--quiet", "update", "--error-on=any"),
        *("--option", f"Dir::Etc::SourceList={repository.source}", "--option", "Dir::Etc::SourceParts=-"),
        *("--option", "APT::Get::List-Cleanup=0", "--option", "DPkg::Lock::Timeout=300"),
    )

    def update() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"}
        )

    done = apt_ran(update)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith(("E: ", "W: "))] or [
            "apt said nothing"
        ]
        raise SourceError(
            f"{repository.url} is refused: {said[0][3:]}",
            "repeat later; if it stays, somebody changed it on its way here: set the repository's url to another mirror",
        )


def verified_key(repository: Repository) -> bytes:
    """The repository's key, as apt takes it. Raises SourceError for any but the one with the fingerprint."""
    try:
        # The role asserts http or https.
        key = dearmored(fetched(repository.key_url, lambda answer: answer.read(1 << 20), timeout_s=SILENCE_S))
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise SourceError(
            f"{repository.key_url} cannot be fetched: {reason}",
            "set the repository's key_url to where this host can get the key, or base_proxy",
        ) from error
    seen = primary_keys(key)
    if seen != [repository.fingerprint]:
        raise SourceError(
            f"the key at {repository.key_url} is {' and '.join(seen) or 'none'}, not {repository.fingerprint}",
            "compare with the fingerprint that NVIDIA publishes, and only then set the repository's key_fingerprint",
        )
    return key


def dearmored(text: bytes) -> bytes:
    """An OpenPGP file without its armour, if it has one. What is no OpenPGP file has no keys in it."""
    armour = re.search(
        rb"-----BEGIN PGP [^\n]*\n(?:[^\n]+\n)*\s*\n(.*?)(?:^=[^\n]*\n)?-----END",
        text,
        re.DOTALL | re.MULTILINE,
    )
    try:
        return base64.b64decode(armour[1]) if armour else text
    except binascii.Error:
        return b""


def primary_keys(data: bytes) -> list[str]:
    """Fingerprints of the keys in an OpenPGP file, without their subkeys (RFC 4880, 4.2 and 12.2)."""
    found = []
    while len(data) > 2 and data[0] & 0x80:
        if data[0] & 0x40:
            tag, first = data[0] & 0x3F, data[1]
            head = 2 if first < 192 else 3 if first < 224 else 6
            size = (
                first
                if head == 2
                else ((first - 192) << 8) + data[2] + 192
                if head == 3
                else int.from_bytes(data[2:6], "big")
            )
        else:
            tag, width = (data[0] >> 2) & 0x0F, 1 << (data[0] & 0x03)
            head, size = 1 + width, int.from_bytes(data[1 : 1 + width], "big")
        body, data = data[head : head + size], data[head + size :]
        if tag == 6:
            found.append(hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper())  # noqa: S324  a fingerprint is this
    return found


def read(path: Path) -> str:
    """The file's text; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def put(path: Path, content: str | bytes) -> None:
    """Replace the file in one step; without content remove it."""
    if not content:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content.encode() if isinstance(content, str) else content)
    fresh.replace(path)


def read_record() -> Record:
    """What was recorded here; nothing where nothing was."""
    given = json.loads(read(RECORD) or '{"users": {}, "lines": {}}')
    return Record(
        users={user: parse_wish(wish) for user, wish in given["users"].items()}, lines=given["lines"]
    )


def write_record(record: Record) -> None:
    """Replace the record; without users there is none."""
    put(RECORD, json.dumps(asdict(record), indent=1) + "\n" if record.users else "")


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    given = json.loads(subject)
    try:
        done = follow(given["user"], parse_wish(given), codename=given["codename"], write=verb == "apply")
    except (SourceError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"changed": bool(done), "done": done}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
