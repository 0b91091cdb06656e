"""What becomes of a certified host: its certificate is proved again, or what it stands on drifts. Runs programs as its root."""

import json
import subprocess

from tests.e2e.user import User

AT_ONCE = {
    "interval_minutes": 60,
    "every_hours": 0.0001,
    "busy_cpus": 1000,
    "busy_gpu_percent": 5,
    "memory_percent": 50,
}
"""Settings of `gpuhost recheck`: the host itself would wait for a day, and for the processors, which tests share."""

STATUS = "/var/lib/dpkg/status"
PACKAGE = "Package: libcudnn9\\nStatus: install ok installed\\nArchitecture: all\\nVersion: 9.9\\n\\n"


def prove_again(owner: User) -> None:
    """Have the first host run the certified job once more, with the settings AT_ONCE."""
    _as_root(owner, f"echo '{json.dumps(AT_ONCE)}' > /run/at-once.json")
    _as_root(owner, "/usr/local/lib/orchestrate/gpuhost recheck run /run/at-once.json")


def add_package(owner: User) -> str:
    """Have a library of NVIDIA's beside the certified ones for one look of the first host; return what that has to say."""
    drifted = f"cp -a {STATUS} /run/status && printf '{PACKAGE}' >> {STATUS}"
    _as_root(
        owner,
        f"{drifted} && systemctl start orchestrate-recheck; code=$?; cp -a /run/status {STATUS}; exit $code",
    )
    return "package libcudnn9:all 9.9 was added"


def _as_root(owner: User, script: str) -> None:
    container = owner.container(f"{owner.fleet}-1")
    argv = ("docker", "exec", container, "sh", "-c", script)
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
