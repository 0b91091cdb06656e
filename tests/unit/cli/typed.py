"""Type a command as a user with a home of their own does."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.forked import Command, run

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))
TIMEOUT_S = 60


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
    environment |= variables or {}
    if environment.get("HOME") == os.environ.get("HOME"):
        return run(Command(words=words, home=home, environment=environment), TIMEOUT_S)
    # botocore looks for its user's folder while it is imported.
    return subprocess.run(
        (ORCHESTRATE, *words),
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
