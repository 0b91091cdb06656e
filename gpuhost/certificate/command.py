"""Have NGINX serve a certificate of an ACME authority, and renew it. What fails leaves the one in service where it is.

    orchestrate-certificate begin     have one in service, if need be signed by itself
    orchestrate-certificate issue     ask for one, unless there is one for these names by this authority
    orchestrate-certificate renew     as `issue`, and also when it nears its end
    orchestrate-certificate status    what is in service and how the last attempt ended, as JSON

Exit codes: 0 done or nothing to do, 1 failed, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

from gpuhost import files
from gpuhost.certificate import names
from gpuhost.certificate.explanations import Fault
from gpuhost.certificate.faults import Attempt, read_fault, transient
from gpuhost.certificate.retrying import repeated
from gpuhost.certificate.store import Certificate, Request, Store, parse_request

CONFIG = Path("/etc/orchestrate/certificate.json")
"""Written by the role."""

CERTBOT_S = 900
"""A DNS record may need minutes until every server has it; certbot waits for none longer."""


class FailedError(Exception):
    """No certificate was to be had, or NGINX does not take it. Its argument is the fault."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    shown = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("orchestrate-certificate", description=__doc__, formatter_class=shown)
    parser.add_argument("command", choices=("begin", "issue", "renew", "status"))
    command, store = parser.parse_args(arguments).command, Store()
    if command == "status":
        sys.stdout.write(json.dumps(store.status(), indent=2) + "\n")
        return 0
    try:
        request = parse_request(CONFIG.read_text())
        with files.locked(store.state):
            if command == "begin":
                done = begin(store, request)
            else:
                done = have(store, request, renews=command == "renew")
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


def begin(store: Store, request: Request) -> str:
    """Have a certificate in service before NGINX starts; `begun` where that changed anything."""
    changed = store.begin(request.names)
    if changed or not store.status():
        store.write_status(None, datetime.now(timezone.utc))
    return "begun" if changed else "kept"


def have(store: Store, request: Request, *, renews: bool) -> str:
    """Have one that is as requested; say what was done in a line. Raises FailedError; then the one in service stays."""
    now, there = datetime.now(timezone.utc), store.issued()
    why = lacks(there, store.directory(), request, now, renews=renews)
    try:
        issued = there if there and not why else obtain(store, request, now, there)
        if why or not store.serves_issued() or store.status().get("serial") != issued.serial:
            serve(store)
            store.write_status(None, now)
    except FailedError as error:
        store.write_status(str(error), now)
        raise
    done = f"{'new' if why else 'kept'}: {', '.join(sorted(issued.names))} by {issued.issuer}"
    return f"{done} until {issued.not_after:%Y-%m-%d %H:%M} UTC"


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
    own, public = names.own_address(), request.public_address
    found = {} if request.by_dns else {name: names.addresses_of(name) for name in request.names}
    fault = (there.wrong_clock(now) if there else None) or names.wrong_record(found, own, public)
    if fault:
        raise FailedError(fault)
    said = repeated(lambda: run_certbot(store, request), transient)
    if "urn:ietf:params:acme:error:accountDoesNotExist" in said:
        # A test server that was started anew, or an account that was closed: a new one does as well.
        shutil.rmtree(store.certbot / "accounts" / urlsplit(request.directory).netloc, ignore_errors=True)
        said = repeated(lambda: run_certbot(store, request), transient)
    if said:
        strangers = map(names.strangers, found.values())
        routed = any(names.behind_router(addresses, own, public) for addresses in strangers)
        raise FailedError(read_fault(said, Attempt(request, own, behind_router=routed, now=now)))
    issued = store.issued()
    if issued is None:
        raise FailedError(Fault("certbot has succeeded, and there is no certificate", "repeat"))
    return issued


def run_certbot(store: Store, request: Request) -> str:
    """Run certbot once; what it and its log say when it fails, empty when it does not."""
    log = store.certbot / "logs" / "letsencrypt.log"
    log.unlink(missing_ok=True)
    try:
        done = subprocess.run(
            certbot(store, request),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", **request.environment},
            text=True,
            timeout=CERTBOT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"certbot timed out after {CERTBOT_S} seconds"
    return f"{done.stdout}{files.text(log)}\n" if done.returncode else ""


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
        *(("--dns-route53",) if request.by_dns else by_http),
        *(word for name in request.names for word in ("--domain", name)),
    )


def serve(store: Store) -> None:
    """Have NGINX serve the newest one. Requests that are under way end with the one before."""
    store.lead_to(store.live)
    argv = ("systemctl", "try-reload-or-restart", "nginx.service")
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        cause = "NGINX does not take the new certificate and goes on with the one before"
        raise FailedError(Fault(cause, "sudo nginx -t says why"))
