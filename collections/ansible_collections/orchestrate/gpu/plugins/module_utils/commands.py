"""Run a command, and say what its failure means: a cause and a next step. Decides nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.retrying import repeated
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import programs

PROXY_NAMES = ("http_proxy", "https_proxy", "no_proxy")

PIP_CAUSES = (
    (
        r"No space left on device",
        "the disk of the environment ran full",
        "make space on it, or have the environments on a larger one",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|confirming the ssl certificate",
        "the package index shows a certificate that this host does not trust",
        "add its authority to base_ca_certificates and set `cert` in base_pip_config",
    ),
    (
        r"connection broken by|ConnectTimeout|ReadTimeout",
        "the package index does not answer",
        "set `index-url` in base_pip_config, or base_proxy, to what this host can reach, and repeat",
    ),
)
"""What is found in pip's output, the cause it shows and the next step; the first that is found counts."""

PIP_BROKEN = re.compile(r"IncompleteRead\([^)]*\)|Connection broken: [^,')]*")

MIRROR_HINT = "set conda_channel_alias or conda_channels to a mirror, or base_proxy, and repeat"


class BuildError(HostError):
    """What a program said when it failed, as a cause and a next step."""


def run(
    argv: Sequence[str], surroundings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, its two outputs apart.

    Args:
        argv: its words.
        surroundings: environment variables that it has besides.
    """
    return programs.run(argv, environment={**environment(), **(surroundings or {})})


def environment() -> dict[str, str]:
    """This process' environment with the proxy of logins, and without what another conda left there."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CONDA", "PYTHON"))}
    return proxies(Path("/etc/environment")) | own


def proxies(file: Path) -> dict[str, str]:
    """The proxy that the role `base` writes for logins; neither sudo nor systemd is sure to read it."""
    if not file.exists():
        return {}
    pairs = (line.strip().partition("=") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: value.strip("\"'") for name, _rest, value in pairs if name.lower() in PROXY_NAMES}


def run_pip(arguments: Sequence[str], python: Path, temporary: Path, hint: str) -> None:
    """Run this Python's pip. Raises BuildError with what its output shows; `hint` goes with what is not known here."""
    quiet = ("--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check")
    argv = (str(python), "-m", "pip", "install", *quiet, *arguments)
    done = repeated(lambda: run(argv, {"TMPDIR": str(temporary)}), pip_fault)
    if done.returncode != 0:
        raise pip_error(done.stdout + done.stderr, hint)


def pip_fault(done: subprocess.CompletedProcess[str]) -> str:
    """What pip does not repeat by itself: a download that broke off in its middle. Connections it tries six times."""
    found = PIP_BROKEN.search(done.stdout + done.stderr) if done.returncode else None
    return found[0] if found else ""


def pip_error(output: str, hint: str) -> BuildError:
    """What pip's output says."""
    for pattern, cause, remedy in PIP_CAUSES:
        if re.search(pattern, output):
            return BuildError(cause, remedy, output)
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no output"]
    first = next((line for line in lines if line.startswith("ERROR:")), lines[-1])
    return BuildError(re.sub("^ERROR:", "", first).strip(), hint, output)


def run_conda(arguments: Sequence[str], conda: Path, temporary: Path) -> None:
    """Run conda. Raises BuildError with what it says, which is clearer where `--json` is among the arguments.

    The home is a temporary one: neither does root's own configuration count, nor is it written to.
    """
    done = run((str(conda), *arguments), {"HOME": str(temporary), "TMPDIR": str(temporary)})
    if done.returncode != 0:
        raise conda_error(conda_answer(done.stdout), done.stdout + done.stderr)


def conda_answer(output: str) -> Mapping[str, object]:
    """The JSON object in conda's output; empty where there is none."""
    begin = output.find("{")
    try:
        answer = json.loads(output[begin:]) if begin >= 0 else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def conda_error(answer: Mapping[str, object], output: str) -> BuildError:
    """What conda's answer says, by the name that it gives its error; of several errors, the first."""
    errors = answer.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return conda_error(errors[0], output)
    name = str(answer.get("exception_name", ""))
    said = " ".join(
        str(answer.get("message") or answer.get("error") or output.strip() or "no output").split()
    )
    cause, hint = conda_cause(name, said, answer)
    return BuildError(cause, hint, output)


def conda_cause(name: str, said: str, answer: Mapping[str, object]) -> tuple[str, str]:
    """The cause and the next step, by the name of conda's error and what it said."""
    packages = answer.get("packages")
    if "No space left" in said or name == "NoSpaceLeftError":
        return (
            "the disk of the environment ran full",
            "make space on it, or have the environments on a larger one",
        )
    if name.startswith("PackagesNotFound") and isinstance(packages, list):
        wanted = ", ".join(map(str, packages))
        return (
            f"no channel has {wanted}",
            "mend its name or version, or add a channel that has it to conda_channels",
        )
    if name in {"CondaHTTPError", "ProxyError", "CondaSSLError", "UnavailableInvalidChannel", "OfflineError"}:
        return f"{answer.get('url') or 'the channel'} does not answer as a channel: {said}", MIRROR_HINT
    if "Unsatisfiable" in name:
        return f"the packages contradict each other: {said}", "loosen their versions, or take one of them out"
    return said, "conda's whole output is shown with this message"
