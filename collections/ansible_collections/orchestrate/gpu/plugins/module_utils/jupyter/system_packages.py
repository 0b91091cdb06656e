"""Install packages of the distribution, and later take away what came with them and nothing else. Runs on the host, as root.

What comes is on record before it is installed, so that a run that was cut short is taken back, too.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError, environment
from ansible_collections.orchestrate.gpu.plugins.module_utils.retrying import apt_ran

APT = ("apt-get", "--quiet", "--yes", "--no-install-recommends", "--option=DPkg::Lock::Timeout=300")


def install(names: Sequence[str], record: Path) -> None:
    """Have these installed. Raises BuildError with what apt says."""
    if not all(_has_candidate(name) for name in names):
        _apt("update")
    coming = _simulated("Inst", "install", *names) - _installed()
    record.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    record.write_text(json.dumps(sorted({*_recorded(record), *coming})) + "\n", encoding="utf-8")
    _apt("install", *names)


def remove(record: Path) -> tuple[str, ...]:
    """Purge what is on record as far as nothing else needs it; return its names."""
    names = installed_by_role(record)
    if names:
        _run("apt-mark", "auto", *names)
        loose = sorted(_simulated("Remv", "autoremove").intersection(names))
        if loose:
            _apt("purge", *loose)
    record.unlink(missing_ok=True)
    return names


def installed_by_role(record: Path) -> tuple[str, ...]:
    """What is on record and still there."""
    return tuple(sorted(_recorded(record) & _installed()))


def _recorded(record: Path) -> set[str]:
    return set(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else set()


def _installed() -> set[str]:
    said = _run("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\n")
    return {line.split()[1] for line in said.splitlines() if line.startswith("installed ")}


def _has_candidate(name: str) -> bool:
    return bool(re.search(r"Candidate: \d", _run("apt-cache", "policy", name)))


def _simulated(word: str, *arguments: str) -> set[str]:
    said = _run(*APT, "--simulate", *arguments)
    return set(re.findall(rf"^{word} (\S+)", said, re.MULTILINE))


def _apt(*arguments: str) -> None:
    _run(*APT, *arguments)


def _run(*argv: str) -> str:
    surroundings = environment() | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, env=surroundings, stdin=subprocess.DEVNULL
        )

    done = apt_ran(call)
    if done.returncode != 0:
        raise BuildError(_cause(argv, done.stderr.splitlines()), "mend it on the host, and repeat")
    return done.stdout


def _cause(argv: Sequence[str], lines: Iterable[str]) -> str:
    said = next((line for line in lines if line.startswith("E: ")), "no output")
    return f"{argv[0]} failed: {said.removeprefix('E: ')}"
