"""Install wheels into an environment that has pip: by uv, which takes half of pip's time, where uv can be told all that pip is told.

Where it cannot, or fails for any reason, pip does it, and what pip says counts: uv alone never fails a build.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import run, run_pip
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.pip_settings import (
    into_the_environment,
)

PIP = ("-m", "pip", "install", "--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check")
UV = "uv==0.13.9"
"""From the index that everything else comes from."""

SECTIONS = ("global", "install", ":env:")
"""Of pip's configuration, as far as they are about installing; a later one counts for more."""
WITHOUT_EFFECT = frozenset(
    {
        "config-file",
        "disable-pip-version-check",
        "no-cache-dir",
        "no-color",
        "no-input",
        "progress-bar",
        "quiet",
        "require-virtualenv",
        "user",
    }
)
VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "HTTPS_PROXY",
    "retries": "UV_HTTP_RETRIES",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}
"""A setting of pip's, and uv's variable of the same meaning. Addresses are separated by spaces in both."""


@dataclass(frozen=True)
class Packages:
    """What is installed, as pip is told it."""

    requirements: Sequence[str]
    constraints: str
    """Text of a constraints file."""
    pip_arguments: Sequence[str] = ()
    """Further ones. Where there are any, uv is not asked."""


def install(folder: Path, packages: Packages, hint: str) -> None:
    """Install these into the environment, which has pip. Raises BuildError; `hint` goes with a failure that is not known."""
    python, pins, downloads = folder / "bin/python", folder / "constraints.txt", folder / "downloads"
    # The downloads lie beside what is installed: this file system was asked for space, that of /tmp was not.
    downloads.mkdir()
    pins.write_text(packages.constraints, encoding="utf-8")
    # Wheels alone: nothing is compiled, and no package's own program runs as root.
    wanted = ("--only-binary", ":all:", "--constraint", str(pins), *packages.requirements)
    with into_the_environment():
        surroundings = None if packages.pip_arguments else uv_environment(pip_configuration(python))
        if surroundings is None or not uv_installed(python, wanted, surroundings, downloads):
            # Byte-compiled, as by uv, since users cannot write __pycache__ here: without it each `import tensorflow` takes
            # them 7.5 s, with it 2 s.
            run_pip((*packages.pip_arguments, *wanted), python, downloads, hint)
    shutil.rmtree(downloads)


def uv_installed(
    python: Path, wanted: Sequence[str], surroundings: Mapping[str, str], downloads: Path
) -> bool:
    """Whether the index has uv for this host, and it has installed what is wanted."""
    place, temporary = downloads / "uv", {"TMPDIR": str(downloads)}
    alone = ("--target", str(place), "--only-binary", ":all:", "--no-deps", "--retries", "0", UV)
    if run((str(python), *PIP, *alone), temporary).returncode != 0:
        return False
    uv = (
        str(place / "bin/uv"),
        "pip",
        "install",
        "--quiet",
        "--no-config",
        "--no-cache",
        "--compile-bytecode",
    )
    done = run((*uv, "--python", str(python), *wanted), {**surroundings, **temporary})
    # Everybody could write it.
    (python.parents[1] / ".lock").unlink(missing_ok=True)
    return done.returncode == 0


def pip_configuration(python: Path) -> dict[str, str]:
    """What this Python's pip is configured with, each setting by `<section>.<name>`."""
    lines = run((str(python), "-m", "pip", "config", "list")).stdout.splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name: str(ast.literal_eval(value)) for name, _equals, value in pairs if value}


def uv_environment(configuration: Mapping[str, str]) -> dict[str, str] | None:
    """Environment variables that have uv do as this configuration of pip's says; None where none would. Pure.

    With them uv trusts the system's authorities, and the newest version counts, whichever index has it.
    """
    found: dict[str, str] = {}
    for section in SECTIONS:
        found.update(
            (name.rpartition(".")[2], value)
            for name, value in configuration.items()
            if name.startswith(f"{section}.")
        )
    settings = {name: " ".join(value.split()) for name, value in found.items() if name not in WITHOUT_EFFECT}
    indexes = f"{settings.get('index-url', '')} {settings.get('extra-index-url', '')}".split()
    # pip refuses an index without TLS that it is not told to trust; uv does not.
    if settings.keys() - VARIABLES.keys() or not all(one.startswith("https://") for one in indexes):
        return None
    as_pip = {"UV_SYSTEM_CERTS": "1", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    return as_pip | {VARIABLES[name]: value for name, value in settings.items()}
