"""Write this host's page: what it is, how it does, and where its tools are.

    gpuhost page write /etc/orchestrate/page.json /var/lib/orchestrate/page

Reads what anybody may read, and writes into its own folder alone. A part that cannot be read says so on the page.
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

from gpuhost.files import write
from gpuhost.page import records, sections, system
from gpuhost.page.gpus import reading
from gpuhost.page.gpus import sections as gpus
from gpuhost.page.markup import TIMES, Markup, clock, element, joined, span, void
from gpuhost.page.values import Graphics, Machine, Missing, Snapshot, Told

UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading raises when a file or an answer is not what it should be."""

BUCKET_S = 100
"""NGINX finds a page by the hundred seconds that it is good for: with no others it cannot reckon."""

POLICY = "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost page", description="The host's page.")
    commands = parser.add_subparsers(dest="command", required=True)
    once = commands.add_parser("write", help="write the page once; the service runs this")
    once.add_argument("config", type=Path)
    once.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    snapshot = look(json.loads(given.config.read_text()), given.folder / "processors.json")
    publish(snapshot, given.folder / "www", style())
    return 0


def style() -> str:
    """The page's style sheet."""
    return (pkgutil.get_data("gpuhost.page", "page.css") or b"").decode()


def look(settings: dict[str, str], memory: Path) -> Snapshot:
    """All that can be told now. `memory` keeps the processors' times for the next page."""
    environments = Path(settings["environments"])
    return Snapshot(
        title=settings["title"],
        at=datetime.now(timezone.utc),
        interval_s=int(settings["interval_s"]),
        machine=attempt("The machine", lambda: machine(memory)),
        graphics=attempt("The graphics cards", reading.graphics),
        leases=attempt("GPU leases", reading.leases),
        disks=attempt("The disks", system.disks),
        people=attempt("Who is logged in", system.people),
        environments=attempt("The training stack", lambda: records.environments(environments)),
        lifetime=attempt("Time and cost", records.lifetime),
        tls=attempt("The web certificate", records.tls),
        training=attempt("The training certificate", records.training),
        tools=attempt("What is switched on", records.tools),
    )


def attempt(what: str, ask: Callable[[], Told]) -> Told | Missing:
    """What it answers, or a sentence with the reason why it cannot."""
    try:
        return ask()
    except (*UNREADABLE, subprocess.SubprocessError) as error:
        return Missing(reason=f"{what} cannot be read: {str(error) or type(error).__name__}")


def machine(memory: Path) -> Machine:
    """The machine, compared with the page before."""
    try:
        busy, total = json.loads(memory.read_text())
        before: tuple[int, int] | None = (int(busy), int(total))
    except UNREADABLE:
        before = None
    seen, now = system.machine(before)
    write(memory, json.dumps(now))
    return seen


def publish(snapshot: Snapshot, folder: Path, style: str) -> None:
    """Write the page in each of its forms, and under the names that say how long it is good.

    `index` is asked for again by itself, `still` is not; `-old` is what NGINX shows when no newer one came.
    """
    folder.mkdir(exist_ok=True)
    for form in ("index", "still"):
        write(folder / f"{form}-old.html", document(snapshot, style, form=form, old=True))
        write(folder / f"{form}.html", document(snapshot, style, form=form))
        good = {f"{form}-{bucket}.html" for bucket in buckets(snapshot)}
        for name in good:
            if not (folder / name).is_symlink():
                (folder / name).symlink_to(f"{form}.html")
        for outdated in folder.glob(f"{form}-[0-9]*.html"):
            if outdated.name not in good:
                outdated.unlink()


