"""What has a container of Debian say what the image of its instance is: Ubuntu, or AWS's image with a driver.

Its packages stay Debian's. Reads only `ubuntu.sh`.
"""

from pathlib import Path

from orchestrator.providers.sandbox.container_spec import INIT, File
from orchestrator.providers.sandbox.image.recipe import STAND_INS
from orchestrator.rehearsal.image_content import ImageContent

SCRIPT = Path(__file__).with_name("ubuntu.sh")
"""Runs on a host as root, with the release."""

_SCRIPT_ON_HOST = "usr/local/sbin/rehearsal-ubuntu"
_FIRST_PROCESS = "/usr/local/sbin/rehearsal-init"

_NVIDIA_SMI = """\
#!/bin/sh
# Played by a rehearsal: as on a host that has the driver and no card.
echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is" \\
    "installed and running."
exit 9
"""
_NVIDIA_UNINSTALL = """\
#!/bin/sh
# Played by a rehearsal: what NVIDIA's installer leaves, of which no package manager knows.
echo "there is no driver here to uninstall: this host plays AWS's image with a driver" >&2
exit 1
"""
_DOCKER = """\
#!/bin/sh
# Played by a rehearsal: AWS's image with a driver has Docker.
[ "${1-}" != --version ] || exec echo "Docker version 28.5.1, played by a rehearsal"
echo "there is no Docker daemon here: this host plays AWS's image with a driver" >&2
exit 1
"""


def files(content: ImageContent) -> tuple[File, ...]:
    """What a container of the image has beside what cloud-init is led by."""
    return (*_ubuntu(content.distribution), *(_with_driver() if content.driver else ()))


def first_process(content: ImageContent) -> str:
    """What the container begins with: systemd, after what the host says of itself was set."""
    return _FIRST_PROCESS if content.distribution in STAND_INS else INIT


def _ubuntu(distribution: str) -> tuple[File, ...]:
    if distribution not in STAND_INS:
        return ()
    release = distribution.partition("-")[2]
    begin = (
        "#!/bin/sh\n# Before systemd, and once: a host that was stopped says it already.\n"
        f"grep -q '^ID=ubuntu' /etc/os-release || sh /{_SCRIPT_ON_HOST} {release}\nexec {INIT}\n"
    )
    return (
        File(path=_SCRIPT_ON_HOST, text=SCRIPT.read_text(encoding="utf-8"), mode=0o755),
        File(path=_FIRST_PROCESS.lstrip("/"), text=begin, mode=0o755),
    )


def _with_driver() -> tuple[File, ...]:
    return (
        File(path="usr/bin/nvidia-smi", text=_NVIDIA_SMI, mode=0o755),
        File(path="usr/bin/nvidia-uninstall", text=_NVIDIA_UNINSTALL, mode=0o755),
        File(path="usr/bin/docker", text=_DOCKER, mode=0o755),
    )
