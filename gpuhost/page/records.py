"""What others of this host's services keep in files: environments, limits, certificates, tools. Changes nothing."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from gpuhost.page.values import Environment, Lifetime, Missing, Tls, Tool, Training
from gpuhost.program import output
from gpuhost.recheck.standing import STANDING, current
from gpuhost.systemd import shown_units

LIFETIME = Path("/usr/local/bin/orchestrate-lifetime")
TLS = Path("/var/lib/orchestrate/web/certificate.json")
TRAINING = Path("/var/lib/orchestrate/certificate/certificate.json")
TOOLS = Path("/etc/orchestrate/page.d")

DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")
LABELS = {
    "tensorflow": "TensorFlow",
    "tensorflow_cpu": "TensorFlow",
    "keras": "Keras",
    "nvidia_cuda_runtime": "CUDA",
    "nvidia_cudnn": "cuDNN",
    "torch": "PyTorch",
    "jax": "JAX",
}
"""Distribution, as the folder of its metadata spells it without what CUDA it is for -> what people call it. The first
one wins: `tensorflow` brings `tensorflow_cpu`, not the other way round."""


def environments(root: Path) -> tuple[Environment, ...] | Missing:
    """The Python environments below a folder, without importing anything of theirs. Raises OSError."""
    folders = root.iterdir() if root.is_dir() else ()
    homes = sorted(path for path in folders if path.is_dir() and not path.name.startswith("."))
    found = tuple(each for home in homes if (each := environment(home)))
    return found or Missing(reason=f"There is no training environment in {root}. The role ml_env makes them.")


def environment(home: Path) -> Environment | None:
    """The environment in that folder; None where there is none."""
    for packages in sorted(home.glob("lib/python3*/site-packages")):
        seen: dict[str, str] = {}
        for folder in packages.glob("*.dist-info"):
            if found := DISTRIBUTION.fullmatch(folder.name):
                name = re.sub(r"_cu\d+$", "", found["name"].lower().replace("-", "_"))
                seen[name] = found["version"]
        told: dict[str, str] = {}
        for name, label in LABELS.items():
            if name in seen:
                told.setdefault(label, seen[name])
        python = packages.parent.name.removeprefix("python")
        return Environment(name=home.name, python=python, packages=tuple(told.items()))
    return None


def lifetime() -> Lifetime | Missing:
    """What its own program says. Raises OSError or SubprocessError."""
    if not LIFETIME.exists():
        return Missing(reason="Nothing limits how long this host runs. The role lifetime sets limits.")
    return parse_lifetime(output((str(LIFETIME), "status", "--json")))


def parse_lifetime(text: str) -> Lifetime:
    """The limits, from what the program prints. Raises ValueError, KeyError or TypeError."""
    told = json.loads(text)
    return Lifetime(
        spent_s=number(told["spent_seconds"]),
        cost_usd=None if told["cost_usd"] is None else number(told["cost_usd"]),
        price_usd_per_hour=number(told["limits"]["price_usd_per_hour"]),
        ends_at=moment(told["ends_at"]) if told["ends_at"] else None,
        reason=str(told["reason"] or ""),
        idle_s=number(told["idle_seconds"]),
        idle_limit_s=None if told["idle_limit_seconds"] is None else number(told["idle_limit_seconds"]),
    )


def tls(file: Path = TLS) -> Tls | Missing:
    """The web server's certificate. Raises OSError, ValueError, KeyError or TypeError."""
    if not file.exists():
        return Missing(
            reason="The web server has no name and no certificate: it is reached through an SSH tunnel."
        )
    told = json.loads(file.read_text())
    return Tls(
        names=tuple(map(str, told["names"])),
        issuer=str(told["issuer"] or "nobody"),
        self_signed=bool(told.get("self_signed")),
        ends_at=moment(told["not_after"]) if told.get("not_after") else None,
        problem=str(told.get("last_failure") or ""),
    )


def training(file: Path = TRAINING) -> Training | Missing:
    """The certificate that this host trains. Raises OSError, ValueError, KeyError or TypeError."""
    if not file.exists():
        return Missing(
            reason="It has not been proved yet that this host trains. To prove it: `orchestrate validate`"
        )
    written = file.read_bytes()
    told = json.loads(written)
    checks = told["checks"]
    looked_at = file.with_name(STANDING).exists()
    digest, now = hashlib.sha256(written).hexdigest(), datetime.now(timezone.utc)
    return Training(
        verdict=str(told["verdict"]),
        headline=str(told["headline"]),
        accuracy=measured(checks, "test_accuracy"),
        images_per_s=measured(checks, "throughput_measured").removesuffix(" images/s"),
        issued_at=moment(told["issued_at"]),
        reasons=tuple(map(str, told["reasons"])),
        report=file.with_name("report.html").exists(),
        standing=current(file.parent, digest, now) if looked_at else None,
    )


def measured(checks: Iterable[dict[str, object]], name: str) -> str:
    """What the first check of that name has seen; empty without one."""
    return next((str(check["seen"]) for check in checks if check["name"] == name), "")


def tools(folder: Path = TOOLS) -> tuple[Tool, ...] | Missing:
    """What the files in the folder name, with the states of its units. Raises OSError, ValueError, KeyError or TypeError."""
    entries = [entry for file in sorted(folder.glob("*.json")) for entry in json.loads(file.read_text())]
    if not entries:
        return Missing(reason="No desktop, notebook or other tool is switched on.")
    units = sorted({str(unit) for entry in entries for unit in entry.get("units", [])})
    show = ("systemctl", "show", "--property=Id,ActiveState", "--", *units)
    states = {unit["Id"]: unit["ActiveState"] for unit in shown_units(output(show))} if units else {}
    return tuple(
        Tool(
            title=str(entry["title"]),
            path=address(str(entry["path"])),
            description=str(entry.get("description", "")),
            units=tuple((str(unit), states.get(str(unit), "unknown")) for unit in entry.get("units", [])),
        )
        for entry in entries
    )


def address(path: str) -> str:
    """The path as a link on this server and nowhere else. Raises ValueError."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"{path} is no path on this web server")
    return quote(path, safe="/?&=%#~:@+,;-._")


def moment(text: str) -> datetime:
    """A time in ISO 8601, in UTC. Raises ValueError, TypeError or OverflowError."""
    when = datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    return when.astimezone(timezone.utc) if when.tzinfo else when.replace(tzinfo=timezone.utc)


def number(given: object) -> float:
    """A finite number. Raises TypeError, ValueError or OverflowError."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{given!r} is no number")
    if not math.isfinite(given):
        raise ValueError(f"{given} is no number")
    return float(given)
