"""Whatever the program tells a user to type to other programs is what those take: AWS' command line as its models have it, systemd
as the roles' units are named, nvidia-smi as its manual says."""

import re
import shlex
from functools import cache

import pytest
from botocore import xform_name
from botocore.session import Session, get_session

from tests.repo.house.messages import HOLE, PROGRAMS, commands
from tests.repo.house.test_messages import messages
from tests.repo.tree import Violation, assert_kept, files_under

SENTENCE = re.compile(r"(?:[,;]| shows? | says | asks | in a terminal| \(once).*")
"""Where a command ends that is the beginning of a sentence."""
MAY_BE_EMPTY = re.compile(r"(?<=\w)" + HOLE.pattern)
"""A hole without a space before it stands for an option with its value, or for nothing."""
OF_THE_AWS_CLI = {
    "configure": {"", "list-profiles", "sso"},
    "login": {""},
    "sso": {"login"},
}
"""Commands that AWS' program has beside those of its services."""
AWS_OPTIONS = {"--region", "--profile", "--query", "--output"}
SYSTEMCTL = {
    "start",
    "stop",
    "restart",
    "reload",
    "status",
    "enable",
    "disable",
    "reset-failed",
    "daemon-reload",
}
SYSTEMCTL_OPTIONS = {"--user", "--now"}
NVIDIA_SMI = {
    "-L",
    "-q",
    "-d",
    "--status",
    "-lgip",
    "--id",
    "--power-limit",
    "--multi-instance-gpu",
    "--create-gpu-instance",
    "--default-compute-instance",
    "--gpu-reset",
    "--reset-gpu-clocks",
    "--reset-applications-clocks",
}
AS_ROOT = {
    "apt",
    "chmod",
    "chown",
    "gpuhost",
    "groupmod",
    "modprobe",
    "nginx",
    "scontrol",
    "usermod",
    "orchestrate-certificate",
    "orchestrate-lifetime",
}
"""Programs beside those of `PROGRAMS` that a text tells to run as root, here or on a host."""


def test_what_a_message_tells_to_type_to_another_program_is_something_that_it_takes() -> None:
    told = [
        (text, each)
        for text in messages()
        for each in commands(text.words)
        if not each.startswith("orchestrate ")
    ]
    assert_kept(
        Violation(path=text.path, line=text.line, rule=f"{command}: {said}", remedy="its manual")
        for text, command in told
        if (said := refused(command))
    )
    assert len(told) > 50


@pytest.mark.parametrize(
    "command",
    [
        "aws ec2 describe-image --region {…}",
        "aws ec3 describe-images",
        "aws ec2 describe-images --image-id {…}",
        "aws sso",
        "sudo frobnicate",
        "sudo systemctl begin orchestrate-renew",
        "systemctl start orchestrate-nothing",
        "nvidia-smi --power {…}",
        "sudo nvidia-smi --id={…} --watts=2",
    ],
)
def test_what_another_program_would_not_take_is_seen(command: str) -> None:
    assert refused(command)


def refused(command: str) -> str:
    """What is wrong with it; empty when its program takes it, or when nothing here knows that program."""
    words = shlex.split(HOLE.sub("x", MAY_BE_EMPTY.sub("", SENTENCE.sub("", command))).replace("'", ""))
    if not words:
        return ""
    program, *rest = words
    if program == "sudo":
        known = bool(rest) and rest[0] in PROGRAMS | AS_ROOT
        return (
            refused(shlex.join(rest)) if known else f"sudo {' '.join(rest[:1])} is no program that is known"
        )
    reader = {"aws": _aws, "systemctl": _systemctl, "nvidia-smi": _nvidia_smi}.get(program)
    return reader(rest) if reader else ""


def _aws(words: list[str]) -> str:
    values = {number + 1 for number, word in enumerate(words) if word.startswith("--")}
    named = [word for number, word in enumerate(words) if not word.startswith("-") and number not in values]
    service, operation = (*named, "", "")[:2]
    if service in OF_THE_AWS_CLI:
        return (
            "" if operation in OF_THE_AWS_CLI[service] else f"aws {service} has no {operation or 'such use'}"
        )
    session = _session()
    if service not in session.get_available_services():
        return f"AWS has no service {service}"
    model = session.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return f"{service} has no {operation}"
    shape = model.operation_model(operations[operation]).input_shape
    taken = AWS_OPTIONS | {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    return ", ".join(
        f"{operation} has no {word}" for word in words if word.startswith("--") and word not in taken
    )


@cache
def _session() -> Session:
    return get_session()


def _systemctl(words: list[str]) -> str:
    verb, *units = (word for word in words if word not in SYSTEMCTL_OPTIONS)
    if verb not in SYSTEMCTL:
        return f"systemctl has no {verb}"
    known = {path.name.removesuffix(".j2") for path in files_under("roles")}
    return ", ".join(
        f"no role has a unit {unit}"
        for unit in units
        if unit.startswith("orchestrate-") and not _names(unit) & known
    )


def _names(unit: str) -> set[str]:
    """The file that a unit is made from, with an instance's name or without a suffix."""
    name = re.sub(r"@[^.]*", "@", unit)
    return (
        {name}
        if name.endswith((".service", ".socket", ".timer"))
        else {f"{name}.{kind}" for kind in ("service", "timer", "socket")}
    )


def _nvidia_smi(words: list[str]) -> str:
    options = (word.partition("=")[0] for word in words if word.startswith("-"))
    return ", ".join(f"nvidia-smi has no {option}" for option in options if option not in NVIDIA_SMI)
