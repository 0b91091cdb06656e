"""Hosts with packages that are not this computer's, and what is wished of them. Installs nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Host, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Package

STATUS = """\
Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21.22

Package: libcuda1
Status: hold ok installed
Architecture: amd64
Version: 535.309.01-0+deb12u1
Description: a library
 Status: install ok installed

Package: libcuda1
Status: install ok installed
Architecture: i386
Version: 535.309.01-0+deb12u1

Package: nvidia-smi
Status: deinstall ok config-files
Architecture: amd64
Version: 535.309.01-0+deb12u1
"""
HALF = """
Package: g++
Status: install ok half-configured
Architecture: amd64
Version: 4:12.2.0-3
"""


def set_up(tmp_path: Path) -> Path:
    """The folder of dpkg's and apt's files and of the record, as a host has them before apt fetched anything."""
    (tmp_path / "dpkg_status").write_text(STATUS)
    (tmp_path / "sources/sources.list.d").mkdir(parents=True)
    (tmp_path / "lists").mkdir()
    return tmp_path


def wish(*names: str, **more: Any) -> Wish:
    """What role cuda wants."""
    return Wish("cuda", decisions.wants_of(names, more.pop("optional", ())), **more)


def host(*names: str, held: tuple[str, ...] = (), automatic: tuple[str, ...] = (), **versions: str) -> Host:
    """A host with these packages."""
    every = dict.fromkeys(names, "1-1") | {name.replace("_", "-"): one for name, one in versions.items()}
    packages = {name: Package(version, name in held) for name, version in every.items()}
    return Host(packages, frozenset(automatic))


def programs(system: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Path:
    """Programs that write down how they were called, in the file returned."""
    (system / "bin").mkdir()
    for name in names:
        (system / "bin" / name).write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >>{system}/calls\n')
        (system / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{system}/bin:{os.environ['PATH']}")
    return system / "calls"
