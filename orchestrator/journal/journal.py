"""One folder per fleet: each stage's value, the lock, and a line before each call that creates something.

Values are written atomically (a temporary file, fsync, rename), so a reader sees the old value or the new one and never
half of one. Private keys live beside the run folder, not in it: a run folder can be zipped and sent as a bug report.

    <state>/fleets/<name>/    plan.json hosts.json … journal.jsonl lock
    <state>/keys/<name>/      id_ed25519 and, until the host has answered, its host key
    <state>/ended/<name>/     run folders of fleets that `down` took away, newest five
    <state>/owner             the mark that our fleets carry where several people share an account
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from orchestrator.computer.files import append_line, make_private, write_atomically
from orchestrator.errors import FleetBusyError, OrchestrateError
from orchestrator.journal.earlier import as_of_now
from orchestrator.type_adapters import adapter_of

Value = TypeVar("Value")

_KEPT_ENDED = 5


def state_dir() -> Path:
    """Where fleets are remembered: `$XDG_STATE_HOME/orchestrate`, usually `~/.local/state/orchestrate`."""
    from platformdirs import user_state_path

    return user_state_path("orchestrate")


class Journal:
    """The memory of one fleet.

    Args:
        fleet: the fleet's name; it becomes a folder name.
        root: the state folder; every fleet of one user shares it.
    """

    def __init__(self, fleet: str, root: Path) -> None:
        self.fleet = fleet
        self.root = root
        self.folder = root / "fleets" / fleet
        self.keys = root / "keys" / fleet

    @property
    def private_key(self) -> Path | None:
        """The fleet's own; None where there is none, because the user's agent and SSH configuration decide."""
        key = self.keys / "id_ed25519"
        return key if key.exists() else None

    @property
    def exists(self) -> bool:
        """True once `up` has begun, until `down` has ended."""
        return (self.folder / "journal.jsonl").exists()

    @contextmanager
    def hold(self, command: str) -> Iterator[None]:
        """Be the only process that changes this fleet.

        Args:
            command: what holds the lock, as the user typed it; shown to whoever comes second.

        Raises:
            FleetBusyError: somebody else holds it; names the command, the process and since when.
        """
        from filelock import FileLock, Timeout

        make_private(self.folder)
        holder = self.folder / "lock.json"
        lock = FileLock(self.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as timeout:
            raise _busy(self.fleet, holder) from timeout
        try:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            write_atomically(
                holder, json.dumps({"pid": os.getpid(), "command": command, "since": now}).encode()
            )
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def save(self, stage: str, value: object) -> None:
        """Write `<stage>.json`, replacing what was there in one step; `stage` may have folders.

        Raises:
            DiskFullError: no space; the earlier value is untouched.
        """
        self.write_file(f"{stage}.json", adapter_of(type(value)).dump_json(value, indent=2) + b"\n")

    def load(self, stage: str, kind: type[Value]) -> Value | None:
        """Read `<stage>.json`; None when the stage has not ended yet.

        Raises:
            OrchestrateError: the file holds something else than a value of `kind`.
        """
        path = self.folder / f"{stage}.json"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        hint = (
            f"move the file away and repeat the command; `orchestrate up --name {self.fleet}` makes it anew"
        )
        return _parsed(path, content, kind, hint)

    def discard(self, stage: str) -> None:
        """Forget a stage's value, because what it rested on changed."""
        (self.folder / f"{stage}.json").unlink(missing_ok=True)

    def write_file(self, name: str, content: bytes, *, mode: int = 0o600) -> Path:
        """Write a file of the run folder (inventory, SSH configuration) atomically and return its path; `name` may have folders."""
        path = self.folder / name
        make_private(self.folder)
        make_private(path.parent)
        write_atomically(path, content, mode=mode)
        return path

    def record(self, event: str, facts: dict[str, str]) -> None:
        """Append one line to `journal.jsonl` and flush it to disk before returning."""
        make_private(self.folder)
        line = json.dumps(
            {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event} | facts
        )
        append_line(self.folder / "journal.jsonl", line)

    def append(self, name: str, values: Iterable[object]) -> None:
        """Add values to `<name>.jsonl`, a line each, flushed to disk before it returns. Lines are never changed.

        Raises:
            DiskFullError: no space; what was there is untouched.
        """
        for value in values:
            line = adapter_of(type(value)).dump_json(value).decode()
            append_line(self.folder / f"{name}.jsonl", line)

    def entries(self, name: str, kind: type[Value]) -> tuple[Value, ...]:
        """Everything in `<name>.jsonl`, in order. A line that a crash cut off is passed over: it was never returned from."""
        try:
            lines = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        from pydantic import ValidationError

        adapter = adapter_of(kind)
        found: list[Value] = []
        for line in lines:
            with suppress(ValidationError):
                found.append(adapter.validate_json(line))
        return tuple(found)

    def intend(self, kind: str, name: str) -> None:
        """The write-ahead line before a call that creates something; see `providers.base.Intend`."""
        self.record("create", {"kind": kind, "name": name})

    def last_intent(self, kind: str) -> str:
        """The name in the newest write-ahead line of that kind since the fleet began; empty when there is none."""
        names = self.intents(kind)
        return names[-1] if names else ""

    def intents(self, kind: str) -> tuple[str, ...]:
        """The names in all write-ahead lines of that kind since the fleet began, in their order."""
        try:
            lines = (self.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return ()
        events = (json.loads(line) for line in lines if line.endswith("}"))
        return tuple(
            event["name"] for event in events if event["event"] == "create" and event["kind"] == kind
        )

    def end(self) -> Path:
        """Destroy the keys and set the run folder aside; return where it lies now."""
        shutil.rmtree(self.keys, ignore_errors=True)
        ended = self.root / "ended" / self.fleet
        make_private(ended)
        target = ended / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.folder.rename(target)
        for old in sorted(ended.iterdir())[:-_KEPT_ENDED]:
            shutil.rmtree(old)
        return target

    def ended(self) -> tuple[Path, ...]:
        """The run folders that `down` set aside, newest first."""
        folder = self.root / "ended" / self.fleet
        return tuple(sorted(folder.iterdir(), reverse=True)) if folder.is_dir() else ()

    def last_ended(self) -> Path | None:
        """The newest of them; None when there is none."""
        return next(iter(self.ended()), None)


def read_value(path: Path, kind: type[Value], hint: str) -> Value:
    """The value that `Journal.save` wrote to a file, in this version or in an earlier one.

    Args:
        path: of the file.
        kind: of the value.
        hint: what to type where it cannot be read.

    Raises:
        OrchestrateError: the file holds something else than a value of `kind`, or nobody may read it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OrchestrateError(f"{path} cannot be read: {error.strerror}", hint) from error
    return _parsed(path, content, kind, hint)


def _parsed(path: Path, content: bytes, kind: type[Value], hint: str) -> Value:
    from pydantic import ValidationError

    adapter = adapter_of(kind)
    try:
        with suppress(ValidationError):
            return adapter.validate_json(content)
        return adapter.validate_json(json.dumps(as_of_now(json.loads(content))))
    except ValidationError as error:
        raise OrchestrateError(
            f"{path} cannot be read as {kind.__name__}: {error.error_count()} problems", hint
        ) from error
    except ValueError as error:
        raise OrchestrateError(f"{path} cannot be read as {kind.__name__}: it is no JSON", hint) from error


def fleet_names(root: Path) -> tuple[str, ...]:
    """Names of all fleets that were begun and not yet taken away."""
    fleets = root / "fleets"
    names = sorted(path.name for path in fleets.iterdir()) if fleets.is_dir() else []
    return tuple(name for name in names if Journal(name, root).exists)


def _busy(fleet: str, holder: Path) -> FleetBusyError:
    try:
        seen = json.loads(holder.read_bytes())
        who = f"`{seen['command']}` (process {seen['pid']}, since {seen['since']})"
        hint = f"wait for it, or stop it with: kill {seen['pid']}"
    except (OSError, ValueError, KeyError):
        who, hint = "another process", "wait for it and repeat the command"
    return FleetBusyError(f"fleet {fleet} is in use by {who}", hint)
