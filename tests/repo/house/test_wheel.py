"""The wheel holds all that `orchestrate` needs without a checkout, and nothing that only the checkout needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.repo.tree import ROOT, files_under

CONTENT = "orchestrator/content"
COLLECTION = f"{CONTENT}/collections/ansible_collections/orchestrate/gpu"


def test_the_wheel_holds_the_packages_and_the_ansible_content_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)),
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = {str(path) for path in files_under("orchestrator", "gpuhost", "workloads")}
    content = {
        f"{CONTENT}/{path}" for path in files_under("playbooks", "roles") if "molecule" not in path.parts
    }
    collection = {
        f"{CONTENT}/{path}"
        for path in files_under("collections")
        if {"plugins", "meta", "galaxy.yml"} & set(path.parts)
    }
    programs = {f"{COLLECTION}/{path}" for path in files_under("gpuhost")}
    assert names == packages | content | collection | programs | {f"{CONTENT}/ansible.cfg"}
