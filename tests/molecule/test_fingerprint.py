"""A scenario is due again when something that it stands on changes, and only then."""

import shutil
from pathlib import Path

import pytest

from tests.molecule.fingerprint import TOP, digest, files, installed

PLUGINS = "collections/ansible_collections/orchestrate/gpu/plugins"
SHARED = f"{PLUGINS}/module_utils"

STANDS_ON = {
    ("conda", "default"): (
        "roles/conda/tasks/install.yml",
        "roles/conda/molecule/default/verify.yml",
        "roles/base/tasks/main.yml",
        f"{SHARED}/miniforge/installation.py",
        f"{SHARED}/retrying.py",
        "tests/molecule/conda_channel/packages.py",
        ".config/molecule/create.yml",
        "orchestrator/providers/sandbox/image/setup.sh",
    ),
    ("cuda", "alternative"): ("tests/molecule/apt_repository/tasks/serve.yml",),
    ("host_page", "ubuntu"): (
        "roles/host_page/molecule/default/verify.yml",
        "gpuhost/page/render.py",
        "gpuhost/program.py",
        "orchestrator/rehearsal/containers/ubuntu.sh",
        f"{PLUGINS}/filter/distribution.py",
        f"{PLUGINS}/plugin_utils/distributions.csv",
    ),
    ("lifetime", "default"): (
        "roles/gpuhost/tasks/install.yml",
        "gpuhost/lifetime/limits.py",
        f"{PLUGINS}/action/gpuhost.py",
        f"{PLUGINS}/plugin_utils/zipapp.py",
    ),
    ("vnc", "alternative"): (
        "roles/vnc/molecule/default/verify_removed.yml",
        ".config/molecule/web_server.yml",
        "roles/nginx/tasks/main.yml",
    ),
}
NOT_ON = {
    ("conda", "default"): (
        "roles/conda/molecule/alternative/verify.yml",
        "roles/conda/README.md",
        "roles/base/molecule/default/verify.yml",
        "roles/nginx/tasks/main.yml",
        f"{SHARED}/jupyter/state.py",
    ),
    ("cuda", "alternative"): (f"{SHARED}/miniforge/state.py",),
    ("host_page", "ubuntu"): (
        "roles/host_page/molecule/alternative/verify.yml",
        "gpuhost/desktop/display.py",
    ),
    ("lifetime", "default"): (
        "roles/cuda/tasks/main.yml",
        f"{SHARED}/python_env/state.py",
        "gpuhost/first_contact/boot.py",
        "gpuhost/page/render.py",
    ),
    ("vnc", "alternative"): ("roles/cuda/tasks/main.yml",),
}


@pytest.mark.parametrize("scenario", STANDS_ON, ids="-".join)
def test_it_stands_on_what_its_play_reads_and_on_nothing_else(scenario: tuple[str, str]) -> None:
    found = files(*scenario)
    assert set(map(Path, STANDS_ON[scenario])) <= found
    assert not set(map(Path, NOT_ON[scenario])) & found
    assert all((TOP / each).is_file() for each in NOT_ON[scenario]), "else this shows nothing"


def test_one_byte_of_what_it_stands_on_makes_it_due_again(tmp_path: Path) -> None:
    for path in (*files("conda", "default"), *map(Path, NOT_ON["conda", "default"])):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / path, tmp_path / path)
    before = digest("conda", "default", tmp_path)
    assert before == digest("conda", "default")
    for other in NOT_ON["conda", "default"]:
        _append(tmp_path / other, "# another line\n")
    assert digest("conda", "default", tmp_path) == before
    seen = {before}
    for one in STANDS_ON["conda", "default"]:
        _append(tmp_path / one, "# another line\n")
        seen.add(digest("conda", "default", tmp_path))
    assert len(seen) == len(STANDS_ON["conda", "default"]) + 1


def test_it_stands_on_those_subcommands_of_the_program_alone_that_it_runs(tmp_path: Path) -> None:
    for path in files("host_page", "default"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / path, tmp_path / path)
    start = tmp_path / "gpuhost/__main__.py"
    source = start.read_text(encoding="utf-8")
    before = digest("host_page", "default", tmp_path)
    others = source.replace("LINKS = {", 'LINKS = {"orchestrate-more": "more", ').replace(
        "COMMANDS = {", 'COMMANDS = {\n    "more": ("gpuhost.more", "does more"),'
    )
    seen = []
    for changed in (others, source.replace("gpuhost.page.render", "gpuhost.page.other"), f"{source}# more\n"):
        assert changed != source
        start.write_text(changed, encoding="utf-8")
        seen.append(digest("host_page", "default", tmp_path))
    assert seen[0] == before
    assert len(set(seen)) == 3


def test_another_version_of_what_runs_it_makes_it_due_again_and_another_range_of_versions_does_not(
    tmp_path: Path,
) -> None:
    for path in files("conda", "default"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / path, tmp_path / path)
    core, molecule = installed()
    assert core.startswith("ansible-core==2.")
    assert molecule.startswith("molecule==")
    seen = {
        digest("conda", "default", tmp_path, versions)
        for versions in ((core, molecule), (f"{core}.1", molecule), (core, f"{molecule}.1"))
    }
    assert len(seen) == 3
    assert digest("conda", "default") in seen, "no pyproject.toml, and so no range, is in this copy"


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
