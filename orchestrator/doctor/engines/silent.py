"""Why no engine answers, and what mends that. Pure.

The engines' own messages are matched where they are known word for word; any other is shown as it is.
"""

import re
from collections.abc import Iterator

from orchestrator.doctor.engines.answering import elsewhere
from orchestrator.doctor.findings import bad, lacking, profile_hint, start_command, typed
from orchestrator.doctor.packages import Need, packages
from orchestrator.doctor.values import EngineStatus, Facts, Finding, Remedy
from orchestrator.providers.sandbox.support import ADD_USER_IDS, LOG_IN_AGAIN, USER_IDS_NEEDED

_NAME = "container_engine"
_NO_PROGRAM = re.compile(
    r'exec: "(?:[\w/]*/)?(new[ug]idmap)": executable file not found|(new[ug]idmap) not found'
)
_USER_IDS = re.compile("newuidmap|newgidmap|subuid|subgid|insufficient uids")
_SESSION = re.compile(r"/run/user/\d+\S*: (permission denied|no such file)|xdg_runtime_dir")
_NAMESPACES = re.compile("user namespaces|cannot re-exec|clone: |unshare|namespace using")
_OF_USER = "/run/user/"
_TOO_OLD = re.compile(r"client version (\S+) is too old")
_TOO_NEW = re.compile(r"client version (\S+) is too new")


def judge_silence(facts: Facts, status: EngineStatus) -> Finding:
    """The one thing to do first: of the engine that was wished, or of the one that is here already."""
    podman_here = "podman" in facts.programs
    docker_here = "docker" in facts.programs and not status.shim
    if status.wish == "podman" or status.shim or (status.wish == "auto" and podman_here and not docker_here):
        return next(_no_podman(facts, status))
    if status.wish == "auto" and not docker_here and facts.release.family in {"fedora", "suse", "arch"}:
        return lacking(facts, _NAME, status.refusal, Need.PODMAN)  # what these distributions are used to
    return next(_no_docker(facts, status))


def _no_podman(facts: Facts, status: EngineStatus) -> Iterator[Finding]:
    """What may be the reason, the first the likeliest."""
    said, user = status.refusal.lower(), facts.user
    about_namespaces, about_ids = _NAMESPACES.search(said), _USER_IDS.search(said)
    if "podman" not in facts.programs and not status.shim:
        yield lacking(facts, _NAME, status.refusal, Need.PODMAN)
    if status.podman_host:
        yield bad(_NAME, f"{status.refusal} (CONTAINER_HOST={status.podman_host})", "unset CONTAINER_HOST")
    if _NO_PROGRAM.search(said) or (not user.root and "newuidmap" not in facts.programs):
        yield lacking(facts, _NAME, status.refusal, Need.USER_IDS)
    if _SESSION.search(said):
        yield bad(_NAME, status.refusal, LOG_IN_AGAIN)
    if user.namespaces and (about_namespaces or not user.root):
        yield bad(_NAME, status.refusal, typed(facts, ("sysctl", "--write", user.namespaces)))
    if "podman" in user.unprofiled and (about_namespaces or about_ids):
        yield bad(_NAME, f"{status.refusal} (AppArmor restricts user namespaces)", profile_hint(facts))
    if about_ids:
        enough = user.subordinate_ids >= USER_IDS_NEEDED
        remedy = "sudo chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap" if enough else ADD_USER_IDS
        yield bad(_NAME, status.refusal, f"`{remedy}`, then `podman system migrate`")
    yield bad(_NAME, status.refusal, "see what `podman info` says; on macOS: podman machine start")


def _no_docker(facts: Facts, status: EngineStatus) -> Iterator[Finding]:
    """What may be the reason, the first the likeliest."""
    said = status.refusal
    if _TOO_OLD.search(said):
        yield bad(_NAME, said, "upgrade the docker client: it is older than the daemon that it talks to")
    if _TOO_NEW.search(said):
        yield bad(_NAME, said, "unset DOCKER_API_VERSION, or upgrade the Docker daemon")
    if status.socket_denied:
        yield bad(_NAME, "this user may not use the Docker daemon's socket", _join_group(status))
    if status.endpoint:
        seen = f"{said} (its endpoint is {status.endpoint})"
        if "rootlesskit" in facts.user.unprofiled and _OF_USER in status.endpoint:
            yield bad(_NAME, f"{seen}, and AppArmor restricts user namespaces", profile_hint(facts))
        yield bad(_NAME, seen, _start_elsewhere(status.endpoint))
    known = packages(facts.release, Need.DOCKER)
    if "docker" in facts.programs and not known and "dockerd" not in facts.programs:
        yield bad(_NAME, said, "start Docker (its service, or Docker Desktop), then repeat this command")
    if not {"docker", "dockerd"} <= facts.programs:
        seen = "a docker client, but no daemon" if "docker" in facts.programs else said
        yield lacking(facts, _NAME, seen, Need.DOCKER)
    remedy = Remedy(start_docker=True) if facts.root_prefix is not None else None
    seen = f"Docker is installed and does not answer: {said}"
    yield bad(_NAME, seen, typed(facts, start_command(facts)), remedy)


def _join_group(status: EngineStatus) -> str:
    if status.in_group:
        return "log in again, or `newgrp docker`: this session began before the user was added to the group"
    return 'sudo usermod --append --groups docker "$USER", then log in again'


def _start_elsewhere(endpoint: str) -> str:
    """How an engine is started that is not the system's own."""
    back = "or go back to the system's: `unset DOCKER_HOST` and `docker context use default`"
    if elsewhere(endpoint):
        return "`unset DOCKER_HOST` and `docker context use default`: an engine elsewhere would have its hosts there"
    if _OF_USER in endpoint:
        return f"`systemctl --user enable --now docker`, {back}"
    if "/desktop/" in endpoint:
        return f"`systemctl --user start docker-desktop`, {back}"
    return f"start the engine that listens there, {back}"
