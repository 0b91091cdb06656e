"""Type a command as a user with a home of their own does."""

import os
import subprocess
import sys
from pathlib import Path

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))


def typed(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `orchestrate` to its end, in `home`."""
    environment = os.environ | {
        "XDG_STATE_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        # Nobody's account: no credentials, neither in a file nor from the instance that this may be.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        environment.pop(name, None)
    return subprocess.run(
        (ORCHESTRATE, *words),
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
