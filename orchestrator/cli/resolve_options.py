"""What `resolve` is asked beside the cards: wishes of the flags and the fleet file, and where a host that is only named stands.

Reads the fleet file and what this computer is; asks no host.
"""

import os
import platform
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from orchestrator.answer import Typed
from orchestrator.catalog import UnknownDistributionError, load
from orchestrator.cli import options
from orchestrator.cli.options import given_keys
from orchestrator.errors import UsageError
from orchestrator.models import Builder, Framework, Wishes

ARCHITECTURES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "aarch64",
    "arm64": "aarch64",
    "sbsa": "aarch64",
}
"""Names of CPU architectures, and what the catalog calls them."""
INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\d[a-z0-9-]*\.(\d*x?large|metal|medium|small|micro)[a-z0-9-]*")
STACK_VARIABLE = re.compile(r"ORCHESTRATE_(STACK__|DISTRIBUTION$)")
"""Environment variables that say something of what is asked here."""
OTHERWISE = "debian-12"
"""Where neither a flag nor the fleet file says it, and this computer has none of the catalog's."""
RENTED = "ubuntu-24.04"
"""Of a rented host, where neither says it: the fleet file's own default for AWS, which is read without the configuration here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedStack:
    """What flags, environment and fleet file say together."""

    wishes: Wishes
    builder: Builder | None
    """None where the answer's own decides."""
    distribution: str
    """Empty where they do not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlatform:
    """Where a card stands that is only named."""

    distribution: str
    because: str
    """Why this one, where nobody said it; else empty."""
    architecture: str
    """Empty where nobody said it."""

    def assumed(self, architecture: str, *, known: bool) -> tuple[str, ...]:
        """What nobody read or said, in one sentence."""
        parts = [f"{self.distribution} ({self.because})"] if self.because else []
        if not self.architecture and not known:
            parts.append(f"an {architecture} host")
        parts.append("a kernel of the distribution, Secure Boot off")
        return (f"{', '.join(parts)}; `--host` reads it from a host",)


def requested_stack(config: Path | None, flags: dict[str, object]) -> RequestedStack:
    """The wishes that apply. Where there is no fleet file, none is looked for further.

    Raises:
        ConfigError: the fleet file is wrong.
    """
    given = given_keys()
    if config or Path("fleet.yml").exists() or any(map(STACK_VARIABLE.match, os.environ)):
        from orchestrator.cli.context import read_spec

        spec = read_spec(config, {**flags, **given})
        distribution = spec.distribution if "distribution" in spec.model_fields_set else ""
        builder = None if spec.stack.builder == "auto" else Builder(spec.stack.builder)
        return RequestedStack(wishes=spec.stack.wishes, builder=builder, distribution=distribution)
    named: dict[str, Any] = {key.removeprefix("stack."): value for key, value in given.items()}
    builder = Builder(named["builder"]) if "builder" in named else None
    return RequestedStack(wishes=_wishes(named), builder=builder, distribution="")


def _wishes(named: dict[str, Any]) -> Wishes:
    """Of flags alone; a release of another framework than the chosen one is refused, as in a fleet file."""
    framework = Framework(named.get("framework", Framework.TENSORFLOW))
    for other in Framework:
        if other is not framework and named.get(other):
            raise UsageError(
                f"--{other} {named[other]} is a release of {other.label}, and the framework is {framework.label}",
                f"add --framework {other}",
            )
    rest = {each.name: named[each.name] for each in fields(Wishes) if each.name in named}
    return Wishes(**{**rest, "framework": framework, "release": named.get(framework.value, "")})


def target_platform(distribution: str, architecture: str, *, rented: bool) -> TargetPlatform:
    """Where the card stands: as said, else as this computer; rented hosts as a fleet file without the key has them.

    Raises:
        UnknownDistributionError: what was said is not in the catalog.
    """
    cpu = ARCHITECTURES.get(architecture, "")
    if distribution:
        return TargetPlatform(
            distribution=load().distribution(distribution).distribution, because="", architecture=cpu
        )
    if rented:
        return TargetPlatform(distribution=RENTED, because="as a fleet on AWS has it", architecture=cpu)
    try:
        seen = platform.freedesktop_os_release()
        here = load().distribution(f"{seen.get('ID', '')} {seen.get('VERSION_ID', '')}").distribution
    except (OSError, UnknownDistributionError):
        return TargetPlatform(distribution=OTHERWISE, because="nobody said another", architecture=cpu)
    return TargetPlatform(distribution=here, because="as this computer has it", architecture=cpu)


def typed_command(named: tuple[str, ...], types: tuple[str, ...]) -> Typed:
    """The command under way, with an option before each card and type that was named without one."""
    typed = options.typed_command()
    rest = list(typed.words)
    for word in named:
        rest.reverse()
        rest.remove(word)
        rest.reverse()
    spelt = [part for word in named for part in ("--instance-type" if word in types else "--gpu", word)]
    return replace(typed, words=(*rest[:2], *spelt, *rest[2:]))
