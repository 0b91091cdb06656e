"""The commands that remedies become. What makes a command run as root is a value, so a recorder can stand in for it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.doctor.fix import apply_remedies
from orchestrator.doctor.values import Facts, Remedy
from orchestrator.errors import ProviderError
from tests.unit.doctor.test_checks import SOUND


def facts_with_recorder(tmp_path: Path, *, last_words: str = "", status: int = 0) -> tuple[Facts, Path]:
    record, recorder = tmp_path / "record", tmp_path / "as-root"
    recorder.write_text(
        f'#!/bin/sh\necho "$*" >> {record}\necho "{last_words}"\nexit {status}\n', encoding="utf-8"
    )
    recorder.chmod(0o755)
    return replace(SOUND, root_prefix=(str(recorder),)), record


@pytest.fixture
def old_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose package lists have no docker-cli."""
    apt_cache = tmp_path / "apt-cache"
    apt_cache.write_text('#!/bin/sh\ncase "$*" in *docker-cli) exit 100 ;; esac\n', encoding="utf-8")
    apt_cache.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.mark.usefixtures("old_release")
def test_all_packages_are_installed_at_once_and_said_before(tmp_path: Path) -> None:
    facts, record = facts_with_recorder(tmp_path)
    said: list[str] = []
    apply_remedies(
        [Remedy(packages=("docker.io", "docker-cli")), Remedy(packages=("mmdebstrap", "docker.io"))],
        facts,
        said.append,
    )
    quietly, patiently = "env DEBIAN_FRONTEND=noninteractive", "--option DPkg::Lock::Timeout=120"
    assert record.read_text(encoding="utf-8").splitlines() == [
        f"{quietly} apt-get update {patiently}",
        f"{quietly} apt-get install --yes --no-install-recommends {patiently} docker.io mmdebstrap",
    ]
    assert [line.split(" ", 2)[2].split(" --")[0] for line in said] == ["apt-get update", "apt-get install"]


@pytest.mark.parametrize(
    ("family", "installs"),
    [
        ("fedora", "dnf install --assumeyes podman"),
        ("suse", "zypper --non-interactive install podman"),
        ("arch", "pacman --sync --needed --noconfirm podman"),
    ],
)
def test_each_distribution_installs_with_its_own_program(tmp_path: Path, family: str, installs: str) -> None:
    facts, record = facts_with_recorder(tmp_path)
    facts = replace(facts, release=replace(facts.release, family=family))
    apply_remedies([Remedy(packages=("podman",))], facts, lambda _line: None)
    assert record.read_text(encoding="utf-8") == f"env DEBIAN_FRONTEND=noninteractive {installs}\n"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Last metadata check: now.\nNo match for argument: podman\nBye", "No match for argument: podman"),
        ("error: target not found: podman\n", "error: target not found: podman"),
    ],
)
def test_what_another_program_marks_as_its_error_is_the_cause(tmp_path: Path, words: str, cause: str) -> None:
    facts, _ = facts_with_recorder(tmp_path, last_words=words, status=1)
    facts = replace(facts, release=replace(facts.release, family="fedora"))
    with pytest.raises(ProviderError) as caught:
        apply_remedies([Remedy(packages=("podman",))], facts, lambda _line: None)
    assert caught.value.cause == f"dnf ended with 1: {cause}"


def test_a_package_server_that_is_down_is_named(tmp_path: Path) -> None:
    facts, _ = facts_with_recorder(
        tmp_path, last_words="Err:1 host\nE: Failed to fetch the index\nE: Gone", status=100
    )
    with pytest.raises(ProviderError) as caught:
        apply_remedies([Remedy(packages=("apt",))], facts, lambda _line: None)
    assert caught.value.cause == "apt-get ended with 100: E: Failed to fetch the index"
    assert "apt-get update" in caught.value.hint


def test_nothing_to_mend_runs_nothing(tmp_path: Path) -> None:
    facts, record = facts_with_recorder(tmp_path)
    apply_remedies([], facts, lambda _line: None)
    assert not record.exists()
