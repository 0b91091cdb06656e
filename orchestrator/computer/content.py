"""Where that lies which goes to hosts: inside the installed package, or beside it in a checkout. Reads no file's content."""

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


def files_for_hosts(place: Path) -> list[Path]:
    """The file, or all below the folder that Ansible may read, in order: no documents, no scenarios of roles."""
    if place.is_file():
        return [place]
    return sorted(
        path
        for path in place.rglob("*")
        if path.is_file()
        and path.suffix not in {".md", ".pyc"}
        and "molecule" not in path.relative_to(place).parts
    )
