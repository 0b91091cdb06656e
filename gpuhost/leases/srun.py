"""What `withgpu` is asked for, as words of srun: on a host of a cluster Slurm gives the GPUs out. Runs nothing itself."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import shutil
import sys
from pathlib import Path

from gpuhost.leases.policy import words

IN_CLUSTER = Path("/etc/orchestrate/slurm.json")
"""Where role `slurm` writes down of which cluster this host is."""
_RESERVES = "sudo scontrol create reservation starttime=… duration=… users=… nodes=…"
_REFUSED = {
    "starts_at": f"Slurm gives this host's GPUs out, and an administrator reserves them\n  try: {_RESERVES}",
    "memory_fraction": "Slurm gives out GPUs, slices and shares\n"
    "  try: --kind mps, where slurm_gpu_layouts shares a card",
    "image": "Slurm starts no containers here\n  try: withgpu -- podman run --device nvidia.com/gpu=all …",
    "json": "a job that is followed has no JSON\n  try: squeue --me --json",
    "keep": "Ctrl-C ends what srun follows\n  try: --detach",
}
"""Option -> why a cluster does not take it, and what to type."""


def argv(given: argparse.Namespace, command: list[str]) -> list[str]:
    """The words that do it. Raises ValueError where Slurm cannot."""
    for name, why in _REFUSED.items():
        if getattr(given, name):
            raise ValueError(why)
    if not command:
        raise ValueError("which command?\n  try: withgpu python train.py")
    options = ["--nodes=1", "--ntasks=1", *_cards(given)]
    if given.time:
        options.append(f"--time={math.ceil(words.seconds(given.time) / 60)}")
    if given.name:
        options.append(f"--job-name={given.name}")
    if given.folder:
        options.append(f"--chdir={given.folder}")
    if given.detach:
        return ["sbatch", "--parsable", *options, f"--wrap={shlex.join(command)}"]
    return ["srun", *options, *(["--immediate=5"] if given.no_wait else []), "--", *command]


def _cards(given: argparse.Namespace) -> list[str]:
    if not given.gpus:
        return []
    if given.kind == "mps":
        return [f"--gres=mps:{given.gpus}"]
    return [f"--gres=gpu:{f'{given.kind}:' if given.kind else ''}{given.gpus}"]


def become(given: argparse.Namespace, command: list[str]) -> int:
    """Become that program; return only where it is not there. Raises ValueError."""
    found = argv(given, command)
    if shutil.which(found[0]) is not None:
        sys.stderr.write(f"this host is in a cluster: {shlex.join(found)}\n")
        os.execvp(found[0], found)  # noqa: S606  srun is what is to get the signals
    sys.stderr.write(f"gpuhost run: {found[0]} is not there\n  try: apply role slurm again\n")
    return 2
