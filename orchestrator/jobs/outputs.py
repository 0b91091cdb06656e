"""Bring the files that a job made, such as pictures, models and TensorBoard's logs, into the run folder. Each is what its result says
it is, by size and SHA-256, or is not kept.
"""

import base64
import binascii
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from orchestrator.computer.files import make_private, write_atomically
from orchestrator.jobs.unit import Job
from orchestrator.models import OutputFile
from orchestrator.remote import Shell
from orchestrator.remote.transport import OUTPUT_LIMIT

FOLDER = "output"
"""In the job's folder on the host, where a workload's files go by default."""
MOST_FILES = 200
MOST_BYTES = 256 * 2**20
"""Of all files of a job. A photograph of 12 megapixels has 36 MiB as PNG, and there are at most three."""
_CHUNK = OUTPUT_LIMIT // 2
"""Bytes that one command brings. As base64 with its line ends they are three eighths more, and what goes beyond the limit is dropped."""
_NAME = re.compile(r"[A-Za-z0-9_][\w.@=-]{0,120}(/[A-Za-z0-9_][\w.@=-]{0,120}){0,4}", re.ASCII)
"""Nothing that leads out of a folder, hides in it, or is an option to a program."""
_READ = 'tail -c "+$2" -- "$1" | head -c "$3" | base64'


def outputs_folder(host: str, workload: str, keeps: str = "outputs") -> str:
    """Where they lie, below the run folder."""
    return f"{keeps}/{host}-{workload}"


def fetch_outputs(
    shell: Shell, job: Job, told: tuple[OutputFile, ...], folder: Path
) -> tuple[tuple[OutputFile, ...], tuple[str, ...]]:
    """Bring the files into the folder, in place of what was there.

    A file that is not what the result says is left out: nothing is proved by it, and it stops nothing.

    Returns:
        Those that are there now, and of each other one why not.

    Raises:
        UnreachableError: the host is away.
        DiskFullError: no space on this computer.
    """
    shutil.rmtree(folder, ignore_errors=True)
    brought: list[OutputFile] = []
    left_out = (
        [f"{len(told) - MOST_FILES} files beyond the first {MOST_FILES}"] if len(told) > MOST_FILES else []
    )
    for file in told[:MOST_FILES]:
        why = _refused(file, MOST_BYTES - sum(each.bytes for each in brought))
        content = b"" if why else b"".join(_chunks(shell, f"{job.folder}/{FOLDER}/{file.name}", file.bytes))
        if not why and (len(content), hashlib.sha256(content).hexdigest()) != (file.bytes, file.sha256):
            why = "it is not what the result says: its size or its SHA-256 is another"
        if why:
            left_out.append(f"{file.name}: {why}")
            continue
        path = folder / file.name
        make_private(path.parent)
        write_atomically(path, content)
        brought.append(file)
    return tuple(brought), tuple(left_out)


def _refused(file: OutputFile, room: int) -> str:
    if not _NAME.fullmatch(file.name):
        return "no name for a file"
    if not 0 <= file.bytes <= room:
        return f"{file.bytes / 2**20:,.0f} MiB, and a job's files are fetched up to {MOST_BYTES // 2**20} MiB"
    return ""


def _chunks(shell: Shell, path: str, size: int) -> Iterator[bytes]:
    """The file as it is; ends early where it is shorter, is no file, or comes garbled."""
    for start in range(0, size, _CHUNK):
        asked = min(_CHUNK, size - start)
        answer = shell.run(("sh", "-c", _READ, "read", path, str(start + 1), str(asked)))
        try:
            chunk = base64.b64decode(answer.stdout)
        except binascii.Error:
            return
        yield chunk
        if len(chunk) < asked:
            return
