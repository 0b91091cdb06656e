"""Units of systemd as they shall be: their files, whether they start at boot, whether they run.

A service is restarted when systemd has not read its unit file as it is: so also after a run that was killed between the two.
What else decides a restart stands in the unit file, such as the digest of the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

FOLDER = Path("/etc/systemd/system")
PROPERTIES = ("Id", "LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload")
_RUNNING = ("active", "activating", "reloading")


@dataclass(frozen=True)
class Wish:
    """One unit as it shall be."""

    name: str
    state: str
    """`started`, `stopped`, `absent`, or `present` where its file alone matters. What systemd does not know is stopped."""
    content: str = ""
    """Of its file in `/etc/systemd/system`; empty where a package has brought it."""
    enabled: bool | None = None
    """Whether it starts at boot; None leaves that as it is."""

    @property
    def file(self) -> Path:
        """Where its file is, if it is ours."""
        return FOLDER / self.name


@dataclass(frozen=True)
class Seen:
    """One unit as systemd shows it."""

    loaded: bool = False
    running: bool = False
    enabled: bool = False
    stale: bool = False
    """Its file is not as systemd read it."""


def wishes_of(given: Sequence[Mapping[str, Any]]) -> list[Wish]:
    """The parameters of the module as wishes."""
    return [
        Wish(name=each["name"], state=each["state"], content=each["content"] or "", enabled=each["enabled"])
        for each in given
    ]


def seen_in(shown: str, names: Sequence[str]) -> dict[str, Seen]:
    """What `systemctl show` printed of these units: a paragraph each, in their order."""
    found = {}
    for name, paragraph in zip(names, shown.strip().split("\n\n")):
        values = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        found[name] = Seen(
            loaded=values.get("LoadState") not in {"not-found", "", None},
            running=values.get("ActiveState") in _RUNNING,
            enabled=values.get("UnitFileState") in {"enabled", "enabled-runtime"},
            stale=values.get("NeedDaemonReload") == "yes",
        )
    return found


def steps(wish: Wish, seen: Seen, *, rewritten: bool) -> list[tuple[str, ...]]:
    """The calls of systemctl that bring a unit about, once its file is there and was read."""
    if wish.state == "absent" or (wish.state == "stopped" and not seen.loaded and not wish.content):
        return []
    needed: list[tuple[str, ...]] = []
    if wish.enabled is not None and wish.enabled != seen.enabled:
        needed.append(("enable" if wish.enabled else "disable", wish.name))
    if wish.state == "started" and not seen.running:
        needed.append(("start", wish.name))
    elif wish.state == "started" and (rewritten or seen.stale):
        needed.append(("restart", wish.name))
    elif wish.state == "stopped" and seen.running:
        needed.append(("stop", wish.name))
    return needed


def bring_about(wishes: Sequence[Wish], *, write: bool) -> Answer:
    """Stop and remove what shall be absent, write the others' files, have systemd read them, then start and stop in the order given.

    Returns:
        What was done; without `write`, what would be.

    Raises:
        HostError: systemd does not do it; the cause is the unit's last line in the journal.
    """
    seen, answer = _look(wishes), Answer(write=write)
    for wish in wishes:
        if wish.state == "absent":
            _leave(wish, seen[wish.name], answer)
    changes = files.bring_about(
        [_file(wish) for wish in wishes if wish.content or wish.state == "absent"], write=write
    )
    rewritten = {change.path.name for change in changes}
    answer.done += [change.said for change in changes]
    if changes or any(each.stale for each in seen.values()):
        answer.do("systemctl daemon-reload", systemctl, "daemon-reload")
    for wish in wishes:
        for step in steps(wish, seen[wish.name], rewritten=wish.name in rewritten):
            answer.do(f"systemctl {' '.join(step)}", systemctl, *step)
    return answer_of(answer.done, changes)


def _file(wish: Wish) -> files.Wish:
    state = "absent" if wish.state == "absent" else "file"
    return files.Wish(path=wish.file, state=state, content=wish.content, mode=0o644)


def answer_of(done: list[str], changes: Sequence[files.Change]) -> Answer:
    """With the files before and after, and all that was done besides."""
    diff = [change.diff() for change in changes]
    return Answer(done, [*diff, Answer(done).prepared])


def _look(wishes: Sequence[Wish]) -> dict[str, Seen]:
    names = [wish.name for wish in wishes]
    shown = run(("systemctl", "show", f"--property={','.join(PROPERTIES)}", *names))
    if shown.returncode != 0:
        raise HostError(f"systemd does not answer: {_last(shown.stderr)}", "systemctl status, on the host")
    return seen_in(shown.stdout, names)


def _leave(wish: Wish, seen: Seen, answer: Answer) -> None:
    """Stop a unit and take it out of the boot, also where its file is gone already."""
    if seen.loaded and seen.running:
        answer.do(f"systemctl stop {wish.name}", systemctl, "stop", wish.name)
    for link in sorted(FOLDER.glob(f"*.wants/{wish.name}")):
        answer.do(f"removed {link}", link.unlink)


def systemctl(*words: str) -> None:
    """Have systemd do it. Raises HostError with the unit's last line in the journal."""
    ended = run(("systemctl", *words))
    if ended.returncode != 0:
        unit = words[-1] if len(words) > 1 else ""
        raise HostError(
            f"systemctl {' '.join(words)} failed: {_reason(unit) or _last(ended.stderr)}",
            f"journalctl -u {unit}, on the host" if unit else "systemctl status, on the host",
            ended.stderr,
        )


def _reason(unit: str) -> str:
    """The last line that the unit itself wrote."""
    if not unit:
        return ""
    said = run(("journalctl", f"_SYSTEMD_UNIT={unit}", "--lines=1", "--output=cat", "--no-pager"))
    return "" if said.stdout.startswith("-- ") else _last(said.stdout)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
