"""The sources of the distribution's own archive, read from apt's files, and what is said of them beside these files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ONE_LINE = re.compile(
    r"^deb[ \t]+(?:\[(?P<options>[^]\n]*)\][ \t]+)?(?P<uri>\S+)[ \t]+(?P<suite>\S+)[ \t]+(?P<components>[^#\n]*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Source:
    """One source of packages."""

    uris: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str

    def is_of(self, codename: str) -> bool:
        """Whether it is the distribution's own archive.

        Others have components named `main` and suites named like the distribution's too, and keys of their own.
        """
        named = (re.fullmatch(rf"{codename}(-(updates|security|backports))?", suite) for suite in self.suites)
        own_key = not self.signed_by or "-archive-" in self.signed_by
        return "main" in self.components and own_key and all(named)

    def has(self, uris: str, suite: str, component: str) -> bool:
        """Whether it has this component of this suite."""
        same = self.uris.rstrip("/") == uris.rstrip("/")
        return same and suite in self.suites and component in self.components

    def with_only(self, suites: Sequence[str], components: Sequence[str]) -> str:
        """A stanza of the same source with other components, of some of its suites."""
        signed_by = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        return (
            f"Types: deb\nURIs: {self.uris}\nSuites: {' '.join(suites)}\n"
            f"{signed_by}Components: {' '.join(components)}\n"
        )


def stanzas_for(files: Mapping[Path, str], components: Sequence[str], codename: str) -> list[str] | None:
    """Stanzas that add these components to the archive's sources, as far as they lack them; None where it has no source.

    A component may be in a line of its own, as `universe` is in Ubuntu's /etc/apt/sources.list: apt warns of one that it is told twice.
    """
    everything = [each for path, text in files.items() for each in sources_in(path, text)]
    own = [each for each in everything if each.is_of(codename)]
    stanzas = []
    for each in own:
        lacking: dict[tuple[str, ...], list[str]] = {}
        for suite in each.suites:
            some = (
                one for one in components if not any(other.has(each.uris, suite, one) for other in everything)
            )
            lacking.setdefault(tuple(some), []).append(suite)
        stanzas += [each.with_only(suites, some) for some, suites in lacking.items() if some]
    return stanzas if own else None


def sources_in(path: Path, text: str) -> Iterator[Source]:
    """What a file of apt's names, in either of its forms."""
    if path.suffix == ".list":
        for line in _ONE_LINE.finditer(text):
            key = re.search(r"signed-by=(\S+)", line["options"] or "")
            yield Source(
                line["uri"], (line["suite"],), tuple(line["components"].split()), key[1] if key else ""
            )
        return
    for stanza in re.split(r"\n\s*\n", text):
        fields = {
            name.lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in stanza.splitlines())
            if colon and not name.startswith(("#", " ", "\t"))
        }
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") == "yes":
            yield Source(
                fields.get("uris", ""),
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )
