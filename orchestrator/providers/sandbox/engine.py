"""The only adapter of the container engine: the command line of `docker` or `podman`.

Turns what the engine answers into values and named errors. Decides nothing about hosts and never prints.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from orchestrator.errors import ProviderError
from orchestrator.providers.sandbox.engine_errors import NotThereError, missing, one_line, translate
from orchestrator.providers.sandbox.engine_facts import EngineFacts, facts_from_info
from orchestrator.providers.sandbox.inspect_output import (
    Container,
    Labelled,
    by_name,
    container_of,
    labelled_of,
)
from orchestrator.sanitize import DocumentError, sanitized, sanitized_json

CALL_TIMEOUT_S = 60.0
"""For calls that only change the engine's books; importing and exporting images pass their own."""

_DETECT_TIMEOUT_S = 30.0
"""Podman reads its whole store for this, on a busy computer for a quarter of a minute."""
_AT_ONCE = 8
"""Calls in flight: a fleet of 100 hosts must not start 100 programs on a laptop."""


class Engine:
    """Calls to one engine, from any thread, a few at a time. Every call has a time limit.

    All methods raise:
        EngineMissingError: the engine stopped answering.
        DiskFullError: it has no space left.
        ProviderError: it refused, with its own words as the cause.
    """

    def __init__(self, facts: EngineFacts) -> None:
        self.facts = facts
        self._places = BoundedSemaphore(_AT_ONCE)

    def call(self, *argv: str, stdin: bytes | None = None, timeout_s: float = CALL_TIMEOUT_S) -> str:
        """Run one command of the engine and return its standard output, stripped.

        Raises:
            NotThereError: what the command names does not exist.
        """
        done = self._attempt(self._qualified(argv), stdin, timeout_s)
        if done.returncode != 0:
            raise translate(self.facts.program, argv, _text(done.stderr) or _text(done.stdout))
        return _text(done.stdout)

    def containers(self, label: str) -> tuple[Container, ...]:
        """Every container that carries the label (`key` or `key=value`), running or not, by name."""
        ids = self.call("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}").split()
        return tuple(sorted(map(container_of, self._inspect("container", ids)), key=by_name))

    def container(self, name: str) -> Container | None:
        """The container of that name or id, or None."""
        return next(map(container_of, self._inspect("container", [name])), None)

    def networks(self, label: str) -> tuple[Labelled, ...]:
        """Every network that carries the label, by name."""
        ids = self.call("network", "ls", "--quiet", "--no-trunc", "--filter", f"label={label}").split()
        return tuple(sorted(map(labelled_of, self._inspect("network", ids)), key=by_name))

    def volumes(self, label: str) -> tuple[Labelled, ...]:
        """Every volume that carries the label, by name."""
        names = self.call("volume", "ls", "--quiet", "--filter", f"label={label}").split()
        return tuple(sorted(map(labelled_of, self._inspect("volume", names)), key=by_name))

    def images(self, repository: str) -> tuple[str, ...]:
        """Names (`repository:tag`) of the images of that repository on this computer, sorted."""
        names = self.call("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
        ours = (name.removeprefix("localhost/") for name in names)  # where Podman files what has no registry
        return tuple(sorted(name for name in ours if name.startswith(f"{repository}:")))

    def exists(self, kind: str, name: str) -> bool:
        """Whether there is a `container`, `image`, `network` or `volume` of that name or id now."""
        return bool(self._inspect(kind, [name]))

    def _qualified(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Podman takes a name without a registry for none, or asks which is meant: what Docker means by it is meant."""
        if not self.facts.podman or argv[0] not in {"pull", "manifest"}:
            return argv
        return (*argv[:-1], official(argv[-1]))

    def _inspect(self, kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
        """What the engine knows of those that exist; the others are left out, not an error."""
        wanted = tuple(names)
        if not wanted:
            return []
        argv = (kind, "inspect", *wanted)
        done = self._attempt(argv, None, CALL_TIMEOUT_S)
        if done.returncode != 0:
            error = translate(self.facts.program, argv, _text(done.stderr))
            if not isinstance(error, NotThereError):
                raise error
        try:
            return list(sanitized_json(done.stdout.strip() or b"[]"))
        except (DocumentError, TypeError) as error:
            raise ProviderError(
                f"{self.facts.program} {' '.join(argv[:2])} answers what cannot be read: {error}",
                f"see whether `{self.facts.program} info` answers",
            ) from error

    def _attempt(
        self, argv: tuple[str, ...], stdin: bytes | None, timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        command = (*_leash(), self.facts.program, *argv)
        try:
            # In a session of its own, so that Ctrl-C reaches us and lets the engine finish the call it is in.
            with self._places:
                return subprocess.run(
                    command,
                    input=stdin or b"",
                    capture_output=True,
                    timeout=timeout_s,
                    check=False,
                    start_new_session=True,
                )
        except FileNotFoundError as error:
            raise missing(f"{self.facts.program} is gone from PATH") from error
        except subprocess.TimeoutExpired as error:
            cause = f"{self.facts.program} {' '.join(argv[:2])} did not answer within {timeout_s:g} s"
            raise ProviderError(cause, f"see whether `{self.facts.program} info` answers") from error


def detect(wish: str = "auto") -> EngineFacts:
    """Find the engine that answers: the wished one, or with `auto` Docker, else Podman.

    Raises:
        EngineMissingError: none answers; the cause says what was seen of each.
    """
    seen = []
    for program in ("docker", "podman") if wish == "auto" else (wish,):
        if shutil.which(program) is None:
            seen.append(f"{program} is not installed")
            continue
        answer = _ask(program)
        if isinstance(answer, EngineFacts):
            return answer
        seen.append(answer)
    raise missing("; ".join(seen))


def endpoint() -> str:
    """Where the `docker` client looks for its daemon, for example `unix:///run/user/1000/docker.sock`; empty when it does not say.

    DOCKER_HOST and the client's context decide.
    """
    try:
        done = subprocess.run(
            ("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DETECT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return _text(done.stdout) if done.returncode == 0 else ""


def official(reference: str) -> str:
    """An image's name with the registry and the folder that Docker adds in thought."""
    first, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    return reference if "." in first or ":" in first or first == "localhost" else f"docker.io/{reference}"


def free_mib(facts: EngineFacts) -> int | None:
    """Free space where the engine keeps images, or None where this computer cannot see that folder."""
    folder = Path(facts.storage)
    try:
        return shutil.disk_usage(folder).free // 2**20
    except OSError:
        return None


def _leash() -> tuple[str, ...]:
    """End a call with this process, also when that is killed: an import that goes on alone would outlive `down`."""
    return ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


def _ask(program: str) -> EngineFacts | str:
    """The engine's facts, or in one line why it has none."""
    try:
        done = subprocess.run(
            (program, "info", "--format", "{{json .}}"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DETECT_TIMEOUT_S,
            check=False,
        )
        info = sanitized_json(done.stdout.strip() or b"{}")
        facts = facts_from_info(program, info)
    except subprocess.TimeoutExpired:
        return f"{program} info did not answer within {_DETECT_TIMEOUT_S:g} s"
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        return f"{program} info: {one_line(str(error))}"
    # Older clients say it among their answers alone, and end with 0.
    said = "\n".join(map(str, info.get("ServerErrors") or ())) or _text(done.stderr)
    return facts or f"{program} info: {one_line(said) or 'no server'}"


def _text(stream: bytes) -> str:
    return sanitized(stream.decode(errors="replace")).strip()
