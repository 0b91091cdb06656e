"""HTML of which every text is escaped, and words for sizes and times. Knows nothing of the host."""

from __future__ import annotations

from datetime import datetime
from html import escape

TIMES = "\N{MULTIPLICATION SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""


class Markup(str):
    """HTML as it is; any other text is escaped before it becomes part of it."""

    __slots__ = ()


def element(name: str, *inside: str, given: dict[str, str] | None = None) -> Markup:
    """An element with attributes; what is inside is escaped unless it is Markup."""
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in (given or {}).items())
    return Markup(f"<{name}{attributes}>{joined(*inside)}</{name}>")


def void(name: str, given: dict[str, str]) -> Markup:
    """An element without an end."""
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
    return Markup(f"<{name}{attributes}>")


def joined(*parts: str) -> Markup:
    """One after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def section(name: str, title: str, *inside: str, kind: str = "part") -> Markup:
    """A part of the page, which its heading names."""
    heading = element("h2", title, given={"id": name})
    return element("section", heading, *inside, given={"aria-labelledby": name, "class": kind})


def facts(*pairs: tuple[str, str]) -> Markup:
    """Names and values."""
    rows = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *rows, given={"class": "facts"})


def table(caption: str, columns: tuple[str, ...], *rows: tuple[str, ...]) -> Markup:
    """A table whose first column names the row."""
    head = element("tr", *(element("th", column, given={"scope": "col"}) for column in columns))
    body = (
        element(
            "tr", element("th", row[0], given={"scope": "row"}), *(element("td", cell) for cell in row[1:])
        )
        for row in rows
    )
    return element("table", element("caption", caption), element("thead", head), element("tbody", *body))


def bar(percent: float, *, tone: str = "") -> Markup:
    """How full, for the eye alone: the number stands beside it."""
    width = f"{min(max(percent, 0.0), 100.0):.1f}"
    ground = element("rect", given={"class": "ground", "width": "100", "height": "4"})
    filled = element("rect", given={"class": f"filled {tone}".strip(), "width": width, "height": "4"})
    frame = {"class": "bar", "viewBox": "0 0 100 4", "preserveAspectRatio": "none", "aria-hidden": "true"}
    return element("svg", ground, filled, given=frame)


def badge(text: str, tone: str) -> Markup:
    """A short word of state."""
    return element("span", text, given={"class": f"badge {tone}"})


def note(text: str) -> Markup:
    """A sentence where there is nothing else to tell."""
    return element("p", text, given={"class": "note"})


def clock(when: datetime, form: str = "%-d %b %Y, %H:%M") -> Markup:
    """A time for people and programs."""
    return element("time", f"{when:{form}} UTC", given={"datetime": when.isoformat(timespec="seconds")})


def size(amount: float) -> str:
    """Bytes as people say them: `15.8 GB`, in powers of 1024 as NVIDIA counts."""
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            digits = 0 if amount >= 100 or unit == "B" else 1
            return f"{amount:.{digits}f}{SPACE}{unit}"
        amount /= 1024
    return f"{amount:.1f}{SPACE}TB"


def span(seconds: float) -> str:
    """A length of time in its two largest parts: `3 d 4 h`."""
    left, parts = int(max(seconds, 0)), []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if left >= length:
            parts.append(f"{left // length}{SPACE}{unit}")
            left %= length
    return " ".join(parts[:2]) or "less than a minute"