def buckets(snapshot: Snapshot) -> range:
    """The hundreds of seconds in which the page is no news: at least three intervals."""
    now = int(snapshot.at.timestamp())
    return range(now // BUCKET_S, (now + 3 * snapshot.interval_s) // BUCKET_S + 1)


def document(snapshot: Snapshot, style: str, *, form: str = "index", old: bool = False) -> str:
    """The whole page."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = {"http-equiv": "Content-Security-Policy", "content": POLICY.format(digest=digest)}
    head = element(
        "head",
        void("meta", {"charset": "utf-8"}),
        void("meta", policy),
        void("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        void("meta", {"name": "color-scheme", "content": "light dark"}),
        void("meta", {"name": "robots", "content": "noindex"}),
        element("title", f"{'Old: ' if old else ''}{snapshot.title}"),
        void("link", {"rel": "icon", "href": "data:,"}),
        element("style", Markup(style)),
    )
    skip = element("a", "To the content", given={"class": "skip", "href": "#content"})
    body = element("body", skip, top(snapshot, old=old), content(snapshot), bottom(snapshot, form=form))
    return f"<!doctype html>\n{element('html', head, body, given={'lang': 'en'})}\n"


def top(snapshot: Snapshot, *, old: bool) -> Markup:
    """Name, a line of what it is, and the warning when the page is old."""
    words = [summary(snapshot.graphics)]
    if isinstance(snapshot.machine, Machine):
        words.insert(0, snapshot.machine.system)
        words.append(f"up {span((snapshot.at - snapshot.machine.up_since).total_seconds())}")
    warning = element(
        "p",
        element("strong", "This page is old."),
        joined(
            " It was written on ",
            clock(snapshot.at, "%-d %b %Y at %H:%M:%S"),
            ", and none came since. On the host, see ",
        ),
        element("code", "systemctl status orchestrate-page.timer orchestrate-page.service"),
        given={"class": "warning", "role": "alert"},
    )
    lead = element("p", " · ".join(word for word in words if word), given={"class": "lead"})
    return element("header", element("h1", snapshot.title), lead, warning if old else "")


def summary(told: Graphics | Missing) -> str:
    """The cards in a few words; empty where there are none to tell of."""
    if isinstance(told, Missing):
        return ""
    counts = Counter(card.name for card in told.cards if card.memory_total)
    return ", ".join(name if count == 1 else f"{count} {TIMES} {name}" for name, count in counts.items())


def content(snapshot: Snapshot) -> Markup:
    """All parts, the most asked for first. Several cards take the whole width; the rest stands in columns."""
    part, at = sections.part, snapshot.at
    graphics = gpus.graphics(snapshot.graphics)
    several = isinstance(snapshot.graphics, Graphics) and len(snapshot.graphics.cards) > 1
    columns = element(
        "div",
        sections.training(snapshot.training),
        "" if several else graphics,
        gpus.leases(snapshot.leases),
        part("machine", "Machine", snapshot.machine, sections.machine),
        part("lifetime", "Time and cost", snapshot.lifetime, lambda told: sections.lifetime(told, at)),
        part("disks", "Disks", snapshot.disks, sections.disks),
        part("stack", "Training stack", snapshot.environments, sections.stack),
        part("people", "Logged in", snapshot.people, sections.people),
        part("tls", "Web certificate", snapshot.tls, lambda told: sections.tls(told, at)),
        given={"class": "columns"},
    )
    tools = sections.tools(snapshot.tools)
    return element(
        "main", tools, graphics if several else "", columns, given={"id": "content", "tabindex": "-1"}
    )


def bottom(snapshot: Snapshot, *, form: str) -> Markup:
    """When it was written, and how to stop or start that it is asked for again by itself."""
    written = joined("Written on ", clock(snapshot.at, "%-d %b %Y at %H:%M:%S"), ". ")
    every = f"The host writes a new one every {snapshot.interval_s} seconds"
    if form == "index":
        how = joined(f"{every}, and this page shows it by itself. ")
        switch = element("a", "Stop refreshing", given={"href": "/still"})
    else:
        how = joined(f"{every}; this page stays as it is. ")
        switch = element("a", "Refresh by itself", given={"href": "/"})
    return element("footer", element("p", written, how, switch))
