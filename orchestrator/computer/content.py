"""Where that lies which goes to hosts: inside the installed package, or beside it in a checkout. Reads no file."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def content_dir() -> Path:
    """The folder that holds `playbooks/`, `roles/`, `collections/` and `ansible.cfg`."""
    installed = _PACKAGE / "content"
    return installed if installed.is_dir() else _PACKAGE.parent


def collection_dir() -> Path:
    """The collection `orchestrate.gpu`, which holds the package `gpuhost`."""
    return content_dir() / "collections/ansible_collections/orchestrate/gpu"


def packages_dir() -> Path:
    """The folder that holds the package `workloads`, in a checkout and in an installation."""
    return _PACKAGE.parent
