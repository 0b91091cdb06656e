"""Apply the roles: run playbooks/site.yml over the inventory. The only module that imports ansible-runner.

The playbook gets a small environment of its own (no cloud credentials), because ansible-runner writes down whatever it
passes on. Whatever ends this stage, no process of it is left: see `processes`.
"""

import os
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.ansible_hosts import ansible_settings, passed_on
from orchestrator.computer.content import content_dir
from orchestrator.computer.processes import MARKER, end_marked
from orchestrator.errors import ConvergeError, OrchestrateError, UnreachableError
from orchestrator.journal import Journal
from orchestrator.models import FLEET_GROUP, ConvergeResult, HostRecap, RoleTime
from orchestrator.progress import Progress
from orchestrator.sanitize import sanitized, sanitized_line

if TYPE_CHECKING:
    from ansible_runner import Runner

_PASSED_ON = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "SSH_AUTH_SOCK",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_RUNTIME_DIR",
)
_LONGEST_MESSAGE = 20_000
"""Characters of a module's message that are looked at."""
_KEPT_RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Which roles are applied to which hosts."""

    roles: tuple[str, ...]
    inventories: tuple[Path, ...]
    """What Ansible reads."""
    limit: tuple[str, ...] = (FLEET_GROUP,)
    """Hosts and groups of the inventories, as `ansible-playbook --limit` takes them."""


def converge(play: Play, journal: Journal, progress: Progress) -> ConvergeResult:
    """Apply the roles, to all hosts at once.

    Raises:
        ConvergeError: a task failed; names the first host, role, task and message, and the log.
        UnreachableError: a host went away in mid-play.
    """
    listener = _Listener(progress=progress, roles=play.roles)
    run_id = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    journal.record("converge", {"run": run_id})
    try:
        runner = _prepared(play, journal, run_id, listener)
        runner.run()
    finally:
        end_marked(journal.folder)
    if runner.rc != 0 or not listener.recaps:
        log = journal.folder / "converge" / "artifacts" / run_id / "stdout"
        raise listener.failure(log) or ConvergeError(
            f"ansible-playbook ended with {runner.rc} ({runner.status})", f"read {log}"
        )
    return ConvergeResult(
        run_id=run_id,
        finished_at=datetime.now(UTC),
        recaps=listener.recaps,
        role_times=listener.role_times(),
    )


def ansible_environment(run_folder: Path, inventories: tuple[Path, ...]) -> dict[str, str]:
    """What every program of Ansible's is run with: a few of the user's variables, and ours.

    Args:
        run_folder: the fleet's.
        inventories: what Ansible reads. Where one is the user's, their settings of Ansible hold, passwords included.
    """
    content = content_dir()
    given = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        MARKER: str(run_folder),
    }
    if _users(inventories):
        return given | passed_on(os.environ) | ansible_settings()
    return given | {
        "ANSIBLE_CONFIG": str(content / "ansible.cfg"),
        "ANSIBLE_ROLES_PATH": str(content / "roles"),
        "ANSIBLE_COLLECTIONS_PATH": str(content / "collections"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner turns it off
    }


def _users(inventories: tuple[Path, ...]) -> tuple[Path, ...]:
    """Those that the user wrote; the last one is ours."""
    return inventories[:-1]


def _prepared(play: Play, journal: Journal, run_id: str, listener: "_Listener") -> "Runner":
    from ansible_runner.interface import init_runner

    folder = journal.folder / "converge"
    folder.mkdir(mode=0o700, exist_ok=True)
    runner = init_runner(
        private_data_dir=str(folder),
        playbook=str(content_dir() / "playbooks" / "site.yml"),
        inventory=[str(path) for path in play.inventories],
        limit=",".join(play.limit),
        ident=run_id,
        tags=",".join(play.roles),
        rotate_artifacts=_KEPT_RUNS,
        envvars={},
        settings={"suppress_env_files": True, "pexpect_timeout": 0.2},
        quiet=True,
        event_handler=listener,
        # Without one, ansible-runner takes the signal handlers of the whole process for good.
        cancel_callback=lambda: False,
    )
    runners_own = {key: value for key, value in runner.config.env.items() if key not in os.environ}
    runner.config.env = runners_own | ansible_environment(journal.folder, play.inventories)
    if _users(play.inventories):
        # A key file may be named from where `ansible-playbook` would be started.
        runner.config.cwd = str(Path.cwd())
    return runner


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    where: str
    """Host, role and task."""
    cause: str
    hint: str
    """Empty where the task gave none."""
    unreachable: bool


@dataclass(slots=True, kw_only=True)
class _Listener:
    """Turns ansible-runner's events into progress, failures, recaps and seconds per role."""

    progress: Progress
    roles: tuple[str, ...]
    """The planned ones. The others check their arguments too, which is nobody's business."""
    recaps: tuple[HostRecap, ...] = ()
    _failures: dict[str, _Failure] = field(default_factory=dict)
    """The last one of each host: where a task was rescued, the rescue's own failure says why."""
    _seconds: dict[str, float] = field(default_factory=dict)
    _role: str = ""
    _role_since: float = 0.0

    def __call__(self, event: dict[str, Any]) -> bool:
        """Take one event. False keeps ansible-runner from writing it to a file of its own."""
        kind, data = event["event"], event.get("event_data", {})
        if kind == "playbook_on_task_start":
            self._enter(data.get("role", ""))
        elif kind == "runner_on_start" and data.get("role", "") in {"", *self.roles}:
            self.progress.host(data["host"], data.get("role") or "facts", sanitized_line(data["task"]))
        elif kind in {"runner_on_failed", "runner_on_unreachable"} and not data.get("ignore_errors"):
            self._fail(data, unreachable=kind == "runner_on_unreachable")
        elif kind == "playbook_on_stats":
            self._enter("")
            self.recaps = _recaps(data)
        return False

    def role_times(self) -> tuple[RoleTime, ...]:
        return tuple(RoleTime(role=role, seconds=round(spent, 2)) for role, spent in self._seconds.items())

    def failure(self, log: Path) -> OrchestrateError | None:
        """What ended the play: the first host's failure; None when no task failed."""
        if not self._failures:
            return None
        first, *others = self._failures.values()
        more = f" (and {len(others)} more hosts)" if others else ""
        cause = f"{first.where}: {first.cause}{more}"
        if all(failure.unreachable for failure in self._failures.values()):
            return UnreachableError(cause, "`orchestrate status`; then `orchestrate up` goes on from here")
        hint = first.hint or "mend the cause"
        return ConvergeError(cause, f"{hint}; `orchestrate up` goes on from here; all output is in {log}")

    def _enter(self, role: str) -> None:
        now = time.monotonic()
        if self._role in self.roles:
            self._seconds[self._role] = self._seconds.get(self._role, 0.0) + now - self._role_since
        self._role, self._role_since = role, now

    def _fail(self, data: dict[str, Any], *, unreachable: bool) -> None:
        where = [data["host"], data.get("role", ""), sanitized_line(data.get("task", ""))]
        cause, hint = _cause_and_hint(data.get("res", {}))
        self._failures[data["host"]] = _Failure(
            where=": ".join(filter(None, where)), cause=cause, hint=hint, unreachable=unreachable
        )


def _cause_and_hint(result: dict[str, Any]) -> tuple[str, str]:
    """The first line that says why, and what stands behind `try:` below it; a loop has them in its failed items."""
    failed_items = [item for item in result.get("results", []) if item.get("failed")]
    source = failed_items[0] if failed_items else result
    for key in ("msg", "stderr", "module_stderr", "stdout"):
        said = sanitized(str(source.get(key) or ""), limit=_LONGEST_MESSAGE)
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        if lines and lines[0] != "non-zero return code":
            hints = [line.removeprefix("try: ") for line in lines[1:] if line.startswith("try: ")]
            return lines[0], hints[0] if hints else ""
    return "no message", ""


def _recaps(stats: dict[str, Any]) -> tuple[HostRecap, ...]:
    hosts = sorted({host for kind in ("ok", "dark", "failures", "changed") for host in stats.get(kind, {})})
    return tuple(
        HostRecap(
            host=host,
            ok=stats.get("ok", {}).get(host, 0),
            changed=stats.get("changed", {}).get(host, 0),
            failed=stats.get("failures", {}).get(host, 0),
            unreachable=stats.get("dark", {}).get(host, 0),
        )
        for host in hosts
    )
