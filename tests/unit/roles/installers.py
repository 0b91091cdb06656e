"""Installers of conda in a few lines of shell, and what is wished of role conda with them. Runs nothing."""

import hashlib
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import installation
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import state as conda

INSTALLER = """#!/bin/sh
# {release}
while getopts bfp: option; do [ "$option" != p ] || prefix=$OPTARG; done
mkdir -p "$prefix/bin" "$prefix/condabin" "$prefix/conda-meta" "$prefix/etc/profile.d"
for file in bin/conda bin/python condabin/conda conda-meta/history etc/profile.d/conda.sh; do echo "{release}" >"$prefix/$file"; done
echo '{{}}' >"$prefix/conda-meta/conda-{release}-0.json"
{last}
"""


def installer(folder: Path, release: str, last: str = "exit 0") -> dict[str, str]:
    """An installer; its address and digest as they stand in a wish."""
    text = INSTALLER.format(release=release, last=last)
    file = folder / f"installer-{release}.sh"
    file.write_text(text)
    return {"address": file.as_uri(), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def wish(root: Path, release: str = "1", last: str = "exit 0") -> Any:
    """A wish for that release, all in one folder."""
    (root / "opt").mkdir(exist_ok=True)
    return installation.Installation(
        prefix=root / "opt/conda",
        condarc="channels: [forge]\n",
        shell_file=root / "conda.sh",
        program_link=root / "conda",
        **installer(root, release, last),
    )


def present(wanted: Any) -> list[str]:
    """What was done to have it, without environments."""
    done: list[str] = conda.present(conda.Wish(installation=wanted, environments=()), write=True)
    return done


def environment(prefix: Path, name: str, *, ours: bool) -> Path:
    """A folder that looks like an environment."""
    folder = prefix / "envs" / name
    folder.mkdir(parents=True)
    (folder / "data").touch()
    if ours:
        kept_folder.write_record(folder, kept_folder.Record(digest="", installed=("python-3",)))
    return folder
