"""Starting programs: others for what they print, and this one once more, from the file that it is on a host or from a checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ANSWER_S = 20.0
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from gpuhost.__main__ import main; sys.exit(main())"
)


def argv(*words: str) -> tuple[str, ...]:
    """The command line of a subcommand, in the Python that runs this."""
    return (sys.executable, "-EsB", "-c", _START, str(Path(__file__).parents[1]), *words)


def ask(*words: str, seconds: float) -> tuple[subprocess.Popen[bytes], str, str]:
    """A subcommand in a process of its own: the process, what it printed, and its complaints.

    Where it takes longer it is killed and has no return code: waiting for its death could be waiting for ever.
    """
    child = subprocess.Popen(
        argv(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        answer, complaint = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child, "", ""
    return child, answer.decode(errors="replace"), complaint.decode(errors="replace")


def output(argv: tuple[str, ...]) -> str:
    """What the program prints. Raises OSError or SubprocessError, also where it takes longer than it may."""
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_S, check=True, text=True
    )
    return done.stdout
