"""From facts to findings. Pure: no clock, no network, no disk."""

import shlex

from orchestrator.doctor.values import Condition, EngineStatus, Facts, Finding, Remedy

OLDEST_PYTHON = (3, 11)

STORAGE_NEEDED_MIB = 4096
"""One host: 260 MiB of image, its training environment 1.6 GiB, data sets and packages, and as much again to unpack."""

STATE_NEEDED_MIB = 256
"""Run folders are small; Ansible's own files and the report's figures are not nothing."""

DOCKER_PACKAGES = ("docker.io", "docker-cli", "iptables")
"""Newer releases keep the client in a package of its own, docker-cli."""

BOOTSTRAP_PACKAGES = ("mmdebstrap", "debian-archive-keyring", "uidmap")

APT_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")


def run_checks(facts: Facts) -> tuple[Finding, ...]:
    """Everything that was looked at, in the order in which it is needed."""
    findings = [_python(facts), _ansible(facts), _ssh_client(facts), _folders(facts)]
    if facts.engine is not None:
        findings.append(_container_engine(facts, facts.engine))
        findings.append(_base_image(facts, facts.engine))
        if facts.engine.facts is not None:
            findings.append(_storage(facts.engine))
    return tuple(findings)


def start_command(facts: Facts) -> tuple[str, ...]:
    """The command that starts an installed Docker daemon, without what makes it run as root."""
    return ("systemctl", "enable", "--now", "docker") if facts.systemd else ("service", "docker", "start")


def _python(facts: Facts) -> Finding:
    seen = f"Python {facts.python[0]}.{facts.python[1]}"
    if facts.python < OLDEST_PYTHON:
        return _bad("python", f"{seen}, older than 3.11", "install Python 3.11 or newer", missing=True)
    if not facts.has_venv:
        return _install(facts, "python", f"{seen} without ensurepip", ("python3-venv",))
    return _good("python", seen)


def _ansible(facts: Facts) -> Finding:
    if facts.has_ansible:
        return _good("ansible", "ansible-playbook beside this Python")
    hint = "reinstall this program with pip: ansible-core comes with it"
    return _bad("ansible", "no ansible-playbook beside this Python", hint, missing=True)


def _ssh_client(facts: Facts) -> Finding:
    lacking = [program for program in ("ssh", "ssh-keygen") if program not in facts.programs]
    if lacking:
        return _install(facts, "ssh_client", f"not on PATH: {', '.join(lacking)}", ("openssh-client",))
    return _good("ssh_client", "ssh and ssh-keygen")


def _folders(facts: Facts) -> Finding:
    if facts.unwritable:
        hint = "give them to this user, or set XDG_STATE_HOME and XDG_CACHE_HOME to folders that are its own"
        return _bad("folders", "; ".join(facts.unwritable), hint)
    seen = f"{facts.state_free_mib} MiB free for run folders"
    if facts.state_free_mib < STATE_NEEDED_MIB:
        return _bad("folders", f"only {seen}", f"free some space: {STATE_NEEDED_MIB} MiB are needed")
    return _good("folders", seen)


def _container_engine(facts: Facts, sight: EngineStatus) -> Finding:
    if sight.facts is not None:
        owner = "rootless" if sight.facts.rootless else "rootful"
        program = "podman" if sight.facts.podman else "docker"
        seen = f"{program} {sight.facts.version}, {owner}, cgroup v{sight.facts.cgroup}"
        return _good("container_engine", seen)
    return _no_podman(facts, sight) if sight.wish == "podman" else _no_docker(facts, sight)


def _no_podman(facts: Facts, sight: EngineStatus) -> Finding:
    if "podman" not in facts.programs:
        return _install(facts, "container_engine", sight.refusal, ("podman", "crun"))
    hint = "see what `podman info` says; on macOS: podman machine start"
    return _bad("container_engine", sight.refusal, hint)


def _no_docker(facts: Facts, sight: EngineStatus) -> Finding:
    name = "container_engine"
    if sight.docker_host:
        hint = "start the engine that DOCKER_HOST names, or: unset DOCKER_HOST"
        return _bad(name, f"{sight.refusal} (DOCKER_HOST={sight.docker_host})", hint)
    if sight.socket_denied:
        hint = 'sudo usermod --append --groups docker "$USER", then log in again'
        return _bad(name, "this user may not use the Docker daemon's socket", hint)
    if "docker" in facts.programs and not facts.apt:
        return _bad(
            name, sight.refusal, "start Docker (its service, or Docker Desktop), then repeat this command"
        )
    if not {"docker", "dockerd"} <= facts.programs:
        seen = "a docker client, but no daemon" if "docker" in facts.programs else sight.refusal
        return _install(facts, name, seen, DOCKER_PACKAGES, start_docker=True)
    hint = _typed(facts, start_command(facts))
    remedy = Remedy(start_docker=True) if facts.root_prefix is not None else None
    return _bad(name, f"Docker is installed and does not answer: {sight.refusal}", hint, remedy)


def _base_image(facts: Facts, sight: EngineStatus) -> Finding:
    name = "base_image"
    if sight.image_at_hand:
        return _good(name, "made already")
    if "mmdebstrap" in facts.programs:
        return _good(name, "from a registry or, with mmdebstrap, from Debian's packages")
    if sight.registry:
        return _good(name, "from a registry")
    if sight.registry is None and not facts.apt:
        return _good(name, "from a registry, which is asked once an engine answers")
    seen = "no mmdebstrap, and no registry answered" if sight.registry is False else "no mmdebstrap"
    return _install(facts, name, seen, BOOTSTRAP_PACKAGES)


def _storage(sight: EngineStatus) -> Finding:
    if sight.free_mib is None:
        return _good("storage", "the engine's disk cannot be seen from here")
    seen = f"{sight.free_mib} MiB free for containers"
    if sight.free_mib >= STORAGE_NEEDED_MIB:
        return _good("storage", seen)
    program = sight.facts.program if sight.facts else "docker"
    hint = f"free some space, {STORAGE_NEEDED_MIB} MiB are needed: `{program} system df` shows what takes it"
    return _bad("storage", f"only {seen}", hint)


def _install(
    facts: Facts, name: str, seen: str, packages: tuple[str, ...], *, start_docker: bool = False
) -> Finding:
    """Something that packages bring: by `--fix` where this user may, else by hand."""
    remedy = Remedy(packages=packages, start_docker=start_docker)
    if facts.apt:
        hint = _typed(facts, (*APT_INSTALL, *packages))
        return _bad(name, seen, hint, remedy if facts.root_prefix is not None else None, missing=True)
    hint = f"install what your system calls {packages[0]} and start it, then repeat this command"
    return _bad(name, seen, hint, missing=True)


def _typed(facts: Facts, argv: tuple[str, ...]) -> str:
    """The command as a person would type it; one who cannot become root has to ask somebody who can."""
    return shlex.join(argv if facts.root_prefix == () else ("sudo", *argv))


def _good(name: str, seen: str) -> Finding:
    return Finding(name=name, condition=Condition.OK, seen=seen, hint="", remedy=None)


def _bad(name: str, seen: str, hint: str, remedy: Remedy | None = None, *, missing: bool = False) -> Finding:
    condition = Condition.MISSING if missing else Condition.BROKEN
    return Finding(name=name, condition=condition, seen=seen, hint=hint, remedy=remedy)
