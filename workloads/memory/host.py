"""How much memory this process can still take, by the kernel and by every control group above it. Reads files; changes nothing.

A container is shown its computer's /proc/meminfo: what ends it is the limit of its control group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CONTROLLERS = "sys/fs/cgroup"
_UNLIMITED = 2**60
"""Version 1 writes a number of this size where there is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """The least that anybody allows."""

    bytes: int
    source: str
    """`MemAvailable` of /proc/meminfo, or `cgroup <path>`."""


def available(root: Path) -> Available:
    """Memory that can be had without swapping. Raises OSError or ValueError where /proc/meminfo cannot be read.

    Args:
        root: of the file system.
    """
    return min(
        (Available(bytes=_kernel(root), source="MemAvailable"), *_groups(root)), key=lambda each: each.bytes
    )


def peak(root: Path) -> int:
    """The most bytes that this process held at once since it started, or since `forget_peak`. Raises OSError."""
    return _status(root, "VmHWM")


def held(root: Path) -> int:
    """What it holds now. Raises OSError."""
    return _status(root, "VmRSS")


def forget_peak(root: Path) -> bool:
    """Let the kernel count `peak` anew; False where it does not let us: then it is that of the whole process."""
    try:
        # man 5 proc_pid_clear_refs: 5 sets the peak resident set size to the current one.
        (root / "proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _kernel(root: Path) -> int:
    for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    raise ValueError("/proc/meminfo has no MemAvailable")


def _groups(root: Path) -> Iterator[Available]:
    """Of each control group from this process's own to the top: version 2, and the memory controller of version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _limits(root / _CONTROLLERS, path, ("memory.max", "memory.current", "inactive_file"))
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _limits(root / _CONTROLLERS / "memory", path, names)


def _limits(top: Path, path: str, names: tuple[str, str, str]) -> Iterator[Available]:
    """Files that were read and are not in use are given up under pressure: they count as free."""
    limit, usage, inactive = names
    own = top / path.lstrip("/")
    for folder in (own, *own.parents):
        if not folder.is_relative_to(top):
            return
        allowed, used = _number(folder / limit), _number(folder / usage)
        if allowed is not None and used is not None and allowed < _UNLIMITED:
            spare = allowed - used + _inactive(folder / "memory.stat", inactive)
            yield Available(bytes=max(0, spare), source=f"cgroup /{folder.relative_to(top)}".rstrip("."))


def _number(path: Path) -> int | None:
    """None for `max`, and where there is no such file: a container may not be shown its group."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _inactive(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[0] == name), 0)


def _status(root: Path, name: str) -> int:
    for line in (root / "proc/self/status").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise OSError(f"/proc/self/status has no {name}")
