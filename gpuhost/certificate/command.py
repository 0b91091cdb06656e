"""Have NGINX serve a certificate of an ACME authority, and renew it. What fails leaves the one in service where it is.

Role nginx writes what is asked for. Exit codes: 0 done or nothing to do, 1 failed, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

from gpuhost import files
from gpuhost.certificate.faults import Attempt, Fault, read_fault, transient
from gpuhost.certificate.names import (
    addresses_of,
    behind_router,
    is_own,
    missing_name,
    own_address,
    wrong_name,
)
from gpuhost.certificate.retrying import repeated
from gpuhost.certificate.store import Certificate, Store

CONFIG = Path("/etc/orchestrate/certificate.json")
"""Written by the role."""

CERTBOT_S = 900
"""A DNS record may need minutes until every server has it; certbot waits for none longer."""

COMMANDS = {
    "begin": "have one in service, if need be signed by itself",
    "issue": "ask for one, unless there is one for these names by this authority",
    "renew": "as `issue`, and also when it nears its end",
    "status": "what is in service and how the last attempt ended, as JSON",
}


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


class FailedError(Exception):
    """No certificate was to be had, or NGINX does not take it. Its argument is the fault."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="orchestrate-certificate", description="The certificate that NGINX serves."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, says in COMMANDS.items():
        commands.add_parser(name, help=says)
    command, store = parser.parse_args(arguments).command, Store()
    if command == "status":
        sys.stdout.write(json.dumps(store.status(), indent=2) + "\n")
        return 0
    try:
        request = parse_request(CONFIG.read_text())
        with locked(store.state):
            done = (
                begin(store, request)
                if command == "begin"
                else have(store, request, renews=command == "renew")
            )
    except FailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(
            f"{CONFIG} or {store.state} cannot be used: {error}\n  try: apply the role nginx again, as root\n"
        )
        return 2
    sys.stdout.write(f"{done}\n")
    return 0


def parse_request(text: str) -> Request:
    """The request that the role wrote."""
    given = json.loads(text)
    return Request(**{**given, "names": tuple(given["names"])})


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time: a play and the timer may meet."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def begin(store: Store, request: Request) -> str:
    """Have a certificate in service before NGINX starts; `begun` where that changed anything."""
    changed = store.begin(request.names)
    if changed or not store.status():
        store.write_status(None, datetime.now(timezone.utc))
    return "begun" if changed else "kept"


def have(store: Store, request: Request, *, renews: bool) -> str:
    """Have one that is as requested; say what was done in a line. Raises FailedError; then the one in service stays."""
    now = datetime.now(timezone.utc)
    there = store.issued()
    why = lacks(there, store.directory(), request, now, renews=renews)
    try:
        issued = there if there and not why else obtain(store, request, now, there)
        if why or not store.serves_issued() or store.status().get("serial") != issued.serial:
            serve(store)
            store.write_status(None, now)
    except FailedError as error:
        store.write_status(str(error), now)
        raise
    names, until = ", ".join(sorted(issued.names)), f"{issued.not_after:%Y-%m-%d %H:%M} UTC"
    return f"{'new' if why else 'kept'}: {names} by {issued.issuer} until {until}"


def lacks(there: Certificate | None, directory: str, request: Request, now: datetime, *, renews: bool) -> str:
    """Why an authority has to be asked; empty when it need not."""
    if there is None:
        return "there is none"
    if there.names != frozenset(request.names):
        return "it is for other names"
    if directory != request.directory:
        return "it is by another authority"
    if there.wrong_clock(now):
        return "the clock is behind"
    if there.not_after <= now or (renews and there.is_due(now, request.renew_days)):
        return "it nears its end"
    return ""


def obtain(store: Store, request: Request, now: datetime, there: Certificate | None) -> Certificate:
    """Ask the authority for another than the one that is there. Raises FailedError."""
    own, public = own_address(), request.public_address
    by_dns = request.challenge != "http-01"
    found = {} if by_dns else {name: addresses_of(name) for name in request.names}
    strangers = {name: frozenset(each for each in seen if not is_own(each)) for name, seen in found.items()}
    fault = there.wrong_clock(now) if there else None
    fault = fault or missing_name(found, public or own) or wrong_name(strangers, own, public)
    if fault:
        raise FailedError(fault)
    said = repeated(lambda: run_certbot(store, request), transient)
    if "urn:ietf:params:acme:error:accountDoesNotExist" in said:
        # A test server that was started anew, or an account that was closed: a new one does as well.
        shutil.rmtree(store.certbot / "accounts" / urlsplit(request.directory).netloc, ignore_errors=True)
        said = repeated(lambda: run_certbot(store, request), transient)
    if said:
        attempt = Attempt(
            directory=request.directory,
            names=request.names,
            address=public or own,
            behind_router=any(behind_router(each, own, public) for each in strangers.values()),
            private=own,
            by_dns=by_dns,
            clock=f"{now:%Y-%m-%d %H:%M} UTC",
        )
        raise FailedError(read_fault(said, attempt))
    issued = store.issued()
    if issued is None:
        raise FailedError(Fault("certbot has succeeded, and there is no certificate", "repeat"))
    return issued


def run_certbot(store: Store, request: Request) -> str:
    """Run certbot once; what it and its log say when it fails, empty when it does not."""
    log = store.certbot / "logs" / "letsencrypt.log"
    log.unlink(missing_ok=True)
    own = {
        "REQUESTS_CA_BUNDLE": request.ca_file,
        "AWS_SHARED_CREDENTIALS_FILE": request.route53_credentials_file,
    }
    variables = {name: file for name, file in own.items() if file}
    try:
        done = subprocess.run(
            certbot(store, request),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", **variables},
            text=True,
            timeout=CERTBOT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"certbot timed out after {CERTBOT_S} seconds"
    if done.returncode == 0:
        return ""
    return f"{done.stdout}{files.text(log)}\n"


def certbot(store: Store, request: Request) -> tuple[str, ...]:
    """The command. When it is time is decided here, not there: Debian 12's knows 30 days before the end alone."""
    always = "certbot certonly --non-interactive --agree-tos --no-eff-email --cert-name orchestrate --key-type ecdsa"
    folders = {"config": store.certbot, "work": store.certbot / "work", "logs": store.certbot / "logs"}
    by_http = ("--webroot", "--webroot-path", str(store.state / "acme"))
    return (
        *always.split(),
        *("--force-renewal", "--renew-with-new-domains", "--server", request.directory),
        *(("--email", request.email) if request.email else ("--register-unsafely-without-email",)),
        *(word for name, path in folders.items() for word in (f"--{name}-dir", str(path))),
        *(by_http if request.challenge == "http-01" else ("--dns-route53",)),
        *(word for name in request.names for word in ("--domain", name)),
    )


def serve(store: Store) -> None:
    """Have NGINX serve the newest one. Requests that are under way end with the one before."""
    store.lead_to(store.live)
    argv = ("systemctl", "try-reload-or-restart", "nginx.service")
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise FailedError(
            Fault(
                "NGINX does not take the new certificate and goes on with the one before",
                "sudo nginx -t says why",
            )
        )
