"""A fault of orchestrate itself: what is told of it, and the file that keeps the rest for whoever mends it.

The file holds the traceback alone. No values, no arguments and no environment: secrets may be among those.
"""

import os
import traceback
from importlib.metadata import version
from pathlib import Path

from orchestrator.journal import state_dir

NAME = "internal-error.txt"


def report_lines(error: Exception) -> tuple[str, ...]:
    """The lines that a user reads. Writes the traceback into the state folder, over the one before."""
    cause = " ".join(str(error).split())
    first = f"a fault of orchestrate itself: {type(error).__name__}{f': {cause}' if cause else ''}"
    try:
        path = _write_traceback(error, state_dir())
    except OSError as refused:
        return (first, f"  try: report it; where it happened could not be written down: {refused}")
    return (first, f"  try: report it with {path}; nothing that was made is forgotten: `orchestrate status`")


def _write_traceback(error: Exception, folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / NAME
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    text = f"orchestrate {version('orchestrate')}\n{''.join(frames)}{type(error).__name__}\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    return path
