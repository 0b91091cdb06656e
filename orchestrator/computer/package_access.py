"""What this computer needs to reach package servers, so that a container on it can reach them too.

Reads this computer's own configuration: extra CA certificates, Debian mirrors, pip's index, proxies. Changes nothing, and
hands on no credentials: a URL that carries a password is left out and named in `notes`.
"""

import configparser
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_CA_FOLDERS = (
    "usr/local/share/ca-certificates",
    "etc/pki/ca-trust/source/anchors",
    "etc/pki/trust/anchors",
    "etc/ca-certificates/trust-source/anchors",
)
"""Where an administrator of Debian and Ubuntu, Fedora and RHEL, openSUSE, Arch puts a certificate of the company's own."""
_CA_SUFFIXES = {".crt", ".pem", ".cer"}
_PEM = b"-----BEGIN CERTIFICATE-----"
_SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "timeout")
_THIS_COMPUTER = {None, "localhost", "127.0.0.1", "::1"}
_RELEASE = (
    "{{ {'jammy': 'bookworm', 'noble': 'bookworm', 'resolute': 'trixie'}"
    ".get(ansible_facts['distribution_release'], ansible_facts['distribution_release']) }}"
)
"""A host's own codename, filled in by Ansible: a fleet may mix releases. A container that says it is Ubuntu has Debian's packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageAccess:
    """This computer's way to the package servers."""

    ca_certificates: tuple[dict[str, str], ...]
    """`{name, pem}`, as `base_ca_certificates` takes them."""
    apt_uris: tuple[tuple[str, str], ...]
    """(URI, kind) of this computer's Debian mirrors; kind is `main` or `security`. Empty on other distributions."""
    pip: dict[str, str]
    """Keys of pip.conf's [global] section."""
    proxy: dict[str, str]
    """`http`, `https`, `no_proxy`."""
    notes: tuple[str, ...]
    """What was left out, and why."""

    def role_vars(self) -> dict[str, object]:
        """Variables of role `base` that give a Debian host, whatever its release, the same way out."""
        variables: dict[str, object] = {}
        if self.ca_certificates:
            variables["base_ca_certificates"] = [dict(certificate) for certificate in self.ca_certificates]
        pip = dict(self.pip) | ({"cert": _SYSTEM_BUNDLE} if self.ca_certificates else {})
        if pip:
            variables["base_pip_config"] = pip
        if self.proxy:
            variables["base_proxy"] = dict(self.proxy)
        if self.apt_uris:
            variables["base_apt_sources"] = _sources(self.apt_uris)
        return variables


def read_package_access(root: Path, *, home: Path, environ: Mapping[str, str]) -> PackageAccess:
    """Read the configuration below `root` (`/` in life) and in the environment."""
    notes: list[str] = []
    return PackageAccess(
        ca_certificates=_ca_certificates(root, notes),
        apt_uris=_apt_uris(root),
        pip=_reachable(_pip(root, home, environ), notes),
        proxy=_reachable(_proxy(environ), notes),
        notes=tuple(notes),
    )


def _ca_certificates(root: Path, notes: list[str]) -> tuple[dict[str, str], ...]:
    found: dict[str, str] = {}
    folders = (root / folder for folder in _CA_FOLDERS)
    for path in (each for folder in folders for each in sorted(folder.rglob("*"))):
        if path.suffix not in _CA_SUFFIXES or not path.is_file():
            continue
        content = path.read_bytes()
        if _PEM not in content:
            notes.append(f"{path.name} is no certificate in PEM and is not handed to hosts")
            continue
        name = path.stem if path.stem not in found else f"{path.stem}-{len(found)}"
        found[name] = content.decode(errors="replace")
    return tuple({"name": name, "pem": pem} for name, pem in found.items())


def _apt_uris(root: Path) -> tuple[tuple[str, str], ...]:
    """Mirrors of Debian itself: entries whose suite begins with a codename and whose component is `main`."""
    apt = root / "etc/apt"
    found: dict[tuple[str, str], None] = {}
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        entries = _deb822(text) if path.suffix == ".sources" else _one_line(text)
        for uri, suite in entries:
            if re.match(r"(bookworm|trixie)(-|/|$)", suite) and _is_reachable(uri):
                found[(uri, "security" if "-security" in suite else "main")] = None
    return tuple(found)


def _deb822(text: str) -> Iterable[tuple[str, str]]:
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*)$", stanza))
        if "deb" not in fields.get("Types", "").split() or fields.get("Enabled") == "no":
            continue
        if "main" not in fields.get("Components", "").split():
            continue
        yield from ((uri, suite) for uri in fields["URIs"].split() for suite in fields["Suites"].split())


def _one_line(text: str) -> Iterable[tuple[str, str]]:
    for match in re.finditer(r"(?m)^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$", text):
        if "main" in match[3].split():
            yield match[1], match[2]


def _sources(apt_uris: tuple[tuple[str, str], ...]) -> list[dict[str, object]]:
    suites = {"main": [_RELEASE, f"{_RELEASE}-updates"], "security": [f"{_RELEASE}-security"]}
    return [
        {
            "uris": [uri],
            "suites": suites[kind],
            "components": ["main"],
            "signed_by": "/usr/share/keyrings/debian-archive-keyring.gpg",
        }
        for uri, kind in apt_uris
    ]


def _pip(root: Path, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in [root / "etc/pip.conf", home / ".pip/pip.conf", home / ".config/pip/pip.conf"]:
        parser = configparser.RawConfigParser()
        parser.read(path)
        if parser.has_section("global"):
            found |= {key: value for key, value in parser["global"].items() if key in _PIP_KEYS}
    for key in _PIP_KEYS:
        value = environ.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            found[key] = value
    return found


def _proxy(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for key, name in (("http", "http_proxy"), ("https", "https_proxy"), ("no_proxy", "no_proxy")):
        value = environ.get(name) or environ.get(name.upper())
        if value:
            found[key] = value
    return found if {"http", "https"} & found.keys() else {}


def _reachable(settings: dict[str, str], notes: list[str]) -> dict[str, str]:
    """Leave out URLs that carry a password or that mean this computer alone."""
    kept = {}
    for key, value in settings.items():
        if "://" not in value:
            kept[key] = value
            continue
        urls = value.split()
        usable = [url for url in urls if not urlsplit(url).password and _is_reachable(url)]
        if any(urlsplit(url).password for url in urls):
            notes.append(f"{key} carries a password and is not handed to hosts; set it there under `vars:`")
        if usable:
            kept[key] = " ".join(usable)
    return kept


def _is_reachable(url: str) -> bool:
    """Whether the URL means the same seen from a container; one without a host is a file of this computer."""
    return urlsplit(url).hostname not in _THIS_COMPUTER
