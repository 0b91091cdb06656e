"""What all pages that stand alone have in common: their look, and how values are written on them. Pure.

Nothing is fetched, and no script runs: the style is part of each page.
"""

from typing import TYPE_CHECKING

from orchestrator.sanitize import sanitized

if TYPE_CHECKING:
    from jinja2 import Environment


def page_environment(package: str) -> "Environment":
    """Templates of the package, with `style.css` beside them. A value that is missing is an error; every text is made harmless."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("orchestrator.pages")]),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"duration": duration, "when": "{:%Y-%m-%d %H:%M} UTC".format}
    return environment


def duration(seconds: float) -> str:
    """`3.2 s`, `4 min 05 s`, `2 h 10 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _harmless(value: object) -> object:
    """What an expression of the page comes to, before it is escaped. Drawings are made here, and stay as they are."""
    return sanitized(value) if type(value) is str else value
