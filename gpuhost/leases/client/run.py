"""Run a command with a lease of GPUs: it waits for its turn, runs on its devices alone, and is followed here.

    withgpu python train.py                                    one GPU, for as long as jobs may run here
    withgpu --gpus 2 --time 4h -- python train.py --epochs 9
    withgpu --memory-fraction 0.5 -- python notebook.py        shares a GPU with others who asked for a part
    withgpu --image IMAGE -- python train.py                   in a container that has this folder and those GPUs alone
    withgpu --from 14:00 --for 2h -- python train.py           at that time; without a command, it is reserved for all that you run

`gpuhost run` is the same. On a host of a cluster, where Slurm gives the GPUs out, it becomes `srun`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gpuhost.leases import srun
from gpuhost.leases.client.connection import AskError, asked
from gpuhost.leases.client.follow import CANCELED, Log, code_of, ended_line, follow
from gpuhost.leases.places import LOG, folder
from gpuhost.leases.policy import words


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code, which is the command's where it was followed to its end."""
    given = _parser().parse_args(arguments)
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    try:
        if srun.IN_CLUSTER.exists():
            return srun.become(given, command)
        answer = asked(order(given, command))
        if not command:
            return _reserved(answer["reservation"])
        number = int(answer["job"]["id"])
        if given.json:
            sys.stdout.write(json.dumps(answer["job"]) + "\n")
        if given.detach:
            if not given.json:
                sys.stdout.write(f"{number}\n")
                sys.stderr.write(f"follow it: gpuhost logs -f {number}\n")
            return 0
        return _followed(number, keep=given.keep)
    except (AskError, ValueError) as error:
        sys.stderr.write(f"gpuhost run: {error}\n")
        return 2


def order(given: argparse.Namespace, command: list[str]) -> dict[str, object]:
    """What the service is asked for. Raises ValueError."""
    now = datetime.now().astimezone()
    if not command and not given.starts_at:
        raise ValueError("which command?\n  try: withgpu python train.py")
    if bool(given.starts_at) != bool(given.for_):
        raise ValueError("--from and --for belong together\n  try: --from 14:00 --for 2h")
    lasts = given.for_ or given.time
    fraction = given.memory_fraction
    return {
        "do": "run" if command else "reserve",
        "argv": command,
        "folder": given.folder or _here(),
        "environment": _variables(given),
        "image": given.image,
        "engine": given.engine,
        "gpus": given.gpus,
        "kind": given.kind,
        "fraction": fraction,
        "seconds": words.seconds(lasts) if lasts else None,
        "starts_at": words.moment(given.starts_at, now).timestamp() if given.starts_at else None,
        "name": given.name,
        "wait": not given.no_wait,
    }


def _followed(number: int, *, keep: bool) -> int:
    try:
        job = follow(number, time.time, Log(folder(number) / LOG).copy)
    except KeyboardInterrupt:
        if keep:
            sys.stderr.write(f"\njob {number} runs on; follow it again: gpuhost logs -f {number}\n")
            return CANCELED
        asked({"do": "cancel", "id": number})
        sys.stderr.write(f"\njob {number} is canceled\n")
        return CANCELED
    if line := ended_line(job):
        sys.stderr.write(f"gpuhost: {line}\n")
    return code_of(job)


def _variables(given: argparse.Namespace) -> dict[str, str]:
    """Those of this shell; in a container, what its image says and those that are named. Raises ValueError."""
    if not given.image:
        return dict(os.environ)
    missing = [name for name in given.env if name not in os.environ]
    if missing:
        raise ValueError(f"{missing[0]} is not set here\n  try: export {missing[0]}=…")
    return {name: os.environ[name] for name in given.env}


def _reserved(kept: dict[str, Any]) -> int:
    now = time.time()
    begins, ends = words.clock(kept["starts_at"], now), words.clock(kept["ends_at"], now)
    sys.stdout.write(
        f"reservation {kept['id']}: {kept['gpus']} from {begins} to {ends} for all that you run then\n"
    )
    return 0


def _here() -> str:
    """The folder by the name that was typed, where that leads here."""
    typed = os.environ.get("PWD", "")
    try:
        return typed if typed and os.path.samefile(typed, ".") else os.getcwd()  # noqa: PTH109, PTH121 - as a shell has it
    except OSError:
        return os.getcwd()  # noqa: PTH109 - as a shell has it


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="withgpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [OPTION …] [--] COMMAND [ARGUMENT …]",
    )
    parser.add_argument(
        "--gpus", type=int, default=1, metavar="N", help="how many; 0: a job without one  [default: 1]"
    )
    parser.add_argument(
        "--memory-fraction",
        type=float,
        metavar="X",
        help="of one GPU's memory, beside others that ask for a part",
    )
    parser.add_argument("--time", metavar="4h", help="how long it may run; then it is ended")
    parser.add_argument("--from", dest="starts_at", metavar="14:00", help="reserve: when it starts")
    parser.add_argument("--for", dest="for_", metavar="2h", help="reserve: for how long")
    parser.add_argument(
        "--kind",
        metavar="PROFILE",
        help="a slice (MIG) such as 1g.10gb, or mps: a share; as the host has them",
    )
    parser.add_argument("--name", default="", help="of the job, for people")
    parser.add_argument("--no-wait", action="store_true", help="refuse where nothing is free now")
    parser.add_argument("--detach", "-d", action="store_true", help="print the job's number and return")
    parser.add_argument("--keep", action="store_true", help="Ctrl-C stops following, and the job runs on")
    parser.add_argument("--json", action="store_true", help="print the job as JSON before it is followed")
    parser.add_argument("--image", default="", help="run it in a container of this image")
    parser.add_argument(
        "--engine", default="", help="what runs the container: podman or docker  [default: what is there]"
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable of this shell that the container has; again for more",
    )
    parser.add_argument("--folder", help="in which it runs  [default: this one]")
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
