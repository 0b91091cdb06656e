"""Type a command as a user with a home of their own does."""

import os
import subprocess
import sys
from pathlib import Path

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))


def typed(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `orchestrate` to its end, in `home`."""
    environment = os.environ | {"XDG_STATE_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    return subprocess.run(
        (ORCHESTRATE, *words),
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
