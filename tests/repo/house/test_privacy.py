"""What no tracked file may hold: keys, this computer's paths, names of package servers, bulk, open doors."""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest
from pip._internal.models.index import PyPI

from tests.repo.tree import ROOT, Violation, assert_kept, files, read

LARGEST_BYTES = 1024 * 1024
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\\?r?\\?n?\s*[A-Za-z0-9+/=]{40}")
OPEN_DOORS = {
    re.compile(
        r"StrictHostKeyChecking[=\s\"',]+(no|accept-new|off)\b", re.IGNORECASE
    ): "pin the key before the first connection",
    re.compile(r"\|\|\s*(true|:)(?=\s|$)"): "let it fail, or test for the one state that is fine",
    re.compile(r"^\s*ignore_errors:"): "failed_when: with the exact condition",
    re.compile(r"^\s*host_key_checking\s*=\s*(no|false|0)", re.IGNORECASE): "leave host key checking on",
}
TALKS_ABOUT_RULES = ("tests/repo/", "docs/", "CONTRIBUTING.md", "CHANGELOG.md")
"""Where a forbidden phrase is quoted, not used."""


def test_no_private_key_is_tracked() -> None:
    assert_kept(found for path in files() for found in matches(path, {PRIVATE_KEY: "make keys at run time"}))


def test_no_file_names_a_package_server_of_this_computer() -> None:
    remedy = "read it from the computer's own configuration at run time"
    patterns = {re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])"): remedy for name in package_servers()}
    assert_kept(found for path in files() for found in matches(path, patterns))


def test_no_file_names_a_path_of_this_checkout() -> None:
    places = {ROOT, *(home for home in (Path.home(),) if home != Path("/root"))}
    patterns = {
        re.compile(
            rf"{re.escape(str(place))}(?![\w-])"
        ): "a path relative to the checkout, or one found at run time"
        for place in places
        if len(place.parts) > 2
    }
    assert_kept(found for path in files() for found in matches(path, patterns))


def test_no_file_is_larger_than_a_mebibyte() -> None:
    assert_kept(
        Violation(
            path=path, line=0, rule=f"{size} bytes", remedy="make or fetch it at run time, with a checksum"
        )
        for path in files()
        if (size := (ROOT / path).stat().st_size) > LARGEST_BYTES
    )


def test_no_door_is_left_open_and_no_failure_swallowed() -> None:
    assert_kept(
        found
        for path in files()
        if not str(path).startswith(TALKS_ABOUT_RULES)
        for found in matches(path, OPEN_DOORS)
    )


@pytest.mark.parametrize(
    "line",
    [
        "ssh -o StrictHostKeyChecking=no host",
        '"StrictHostKeyChecking", "accept-new"',
        "make lint || true",
        "  ignore_errors: true",
        "host_key_checking = False",
    ],
)
def test_an_open_door_is_seen(line: str) -> None:
    assert any(pattern.search(line) for pattern in OPEN_DOORS)


def test_servers_are_read_from_both_forms_of_apt_sources() -> None:
    text = "# deb http://old.example.org a\ndeb [signed-by=/k] http://one.example.org/debian a main\nURIs: http://two.example.org\n"
    assert set(hosts(text)) == {"one.example.org", "two.example.org"}


def matches(path: PurePosixPath, patterns: dict[re.Pattern[str], str]) -> Iterator[Violation]:
    """Every line of the file that holds one of the patterns; keys may span lines."""
    text = read(path)
    for pattern, remedy in patterns.items():
        flagged = re.compile(pattern.pattern, pattern.flags | re.MULTILINE)
        for found in flagged.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield Violation(path=path, line=line, rule=f"holds {found[0].strip()[:40]!r}", remedy=remedy)


def package_servers() -> set[str]:
    """Hosts of apt's active sources, and of pip's index where none was configured."""
    etc = Path("/etc/apt")
    sources = [
        etc / "sources.list",
        *etc.glob("sources.list.d/*.list"),
        *etc.glob("sources.list.d/*.sources"),
    ]
    found = {
        host for source in sources if source.is_file() for host in hosts(source.read_text(encoding="utf-8"))
    }
    return found | {PyPI.netloc, PyPI.file_storage_domain}


def hosts(apt_sources: str) -> Iterable[str]:
    """The host names in one apt sources file."""
    for line in apt_sources.splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] in {"deb", "deb-src", "URIs:"}:
            yield from (host for word in words if (host := urlsplit(word).hostname))
