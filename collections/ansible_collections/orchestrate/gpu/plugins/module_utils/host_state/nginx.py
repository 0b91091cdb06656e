"""Snippets of NGINX's configuration: those that NGINX refuses are taken back, and it reads what it has not read yet.

Whether it has is asked of the host, so that a run which was killed between writing and reloading is made good by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

_RELOAD = ("systemctl", "try-reload-or-restart", "nginx.service")
_SHOW = (
    "systemctl",
    "show",
    "--property=ActiveState,StateChangeTimestamp",
    "--timestamp=us+utc",
    "nginx.service",
)


def bring_about(folder: Path, wishes: Sequence[files.Wish], *, write: bool) -> Answer:
    """Have the snippets in the folder as they shall be, and NGINX read them.

    Returns:
        What was done; without `write`, what would be. Nothing where there is no such folder: no NGINX reads it.

    Raises:
        HostError: NGINX refuses the configuration. What was in the folder before is there again.
    """
    if not folder.is_dir():
        return Answer(more={"served": False})
    before = {wish.path: _content(wish.path) for wish in wishes}
    changes = files.bring_about(wishes, write=write)
    if write and changes and any(wish.state == "file" for wish in wishes):
        _check(before)
    done = [change.said for change in changes]
    read = last_read(succeed(_SHOW, "systemctl status, on the host"))
    if read is not None and (changes or _written_after(folder, read)):
        done.append(" ".join(_RELOAD))
        if write:
            succeed(_RELOAD, "journalctl -u nginx, on the host")
    return Answer(done, [change.diff() for change in changes], {"served": True})


def _check(before: dict[Path, bytes | None]) -> None:
    tested = run(("nginx", "-t", "-q"))
    if tested.returncode == 0:
        return
    for path, content in before.items():
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
    lines = [line.strip() for line in tested.stderr.splitlines() if line.strip()]
    raise HostError(
        f"NGINX refuses its configuration: {lines[0] if lines else 'nginx -t says no reason'}",
        "mend what is named there; the snippets are what they were before, and NGINX goes on with them",
        tested.stderr,
    )


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def last_read(shown: str) -> float | None:
    """When NGINX was started or reloaded last, in seconds since 1970, by what systemd shows of it. None where it does not run: it
    reads all at its start."""
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if values.get("ActiveState") not in {"active", "reloading"}:
        return None
    _day, date, time, _zone = values["StateChangeTimestamp"].split()
    return datetime.strptime(f"{date} {time} +0000", "%Y-%m-%d %H:%M:%S.%f %z").timestamp()


def _written_after(folder: Path, moment: float) -> bool:
    """A folder's own time is that of the last file that came or went."""
    return any(path.lstat().st_mtime > moment for path in (folder, *folder.iterdir()))
