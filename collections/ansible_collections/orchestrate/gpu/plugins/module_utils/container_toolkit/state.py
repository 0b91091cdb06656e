"""Have container engines give containers NVIDIA's cards, or have them as they were before.

Docker's file of settings is its owner's: keys are merged into it and taken back, and all else in it stays. A restart of Docker ends its
containers, so there is none while some run, unless it is asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit import (
    engines,
    json_text,
    specification,
    toml_text,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.engines import Docker
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.settings import (
    Kept,
    Settings,
    merged,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.managed import change
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.units import systemctl
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

DOCKER_FILE = Path("/etc/docker/daemon.json")
RUNTIME_FILE = Path("/etc/nvidia-container-runtime/config.toml")
TOOLKIT = Path("/usr/bin/nvidia-ctk")
RECORD = Path("/var/lib/misc/container-toolkit.json")
"""The files that were changed, as they were before. Root's alone: so may they have been."""
LANGUAGES: Mapping[Path, ModuleType] = {DOCKER_FILE: json_text, RUNTIME_FILE: toml_text}

SETTLE_S, PAUSE_S = 15.0, 0.2
"""How long Docker is waited for to read its settings, which it does by itself after a signal."""


@dataclass(frozen=True)
class Wish:
    """What is wanted."""

    present: bool
    restart: str = "idle"
    """`idle`, `always` or `never`."""
    forced: bool = False
    """Whether a host without a driver is meant to be so."""


@dataclass
class _Work:
    answer: Answer
    says: list[str] = field(default_factory=list)


def bring_about(wish: Wish, *, write: bool) -> Answer:
    """Settings, the engine that reads them, and the specification; return what was done, or without `write` would be.

    Raises:
        HostError: a file of settings cannot be read, an engine does not take it, or cards are there and the specification is not written.
    """
    work = _Work(Answer(write=write))
    docker, podman = engines.docker(), engines.podman()
    if wish.present:
        _configure(docker.settings if docker else {}, docker.runtime_settings if docker else {}, work)
    else:
        _configure({}, {}, work)
    if docker is not None:
        _have_it_read(docker, wish, work)
    if wish.present:
        work.says += said_of(docker, podman)
        _specify(wish, work)
    else:
        _leave_nothing(work.answer)
    work.answer.more["says"] = work.says
    return work.answer


def said_of(docker: Docker | None, podman: engines.Version | None) -> list[str]:
    """What people have to know of the engines that are there. Pure."""
    said = []
    if podman is not None and podman < engines.PODMAN_READS_CDI:
        said.append(
            f"Podman {podman[0]}.{podman[1]} reads no CDI specification; "
            f"{engines.PODMAN_READS_CDI[0]}.{engines.PODMAN_READS_CDI[1]} and later do"
        )
    if docker is None and podman is None:
        said.append(
            "no container engine is there: set container_toolkit_engine to docker or podman to have one"
        )
    return said


def _configure(docker: Settings, runtime: Settings, work: _Work) -> None:
    """Have these settings in the files, and no others of ours."""
    record = _read_record()
    wanted = {DOCKER_FILE: docker, RUNTIME_FILE: runtime}
    texts, kept = {}, {}
    for path, settings in wanted.items():
        before, found = record.get(path), text_of(path) if path.exists() else None
        if path == DOCKER_FILE:
            _refuse_what_is_no_object(found or "")
        if path == RUNTIME_FILE and found is None and not (settings or before):
            continue
        texts[path], kept[path] = merged(found, before, settings, LANGUAGES[path])
    # Before anything else is written, so that a run that is killed in between leaves nothing that nobody knows of.
    left = {str(path): asdict(each) for path, each in kept.items() if each is not None}
    before_record = text_of(RECORD)
    record_text = f"{json.dumps(left, indent=1, sort_keys=True)}\n" if left else ""
    if record_text and record_text != before_record and work.answer.write:
        files.bring_about([_file(RECORD, record_text, mode=0o600)], write=True)
    for path, text in texts.items():
        made = (
            [] if path.parent.is_dir() or text is None else [files.Wish(path.parent, "directory", mode=0o755)]
        )
        change(
            work.answer,
            *made,
            _file(path, text, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644),
        )
    if not record_text and work.answer.write:
        RECORD.unlink(missing_ok=True)


def _have_it_read(docker: Docker, wish: Wish, work: _Work) -> None:
    """Have the running daemon go by its settings, as far as no container ends for it."""
    changed = any(str(DOCKER_FILE) in line for line in work.answer.done)
    read = docker.has_read_them == wish.present
    if not docker.running or (read if wish.present else not changed):
        return
    if wish.present and docker.version < engines.DOCKER_READS_CDI:
        # Runtimes that are added are among what it reads anew; it forgets none.
        work.answer.do("systemctl reload docker.service", _reload)
        return
    why = obstacle(docker, wish.restart)
    if why:
        effect = "reads the CDI specification" if wish.present else "forgets what was set for NVIDIA's cards"
        work.says.append(f"Docker {effect} once it is restarted, and {why}: sudo systemctl restart docker")
    else:
        work.answer.do("systemctl restart docker.service", systemctl, "restart", "docker.service")


def obstacle(docker: Docker, restart: str) -> str:
    """Why Docker is not restarted; empty where it may be. Pure."""
    if restart == "never":
        return "container_toolkit_docker_restart is never"
    if restart == "idle" and docker.containers and not docker.live_restore:
        count = f"{docker.containers} container{'s' if docker.containers > 1 else ''}"
        return f"{count} would end, live-restore being off"
    return ""


def _reload() -> None:
    systemctl("reload", "docker.service")
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        docker = engines.docker()
        if docker is not None and docker.has_read_them:
            return
        time.sleep(PAUSE_S)
    raise HostError(
        f"Docker has not read {DOCKER_FILE} within {SETTLE_S:.0f} seconds",
        "journalctl -u docker.service, on the host",
    )


def _specify(wish: Wish, work: _Work) -> None:
    """Have a specification of the driver and the cards that are there."""
    fault = specification.fault()
    if not fault:
        return
    if not specification.has_cards():
        if not wish.forced:
            work.says.append(f"{fault}: it comes with the driver, which is not loaded yet")
        return
    work.answer.done.append(f"wrote {specification.FILES[0]}")
    left = specification.refresh() if work.answer.write else ""
    if left:
        raise HostError(left, f"systemctl status {specification.SERVICE}, on the host; then repeat")


def _leave_nothing(answer: Answer) -> None:
    """Of a toolkit that is gone: what its package's scripts and its service wrote."""
    if not TOOLKIT.exists():
        gone = (RUNTIME_FILE, specification.FILES[0])
        change(answer, *(_file(path, None) for path in gone))
        change(answer, *(files.Wish(path.parent, "absent_if_empty") for path in gone))


def _refuse_what_is_no_object(text: str) -> None:
    try:
        json_text.parsed(text)
    except ValueError as error:
        raise HostError(
            f"{DOCKER_FILE} is no object of JSON: {error}",
            f"mend it, and repeat: dockerd --validate --config-file {DOCKER_FILE}",
        ) from error


def _file(path: Path, text: str | None, mode: int = 0o644) -> files.Wish:
    return files.Wish(path, "absent" if text is None else "file", text or "", mode=mode)


def _read_record() -> dict[Path, Kept]:
    given: dict[str, Any] = json.loads(text_of(RECORD) or "{}")
    return {
        Path(path): Kept(each["before"], each["after"], tuple(map(tuple, each["paths"])))
        for path, each in given.items()
    }
