"""Where that lies which goes to hosts: inside the installed package, or beside it in a checkout. Reads no file."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def content_dir() -> Path:
    """The folder that holds `playbooks/`, `roles/` and `ansible.cfg`."""
    installed = _PACKAGE / "content"
    return installed if installed.is_dir() else _PACKAGE.parent


def packages_dir() -> Path:
    """The folder that holds the packages `workloads` and `gpuhost`, in a checkout and in an installation."""
    return _PACKAGE.parent
