"""Trees of files and wheels as conda packages. Knows the package format; decides nothing about a channel."""

import configparser
import email.message
import email.parser
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import policy
from pathlib import Path

import zstandard
from conda_package_streaming.create import conda_builder
from packaging.requirements import Requirement

PLACEHOLDER = "/placeholder_for_the_prefix".ljust(255, "_")
"""Stands in files for the folder that a package is installed into; whatever it is, it is shorter."""
TIMESTAMP_MS = 1_700_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a package says of itself."""

    name: str
    version: str
    subdir: str
    """`noarch` or a platform, for example `linux-64`."""
    depends: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    """`<name> = <module>:<function>`, written at installation for the Python that is there."""
    prefixed: Mapping[str, str] = field(default_factory=dict)
    """File -> `text` or `binary`, where the placeholder is in it."""
    for_python: bool = False
    """noarch, installed into the site-packages of whichever Python is there."""


def write_package(tree: Path, about: About, channel: Path) -> None:
    """Write the package into its folder of the channel; the tree gets an `info` folder."""
    info = tree / "info"
    files = sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_file() or path.is_symlink())
    info.mkdir()
    index = {
        "name": about.name,
        "version": about.version,
        "build": "0",
        "build_number": 0,
        "depends": about.depends,
        "subdir": about.subdir,
        "timestamp": TIMESTAMP_MS,
    }
    if about.subdir == "noarch":
        index["noarch"] = "python" if about.for_python else "generic"
    if about.for_python:
        link = {"noarch": {"type": "python", "entry_points": about.programs}, "package_metadata_version": 1}
        (info / "link.json").write_text(json.dumps(link))
    paths = {"paths": [_path(tree, file, about.prefixed) for file in files], "paths_version": 1}
    (info / "index.json").write_text(json.dumps(index, indent=1))
    (info / "paths.json").write_text(json.dumps(paths))
    (info / "files").write_text("".join(f"{file}\n" for file in files))
    (info / "about.json").write_text("{}")
    target = channel / about.subdir
    target.mkdir(parents=True, exist_ok=True)
    stem = f"{about.name}-{about.version}-0"
    with conda_builder(stem, target, compressor=lambda: zstandard.ZstdCompressor(level=3)) as package:
        for file in sorted(path for path in tree.rglob("*") if not path.is_dir()):
            package.add(file, str(file.relative_to(tree)), recursive=False)


def package_of_wheel(wheel: Path, tree: Path, channel: Path, subdir: str, python: str) -> str:
    """A package of the wheel; one with compiled parts is for this platform and this Python alone. Returns its name."""
    pure = wheel.name.endswith("-none-any.whl")
    packages = tree / ("site-packages" if pure else f"lib/python{python}/site-packages")
    unpack_wheel(wheel, packages)
    metadata = _metadata(packages)
    about = About(
        name=conda_name(str(metadata["Name"])),
        version=str(metadata["Version"]),
        subdir="noarch" if pure else subdir,
        depends=("python" if pure else f"python {python}.*", *_depends(metadata, python)),
        programs=_programs(packages) if pure else (),
        for_python=pure,
    )
    write_package(tree, about, channel)
    return about.name


def unpack_wheel(wheel: Path, target: Path) -> None:
    """The wheel's files as they lie in site-packages."""
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    for data in target.glob("*.data"):
        shutil.rmtree(data)
    for about in target.glob("*.dist-info"):
        (about / "INSTALLER").write_text("conda\n")


def conda_name(name: str) -> str:
    """A Python package's name as conda channels write it."""
    return re.sub(r"_", "-", name).lower()


def _metadata(packages: Path) -> email.message.Message:
    (file,) = packages.glob("*.dist-info/METADATA")
    return email.parser.Parser(policy=policy.compat32).parsestr(file.read_text(encoding="utf-8"))


def _depends(metadata: email.message.Message, python: str) -> Sequence[str]:
    """The requirements without extras that count for this Python."""
    given = [Requirement(one) for one in metadata.get_all("Requires-Dist", [])]
    surroundings = {"extra": "", "python_version": python, "python_full_version": f"{python}.0"}
    counting = [one for one in given if one.marker is None or one.marker.evaluate(surroundings)]
    return [f"{conda_name(one.name)} {one.specifier}".strip() for one in counting]


def _programs(packages: Path) -> tuple[str, ...]:
    points = configparser.ConfigParser(delimiters=("=",))
    points.optionxform = str  # type: ignore[assignment,method-assign]
    points.read(packages.glob("*.dist-info/entry_points.txt"))
    return (
        tuple(f"{name} = {call}" for name, call in points["console_scripts"].items())
        if "console_scripts" in points
        else ()
    )


def _path(tree: Path, file: Path, prefixed: Mapping[str, str]) -> dict[str, object]:
    place = tree / file
    content = b"" if place.is_symlink() else place.read_bytes()
    described: dict[str, object] = {
        "_path": str(file),
        "path_type": "softlink" if place.is_symlink() else "hardlink",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_in_bytes": len(content),
    }
    if str(file) in prefixed:
        described |= {"prefix_placeholder": PLACEHOLDER, "file_mode": prefixed[str(file)]}
    return described
