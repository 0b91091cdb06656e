"""Type a command as a user with a home of their own does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))


def typed(
    home: Path, *words: str, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `orchestrate` to its end, in `home`, with more variables in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | {
        "XDG_STATE_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        # Nobody's account: no credentials, neither in a file nor from the instance that this may be.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        (ORCHESTRATE, *words),
        env=environment | dict(variables or {}),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
