"""Files that stand in for others, or for one of their own name, in steps that may end after any of them.

What was there steps aside under another name and comes back. Where apt's sources change place, the last file of the old ones holds
what is wanted for a moment: apt reads either the old sources or the new ones, and after a run that was killed the next one goes
on. A file without the owner's marker is never removed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.managed import change, root_file
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import ManagedFile, text_of, write

FIELDS = {"Types", "URIs", "Suites", "Components", "Signed-By"}
"""Of apt's sources, those that a line of sources.list can say too."""

Step = Callable[[Answer], object]
"""Says what it does, and does it where the answer is to be written."""


@dataclass(frozen=True)
class Replacement:
    """A file that stands in for others, or for one of its own name."""

    path: Path
    content: str
    """Empty where it is not wanted, and the others are."""
    replaces: Sequence[Path] = ()
    where: Path | None = None
    """It is wanted only where this is there."""

    @property
    def wanted(self) -> bool:
        """Whether it shall be there."""
        return bool(self.content) and (self.where is None or self.where.exists())


def steps(owner: str, wish: Replacement) -> list[Step]:
    """What is to be done one after the other, from what is there now."""
    marker = f"Ansible managed: role {owner}"
    return list(_arrival(owner, marker, wish) if wish.wanted else _return(owner, marker, wish))


def _arrival(owner: str, marker: str, wish: Replacement) -> Iterator[Step]:
    """The file comes, and what it replaces steps aside."""
    there = [
        one for one in wish.replaces if one.exists() and not (one == wish.path and _is_ours(one, marker))
    ]
    theirs = [one for one in there if not _is_ours(one, marker)]
    for one in theirs:
        yield partial(_do, f"moved {one} to {_saved(one, owner)}", partial(_keep, one, _saved(one, owner)))
    leaving = [one for one in there if one != wish.path]
    for one in leaving[:-1]:
        yield partial(_do, "", partial(one.unlink))
    for one in leaving[-1:]:
        if text := in_form_of(one, wish.path, wish.content):
            yield partial(_do, "", partial(write, ManagedFile(one, text)))
    yield partial(_have, wish.path, wish.content)
    for one in leaving[-1:]:
        yield partial(_do, "" if one in theirs else f"removed {one}", partial(one.unlink))


def _return(owner: str, marker: str, wish: Replacement) -> Iterator[Step]:
    """The file goes, and what it replaced comes back, unless somebody has written that anew."""
    ours, saved = _is_ours(wish.path, marker), {one: _saved(one, owner) for one in wish.replaces}
    kept = [one for one in wish.replaces if saved[one].exists()]
    back = [one for one in kept if not one.exists() or _is_ours(one, marker)]
    for one in back[-1:] if ours and wish.path not in back else ():
        if text := in_form_of(one, wish.path, text_of(wish.path)):
            yield partial(_do, "", partial(write, ManagedFile(one, text)))
    if ours and wish.path not in back:
        yield partial(_have, wish.path, "")
    for one in reversed(back):
        yield partial(_do, f"moved {saved[one]} to {one}", partial(saved[one].replace, one))
    for one in kept:
        if one.exists() and one.samefile(saved[one]):
            # A run that was killed had kept it, and come no further.
            yield partial(_do, f"removed {saved[one]}", saved[one].unlink)
    for one in wish.replaces:
        if one != wish.path and one not in back and _is_ours(one, marker):
            yield partial(_have, one, "")


def in_form_of(original: Path, path: Path, sources: str) -> str:
    """What a file of apt's sources says, as another of that name takes it; empty where it cannot say so. Pure."""
    if original.suffix == path.suffix:
        return sources
    return one_line_sources(sources) if (original.suffix, path.suffix) == (".list", ".sources") else ""


def one_line_sources(sources: str) -> str:
    """Sources in stanzas as the lines of sources.list, comments first; empty where a line cannot say what they say. Pure."""
    lines = [line for line in sources.splitlines() if line.startswith("#")]
    for stanza in re.split(r"\n[ \t]*\n", sources):
        body = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
        fields = {name: value.strip() for name, _colon, value in (line.partition(":") for line in body)}
        if not fields:
            continue
        if fields.keys() - FIELDS or not {"Types", "URIs", "Suites"} <= fields.keys():
            return ""
        signed = f"[signed-by={fields['Signed-By']}] " if "Signed-By" in fields else ""
        lines += [
            f"{kind} {signed}{address} {suite} {fields.get('Components', '')}".rstrip()
            for kind in fields["Types"].split()
            for address in fields["URIs"].split()
            for suite in fields["Suites"].split()
        ]
    return "".join(f"{line}\n" for line in lines)


def _saved(original: Path, owner: str) -> Path:
    return original.with_name(f"{original.name}.{owner}.disabled")  # apt passes over it in silence


def _is_ours(path: Path, marker: str) -> bool:
    return marker in text_of(path)


def _keep(original: Path, saved: Path) -> None:
    """Have the file under its other name too: what then takes its place does so in one step."""
    if saved.exists() and saved.samefile(original):
        return
    fresh = saved.with_name(f".{saved.name}.new")
    fresh.unlink(missing_ok=True)
    os.link(original, fresh, follow_symlinks=False)
    fresh.replace(saved)


def _have(path: Path, content: str, answer: Answer) -> None:
    change(answer, root_file(path, content))


def _do(said: str, action: Callable[[], object], answer: Answer) -> None:
    """A step of which nothing is said is part of the next one."""
    if said:
        answer.do(said, action)
    elif answer.write:
        action()
