"""Which keys there are, what is known about the one at a path, and which was meant by a wrong one. Pure."""

from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic.fields import FieldInfo

from orchestrator.config.document import KeyPath
from orchestrator.config.sections import Section
from orchestrator.config.spec import FleetSpec


def all_keys(section: type[Section] = FleetSpec) -> Iterator[tuple[str, ...]]:
    """Paths of all keys that hold a value rather than a section of their own."""
    for key, field in section.fields_by_key().items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from ((key, *below) for below in all_keys(field.annotation))
        else:
            yield (key,)


def look_up(path: KeyPath) -> tuple[type[Section], FieldInfo | None]:
    """The innermost section that `path` leads into, and the innermost field that it passes."""
    section: type[Section] = FleetSpec
    last: FieldInfo | None = None
    for part in path:
        field = section.fields_by_key().get(str(part))
        if field is not None:
            last = field
            section = _section_in(field.annotation) or section
    return section, last


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name, or all of them when none is near."""
    from difflib import get_close_matches

    names = list(known)
    matches = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{matches[0]}`?" if matches else f"known: {', '.join(names)}"


def _section_in(annotation: object) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
