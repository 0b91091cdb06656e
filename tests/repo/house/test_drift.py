"""Every place that a role names lies where `orchestrate up` looks before it leaves a host alone."""

import re
from pathlib import Path

import pytest
import yaml

from gpuhost.state import files
from orchestrator.stages.converge.drift import FOLDER_VARIABLES

TOP = Path(__file__).parents[3]
PLACES = (
    "roles/*/vars/*.yml",
    "roles/*/tasks/*.yml",
    "roles/*/defaults/*.yml",
    "roles/*/templates/*",
    "roles/*/files/**/*",
    "gpuhost/**/*.py",
    "collections/ansible_collections/orchestrate/gpu/plugins/**/*.py",
)
_PATH = re.compile(r"(?<![\w}:/.>*-])/(?:boot|etc|home|lib|opt|root|run|srv|usr|var)(?:/[\w.@+-]+)+")

BY_OTHER_MEANS = {
    "/home": "homes: of each, some folders are looked at",
    "/lib/systemd/system": "files of packages, whose versions are looked at",
    "/root/.keras": "homes: of each, some folders are looked at",
    "/run": "made anew at each start",
    "/usr/include": "files of packages, whose versions are looked at",
    "/usr/lib": "files of packages, whose versions are looked at",
    "/usr/libexec": "files of packages, whose versions are looked at",
    "/usr/share": "files of packages, whose versions are looked at",
    "/usr/src": "files of packages, whose versions are looked at",
    "/var/lib/apt/lists": "grows old by itself: a full run is relied on for a day",
    "/var/lib/shim-signed": "a key of the host's own, which no role writes",
    "/var/log": "written by services",
}
"""Places that are not looked at, and why that hides nothing."""


def test_every_place_that_a_role_names_is_looked_at() -> None:
    looked_at = [*files.WHOLE, *files.BY_CHILD, *files.CONTENTS, *files.WRITTEN_BY_SERVICES]
    known = [*(f"/{place}" for place in looked_at), *BY_OTHER_MEANS]
    hidden = {path: file for path, file in _named().items() if not any(_within(path, each) for each in known)}
    assert hidden == {}


@pytest.mark.parametrize("place", BY_OTHER_MEANS)
def test_no_exception_has_outlived_what_it_is_for(place: str) -> None:
    assert any(_within(path, place) for path in _named())


def test_every_variable_with_a_folder_is_known() -> None:
    defaults = (
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for path in TOP.glob("roles/*/defaults/main.yml")
    )
    folders = {
        name
        for values in defaults
        for name, value in values.items()
        if re.fullmatch(r"(\{\{ .*default\(')?/[\w/]+('\) \}\})?", str(value))
    }
    assert folders - FOLDER_VARIABLES == {"host_page_environments"}, "the last is only read"
    assert folders >= FOLDER_VARIABLES


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _named() -> dict[str, str]:
    """Path on a host -> a file that names it."""
    found: dict[str, str] = {}
    for pattern in PLACES:
        for file in sorted(TOP.glob(pattern)):
            if file.is_file():
                text = file.read_text(encoding="utf-8", errors="replace")
                found |= {path: str(file.relative_to(TOP)) for path in _PATH.findall(text)}
    return {path: file for path, file in found.items() if path != "/var/lib"}
