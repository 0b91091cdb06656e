"""The parts of the page, each from what it tells. Reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gpuhost.page import values
from gpuhost.page.gpus.sections import gauge
from gpuhost.page.markup import (
    TIMES,
    Markup,
    badge,
    bar,
    clock,
    element,
    facts,
    joined,
    note,
    section,
    size,
    span,
    table,
)
from gpuhost.page.values import Told

FULL_PERCENT = 90
"""Of a disk or of memory, above which it is shown as a warning."""
SOON_S = 3600
TONES = {"PASS": "good", "FAIL": "bad"}
STANDINGS = {
    "holds": ("PASS", "good"),
    "revoked": ("REVOKED", "bad"),
    "expired": ("EXPIRED", "open"),
    "unknown": ("UNKNOWN", "open"),
}
"""What is shown of a certificate that was a PASS, by what the host found since."""


def part(name: str, title: str, told: Told | values.Missing, show: Callable[[Told], Markup]) -> Markup:
    """A part with what is told, or with the reason why nothing is."""
    return section(name, title, note(told.reason) if isinstance(told, values.Missing) else show(told))


def tools(told: tuple[values.Tool, ...] | values.Missing) -> Markup:
    """Links to what runs here."""
    if isinstance(told, values.Missing):
        return section("tools", "Open", note(told.reason), kind="part wide")
    tiles = (element("li", _tile(tool)) for tool in told)
    return section("tools", "Open", element("ul", *tiles, given={"class": "tiles"}), kind="wide bare")


def _tile(tool: values.Tool) -> Markup:
    broken = [(name, state) for name, state in tool.units if state != "active"]
    link = element("a", tool.title, given={"href": tool.path})
    inside = [element("h3", link)]
    if tool.description:
        inside.append(element("p", tool.description))
    if broken:
        names = (element("code", f"{name} is {state}") for name, state in broken)
        inside += [badge("Not running", "bad"), element("p", *names, given={"class": "why"})]
    elif tool.units:
        inside.append(badge("Running", "good"))
    return joined(*inside)


def training(told: values.Training | values.Missing) -> Markup:
    """The certificate that this host trains."""
    if isinstance(told, values.Missing):
        return section("training", "Training certificate", note(told.reason))
    word, tone = told.verdict, TONES.get(told.verdict, "open")
    pairs: list[tuple[str, str]] = [
        ("Accuracy", told.accuracy),
        ("Images a second", told.images_per_s),
        ("Issued", clock(told.issued_at)),
    ]
    lines: tuple[str, ...] = told.reasons if word != "PASS" else ()
    if told.standing and word == "PASS":
        standing = told.standing
        word, tone = STANDINGS[standing.state]
        lines = tuple(
            joined(f"{reason.seen}. To do: ", element("code", reason.action)) for reason in standing.reasons
        )
        pairs.append(("Looked at", clock(standing.looked_at)))
        pairs.append(("Proved again", clock(standing.proved_at) if standing.proved_at else "never"))
        pairs.append(("Put off", standing.note))
    reasons = element("ul", *(element("li", line) for line in lines), given={"class": "reasons"})
    report = element("a", "Full report", given={"href": "/report.html"})
    source = element("a", "Certificate as JSON", given={"href": "/certificate.json"})
    links = joined(report, " ", source) if told.report else source
    return section(
        "training",
        "Training certificate",
        element("p", word, given={"class": f"verdict {tone}"}),
        element("p", told.headline.removeprefix(f"{told.verdict}: ")),
        facts(*(pair for pair in pairs if pair[1])),
        reasons if lines else "",
        element("p", links, given={"class": "links"}),
        kind=f"part tinted {tone}",
    )


def machine(told: values.Machine) -> Markup:
    """Processors and memory."""
    share = 100 * told.memory_used / told.memory_total if told.memory_total else 0.0
    memory = f"{size(told.memory_used)} of {size(told.memory_total)}"
    percent = told.busy_percent
    busy = "" if percent is None else gauge("Processors", f"{percent} %", percent)
    processors = f"{told.processors} {TIMES} {told.processor}" if told.processor else str(told.processors)
    return joined(
        busy,
        gauge("Memory", memory, share, "bad" if share >= FULL_PERCENT else ""),
        facts(
            ("Processors", processors),
            ("Load", f"{told.load:.2f}"),
            ("System", told.system),
            ("Kernel", f"{told.kernel}, {told.architecture}"),
            ("Started", clock(told.up_since)),
        ),
    )


def disks(told: tuple[values.Disk, ...]) -> Markup:
    """File systems and their room."""
    rows = []
    for disk in told:
        share = 100 * (disk.total - disk.free) / disk.total
        full = share >= FULL_PERCENT
        words = f"{share:.0f} %{', nearly full' if full else ''}"
        used = joined(words, bar(share, tone="bad" if full else ""))
        rows.append((disk.place, f"{size(disk.free)} of {size(disk.total)}", used))
    return table("Room on file systems", ("Place", "Free", "Used"), *rows)


def people(told: tuple[values.Person, ...]) -> Markup:
    """Who is logged in."""
    if not told:
        return note("Nobody is logged in.")
    rows = ((one.name, clock(one.since), str(one.sessions)) for one in told)
    return table("People who are logged in", ("Name", "Since", "Sessions"), *rows)


def stack(told: tuple[values.Environment, ...]) -> Markup:
    """What training runs on."""
    rows = []
    for one in told:
        installed = ", ".join(f"{label} {version}" for label, version in one.packages)
        rows.append((one.name, one.python, installed or "nothing known"))
    return table("Python environments", ("Name", "Python", "Installed"), *rows)


def lifetime(told: values.Lifetime, at: datetime) -> Markup:
    """When this host ends, and what it has cost."""
    pairs: list[tuple[str, str]] = [("Has run", span(told.spent_s))]
    if told.cost_usd is not None:
        pairs.append(("Has cost", f"{told.cost_usd:.2f} USD, at {told.price_usd_per_hour:.2f} USD an hour"))
    if told.idle_limit_s:
        pairs.append(("Unused", f"{span(told.idle_s)}, of {span(told.idle_limit_s)} that it may be"))
    if told.ends_at is None:
        return joined(note("Nothing ends this host by itself."), facts(*pairs))
    left = (told.ends_at - at).total_seconds()
    words = joined(
        "Powers off in ", element("strong", span(left)), ", at ", clock(told.ends_at), f": {told.reason}."
    )
    tone = "ends soon" if left < SOON_S else "ends"
    return joined(element("p", words, given={"class": tone}), facts(*pairs))


def tls(told: values.Tls, at: datetime) -> Markup:
    """The web server's certificate."""
    over = told.ends_at is not None and told.ends_at <= at
    own = ("Self-signed", "open") if told.self_signed else ("Valid", "good")
    word, tone = ("Ended", "bad") if over else own
    ends = clock(told.ends_at) if told.ends_at else Markup("not known")
    problem = element("p", f"The last attempt to get one failed: {told.problem}", given={"class": "why"})
    return joined(
        element("p", badge(word, tone)),
        facts(("For", ", ".join(told.names)), ("From", issuer(told.issuer)), ("Until", ends)),
        problem if told.problem else "",
    )


def issuer(name: str) -> str:
    """The authority of a distinguished name: `Let's Encrypt` of `CN=R11,O=Let's Encrypt,C=US`."""
    parts = dict(part.partition("=")[::2] for part in name.split(","))
    return parts.get("O") or parts.get("CN") or name
