#!/usr/bin/python3 -EsB
"""Have NGINX serve a certificate of an ACME authority, and renew it. What fails leaves the one in service where it is.

    orchestrate-certificate begin     have one in service, if need be signed by itself
    orchestrate-certificate issue     ask for one, unless there is one for these names by this authority
    orchestrate-certificate renew     as `issue`, and also when it nears its end
    orchestrate-certificate status    what is in service and how the last attempt ended, as JSON

Exit codes: 0 done or nothing to do, 1 failed, 2 usage or configuration.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from acme_faults import Fault, Place, passing, read_fault
from acme_names import addresses_of, behind_router, is_own, missing_name, own_address, wrong_name
from retrying import repeated
from web_certificate import Certificate, Shelf

CONFIG = Path("/etc/orchestrate/certificate.json")
"""Written by the role."""

CERTBOT_S = 900
"""A DNS record may need minutes until every server has it; certbot waits for none longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
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


class FailedError(Exception):
    """No certificate was to be had, or NGINX does not take it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def main(argv: list[str]) -> int:
    """Do one of the four things."""
    if len(argv) != 1 or argv[0] not in {"begin", "issue", "renew", "status"}:
        sys.stderr.write(__doc__ or "")
        return 2
    shelf = Shelf()
    if argv[0] == "status":
        sys.stdout.write(json.dumps(shelf.told(), indent=2) + "\n")
        return 0
    try:
        wish = parse_wish(CONFIG.read_text())
        with locked(shelf.state):
            if argv[0] == "begin":
                sys.stdout.write("begun\n" if begin(shelf, wish) else "kept\n")
            else:
                sys.stdout.write(have(shelf, wish, renews=argv[0] == "renew") + "\n")
    except FailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(
            f"{CONFIG} or {shelf.state} cannot be used: {error}\n  try: apply the role nginx again, as root\n"
        )
        return 2
    return 0


def parse_wish(text: str) -> Wish:
    """The wish that the role wrote."""
    given = json.loads(text)
    return Wish(**(given | {"names": tuple(given["names"])}))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time: a play and the timer may meet."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def begin(shelf: Shelf, wish: Wish) -> bool:
    """Have a certificate in service before NGINX starts. Whether that changed anything."""
    changed = shelf.begin(wish.names)
    if changed or not shelf.told():
        shelf.tell(None, datetime.now(UTC))
    return changed


def have(shelf: Shelf, wish: Wish, *, renews: bool) -> str:
    """Have one that is as wished; say what was done in a line. Raises FailedError; then the one in service stays."""
    now = datetime.now(UTC)
    there = shelf.real()
    why = lacks(there, shelf.directory(), wish, now, renews=renews)
    try:
        real = there if there and not why else obtain(shelf, wish, now, there)
        if why or not shelf.is_real() or shelf.told().get("serial") != real.serial:
            serve(shelf)
            shelf.tell(None, now)
    except FailedError as error:
        shelf.tell(str(error), now)
        raise
    done = "new" if why else "kept"
    return (
        f"{done}: {', '.join(sorted(real.names))} by {real.issuer} until {real.not_after:%Y-%m-%d %H:%M} UTC"
    )


def lacks(real: Certificate | None, directory: str, wish: Wish, now: datetime, *, renews: bool) -> str:
    """Why an authority has to be asked; empty when it need not."""
    if real is None:
        return "there is none"
    if real.names != frozenset(wish.names):
        return "it is for other names"
    if directory != wish.directory:
        return "it is by another authority"
    if real.wrong_clock(now):
        return "the clock is behind"
    if real.not_after <= now or (renews and real.is_due(now, wish.renew_days)):
        return "it nears its end"
    return ""


def obtain(shelf: Shelf, wish: Wish, now: datetime, there: Certificate | None) -> Certificate:
    """Ask the authority for another than the one that is there. Raises FailedError."""
    own = own_address()
    by_dns = wish.challenge != "http-01"
    seen = {} if by_dns else {name: addresses_of(name) for name in wish.names}
    strangers = {name: frozenset(each for each in found if not is_own(each)) for name, found in seen.items()}
    fault = there.wrong_clock(now) if there else None
    fault = fault or missing_name(seen, wish.public_address or own)
    if fault := fault or wrong_name(strangers, own, wish.public_address):
        raise FailedError(fault)
    place = Place(
        directory=wish.directory,
        names=wish.names,
        address=wish.public_address or own,
        behind_router=any(behind_router(found, own, wish.public_address) for found in strangers.values()),
        private=own,
        by_dns=by_dns,
        clock=f"{now:%Y-%m-%d %H:%M} UTC",
    )
    said = repeated(lambda: ask(shelf, wish), passing)
    if said and "urn:ietf:params:acme:error:accountDoesNotExist" in said:
        # A test server that was started anew, or an account that was closed: a new one does as well.
        shutil.rmtree(shelf.certbot / "accounts" / urlsplit(wish.directory).netloc, ignore_errors=True)
        said = repeated(lambda: ask(shelf, wish), passing)
    if said:
        raise FailedError(read_fault(said, place))
    real = shelf.real()
    if real is None:
        raise FailedError(Fault(cause="certbot has succeeded, and there is no certificate", hint="repeat"))
    return real


def ask(shelf: Shelf, wish: Wish) -> str:
    """Run certbot once; what it and its log say when it fails, empty when it does not."""
    log = shelf.certbot / "logs" / "letsencrypt.log"
    log.unlink(missing_ok=True)
    more = {"REQUESTS_CA_BUNDLE": wish.ca_file, "AWS_SHARED_CREDENTIALS_FILE": wish.route53_credentials_file}
    try:
        done = subprocess.run(
            certbot(shelf, wish),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"LC_ALL": "C.UTF-8"} | {name: value for name, value in more.items() if value},
            text=True,
            timeout=CERTBOT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"certbot timed out after {CERTBOT_S} seconds"
    if done.returncode == 0:
        return ""
    return done.stdout + (log.read_text(errors="replace") if log.exists() else "")


def certbot(shelf: Shelf, wish: Wish) -> tuple[str, ...]:
    """The command. When it is time is decided here, not there: Debian 12's knows 30 days before the end alone."""
    request = "certbot certonly --non-interactive --agree-tos --no-eff-email --cert-name orchestrate --key-type ecdsa"
    folders = {"config": shelf.certbot, "work": shelf.certbot / "work", "logs": shelf.certbot / "logs"}
    by_http = ("--webroot", "--webroot-path", str(shelf.webroot))
    return (
        *request.split(),
        *("--force-renewal", "--renew-with-new-domains", "--server", wish.directory),
        *(("--email", wish.email) if wish.email else ("--register-unsafely-without-email",)),
        *(word for name, path in folders.items() for word in (f"--{name}-dir", str(path))),
        *(by_http if wish.challenge == "http-01" else ("--dns-route53",)),
        *(word for name in wish.names for word in ("--domain", name)),
    )


def serve(shelf: Shelf) -> None:
    """Have NGINX serve the newest one. Requests that are under way end with the one before."""
    shelf.lead(shelf.live)
    argv = ("systemctl", "try-reload-or-restart", "nginx.service")
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FailedError(
            Fault(
                cause="NGINX does not take the new certificate and goes on with the one before",
                hint="sudo nginx -t says why",
            )
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
