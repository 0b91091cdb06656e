"""The page's parts about GPUs. Reads nothing."""

from __future__ import annotations

from datetime import datetime, timezone

from gpuhost.page import values
from gpuhost.page.markup import Markup, bar, clock, element, joined, note, section, size, table

HOT_CELSIUS = 85
"""NVIDIA's data-centre cards slow down a few degrees above."""


def graphics(told: values.Graphics | values.Missing) -> Markup:
    """The cards, who is on them, what is wrong with them, and their driver."""
    if isinstance(told, values.Missing):
        return section("cards", "Graphics cards", note(told.reason))
    driver = element("p", f"NVIDIA driver {told.driver}", given={"class": "muted"})
    kind = "part wide" if len(told.cards) > 1 else "part"
    panels = element("ul", *(element("li", _card(card)) for card in told.cards), given={"class": "cards"})
    wrong = (element("li", joined(f"{seen}. To do: ", action)) for seen, action in told.wrong)
    reasons = element("ul", *wrong, given={"class": "reasons"}) if told.wrong else ""
    return section("cards", "Graphics cards", panels, reasons, driver, kind=kind)


def leases(told: tuple[values.Job, ...] | values.Missing | None) -> Markup:
    """Who has a lease, and who waits; nothing where there are no leases."""
    if told is None:
        return Markup("")
    if isinstance(told, values.Missing):
        return section("leases", "GPU leases", note(told.reason))
    if not told:
        return section("leases", "GPU leases", note("Nobody has a GPU leased, and nobody waits."))
    rows = [(job.user, job.command, job.gpus, _time(job)) for job in told if not job.waits]
    waiting = [(job.user, job.command, job.gpus, _time(job), job.why) for job in told if job.waits]
    return section(
        "leases",
        "GPU leases",
        table("Who has which GPU", ("Who", "What", "GPUs", "Until"), *rows) if rows else "",
        table("Who waits", ("Who waits", "For what", "GPUs", "From", "Why"), *waiting) if waiting else "",
    )


def gauge(name: str, value: str, percent: float, tone: str = "") -> Markup:
    """A figure with a bar."""
    words = element("p", element("span", name), " ", element("strong", value))
    return element("div", words, bar(percent, tone=tone), given={"class": "gauge"})


def _card(card: values.Card) -> Markup:
    parts = [element("h3", card.name)]
    if card.percent is not None:
        parts.append(gauge("Use", f"{card.percent} %", card.percent))
    if card.memory_used is not None and card.memory_total:
        share = 100 * card.memory_used / card.memory_total
        parts.append(gauge("Memory", f"{size(card.memory_used)} of {size(card.memory_total)}", share))
    if card.celsius is not None:
        tone = "bad" if card.celsius >= HOT_CELSIUS else ""
        parts.append(gauge("Temperature", f"{card.celsius} °C{', hot' if tone else ''}", card.celsius, tone))
    if len(parts) == 1:
        parts.append(note("The driver tells nothing more of it."))
    if card.users:
        parts.append(element("p", "; ".join(card.users), given={"class": "muted"}))
    return joined(*parts)


def _time(job: values.Job) -> Markup:
    at = job.starts_at if job.waits else job.ends_at
    return clock(datetime.fromtimestamp(at, timezone.utc)) if at is not None else Markup("not known")
