"""The certificate that NGINX serves, as it shall be and as it is on this host's disk: a link to a folder, led elsewhere in one step."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from gpuhost import files
from gpuhost.certificate.explanations import Fault

STATE = Path("/var/lib/orchestrate/web")
"""NGINX's configuration names the link `certificate` in it."""

SELF_SIGNED_DAYS = 3650


@dataclass(frozen=True)
class Request:
    """The certificate as it shall be."""

    names: tuple[str, ...]
    directory: str
    """The ACME server's address."""
    email: str
    challenge: str
    """`http-01` or `dns-01-route53`."""
    ca_file: str
    """Who signed the ACME server's own certificate; empty for those whom the host trusts."""
    public_address: str
    """Where the host is reached from outside; empty for the address that it has."""
    route53_credentials_file: str
    renew_days: int

    @property
    def by_dns(self) -> bool:
        """Whether the challenge is a DNS record, not a file."""
        return self.challenge != "http-01"

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which certbot's libraries find the files."""
        files = {
            "REQUESTS_CA_BUNDLE": self.ca_file,
            "AWS_SHARED_CREDENTIALS_FILE": self.route53_credentials_file,
        }
        return {name: file for name, file in files.items() if file}


@dataclass(frozen=True)
class Certificate:
    """What is written in one."""

    names: frozenset[str]
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime

    def is_due(self, now: datetime, days: int) -> bool:
        """Whether it is to be renewed: so many days before its end, or with 0 when a third of its life is left."""
        left = timedelta(days=days) if days else (self.not_after - self.not_before) / 3
        return self.not_after - now < left

    def wrong_clock(self, now: datetime) -> Fault | None:
        """A host whose time of day is before this certificate was made. It would never be due."""
        if now > self.not_before - timedelta(hours=1):
            return None
        return Fault(
            f"this host's clock says {now:%Y-%m-%d %H:%M} UTC, and its certificate was made later, on {self.not_before:%Y-%m-%d}",
            "set the clock: sudo timedatectl set-ntp true",
        )


class Store:
    """The folder with all certificates of this host."""

    def __init__(self, state: Path = STATE) -> None:
        self.state = state
        self.link = state / "certificate"
        self.self_signed = state / "self-signed"
        self.certbot = state / "certbot"
        self.live = self.certbot / "live" / "orchestrate"
        self.status_file = state / "certificate.json"

    def issued(self) -> Certificate | None:
        """The newest one of an authority."""
        return read(self.live)

    def serves_issued(self) -> bool:
        """Whether the one in service is of an authority."""
        return self._leads_to(self.live)

    def directory(self) -> str:
        """The ACME server that signed the newest one; empty without one."""
        settings = files.text(self.certbot / "renewal" / "orchestrate.conf")
        found = re.search(r"^server = (\S+)$", settings, re.MULTILINE)
        return found[1] if found else ""

    def begin(self, names: tuple[str, ...]) -> bool:
        """Have a certificate in service, if need be one signed by itself. Whether that changed anything."""
        if self.issued():
            return self.lead_to(self.live)
        there = read(self.self_signed)
        renamed = there is None or there.names != frozenset(names)
        if renamed:
            sign(self.self_signed, names)
        return self.lead_to(self.self_signed) or renamed

    def lead_to(self, folder: Path) -> bool:
        """Lead the link to that folder, in one step. Whether it led elsewhere before."""
        if self._leads_to(folder):
            return False
        fresh = self.link.with_name(".certificate.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder)
        fresh.replace(self.link)
        return True

    def status(self) -> dict[str, object]:
        """The status that was written last."""
        try:
            status = json.loads(files.text(self.status_file))
        except ValueError:
            return {}
        return status if isinstance(status, dict) else {}

    def _leads_to(self, folder: Path) -> bool:
        return self.link.is_symlink() and self.link.readlink() == folder

    def write_status(self, failure: str | None, now: datetime) -> None:
        """Write for the host's page what is in service, and how the last attempt ended."""
        served = read(self.link)
        status = {
            "names": sorted(served.names) if served else [],
            "issuer": served.issuer if served else None,
            "self_signed": not self.serves_issued(),
            "serial": served.serial if served else None,
            "not_after": served.not_after.isoformat() if served else None,
            "last_attempt": now.isoformat(timespec="seconds"),
            "last_failure": failure,
        }
        files.write(self.status_file, json.dumps(status, indent=2) + "\n")


def parse_request(text: str) -> Request:
    """The request that the role wrote."""
    given = json.loads(text)
    return Request(**{**given, "names": tuple(given["names"])})


def read(folder: Path) -> Certificate | None:
    """The certificate in a folder; None where there is none that can be read."""
    query = "-noout -issuer -serial -startdate -enddate -ext subjectAltName -nameopt RFC2253,utf8,-esc_msb"
    argv = ("openssl", "x509", "-in", str(folder / "fullchain.pem"), *query.split())
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return parse(done.stdout) if done.returncode == 0 else None


def parse(text: str) -> Certificate:
    """What `openssl x509` prints of one."""
    fields = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Za-z]+=", line))
    return Certificate(
        names=frozenset(re.findall(r"DNS:([^,\s]+)", text)),
        issuer=fields["issuer"].strip(),
        serial=fields["serial"],
        not_before=moment(fields["notBefore"]),
        not_after=moment(fields["notAfter"]),
    )


def moment(text: str) -> datetime:
    """A time as OpenSSL writes it: `Nov 26 15:16:31 2026 GMT`."""
    return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=timezone.utc)


def sign(folder: Path, names: tuple[str, ...]) -> None:
    """Make a certificate that is signed by itself, so that NGINX can start."""
    folder.mkdir(mode=0o700, exist_ok=True)
    request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    argv = (
        *request.split(),
        *("-days", str(SELF_SIGNED_DAYS), "-subj", f"/CN={names[0][:64]}"),
        *("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)),
        *("-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")),
    )
    before = os.umask(0o077)
    try:
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    finally:
        os.umask(before)
