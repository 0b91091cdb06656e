"""apt's preferences as they will be once the driver is there, for apt to plan with. Changes none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import REPAIR, File
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

PREFERENCES = Path("/etc/apt/preferences.d")
PINNING = "nvidia-driver-pinning-"
"""NVIDIA's packages that pin a branch begin so."""


@contextmanager
def preferences(files: Sequence[File], going: Sequence[str]) -> Iterator[Path]:
    """A folder with the role's files as wished, and none of a package that pins another branch and goes."""
    texts = {file.path.name: file.content for file in files if file.path.parent == PREFERENCES}
    pinning = (name for name in going if name.startswith(PINNING))
    texts.update((path.name, "") for name in pinning for path in _files_of(name))
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "preferences.d")
        shutil.copytree(PREFERENCES, folder) if PREFERENCES.exists() else folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        yield folder


def _files_of(name: str) -> list[Path]:
    """The preferences that a package has installed."""
    listed = map(Path, succeed(("dpkg-query", "--listfiles", name), REPAIR).splitlines())
    return [path for path in listed if path.parent == PREFERENCES]
