"""How this program starts itself once more, from the one file that it is on a host or from a checkout. Starts nothing."""

from __future__ import annotations

import sys
from pathlib import Path

_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from gpuhost.__main__ import main; sys.exit(main())"
)


def argv(*words: str) -> tuple[str, ...]:
    """The command line of a subcommand, in the Python that runs this."""
    return (sys.executable, "-EsB", "-c", _START, str(Path(__file__).parents[1]), *words)
