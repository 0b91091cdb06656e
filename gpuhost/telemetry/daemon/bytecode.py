"""The program's archive as byte code in a folder, from which it starts without compiling. Runs none of it."""

from __future__ import annotations

import hashlib
import py_compile
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

_WANTED = ("gpuhost/__init__.py", "gpuhost/telemetry/", "gpuhost/xid/", "gpuhost/probe/", "pynvml.py")
"""What the service may import, besides the modules of `gpuhost` itself."""


def compiled(program: Path, cache: Path) -> Path:
    """The folder with the byte code of this archive, for this Python; others' are taken away. Raises OSError.

    Args:
        program: the archive.
        cache: a folder that only this user may write to, or what lies there could be anybody's.
    """
    stamp = hashlib.sha256(program.read_bytes() + sys.version.encode()).hexdigest()[:16]
    wanted = cache / stamp
    if wanted.is_dir():
        return wanted
    for old in cache.iterdir():
        shutil.rmtree(old, ignore_errors=True)
    # It appears whole: a start that is killed leaves a folder of another name.
    fresh = Path(tempfile.mkdtemp(dir=cache))
    with zipfile.ZipFile(program) as archive:
        for name in archive.namelist():
            if name.startswith(_WANTED) or (name.startswith("gpuhost/") and name.count("/") == 1):
                source = Path(archive.extract(name, fresh))
                if source.suffix == ".py":
                    py_compile.compile(str(source), str(source.with_suffix(".pyc")), dfile=name, doraise=True)
                source.unlink()
    fresh.rename(wanted)
    return wanted
