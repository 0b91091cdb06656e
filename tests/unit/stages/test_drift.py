"""When a host may be left alone: what the roles are given is the same, and the host says the same."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.errors import HostNotReadyError
from orchestrator.remote import Completed
from orchestrator.stages.converge.drift import Baseline, _sections, drifted, inputs_of
from orchestrator.stages.converge.play import ansible_environment
from tests.unit.builders import completed, host

ROLES = ("base", "ssh_server")


def written(folder: Path, **variables: object) -> tuple[Path, ...]:
    """Our own inventory."""
    path = folder / "inventory.yml"
    path.write_text(json.dumps({"orchestrate": {"hosts": {"lab-1": {}}, "vars": variables}}))
    return (path,)


def digest(folder: Path, *, roles: tuple[str, ...] = ROLES, **variables: object) -> str:
    inputs = inputs_of(roles, written(folder, **variables), {})
    assert inputs is not None
    return inputs.digest


def test_the_same_is_the_same_and_another_variable_or_role_is_not(tmp_path: Path) -> None:
    usual = digest(tmp_path, base_packages=["git"])
    assert digest(tmp_path, base_packages=["git"]) == usual
    assert digest(tmp_path, base_packages=["git", "jq"]) != usual
    assert digest(tmp_path, roles=(*ROLES, "conda"), base_packages=["git"]) != usual


@pytest.mark.parametrize(
    "value", ["{{ lookup('file', 'laboratory.crt') }}", "{{ query('env', 'X') }}", "{{ q('env', 'X') }}"]
)
def test_what_is_looked_up_elsewhere_cannot_be_compared(tmp_path: Path, value: str) -> None:
    assert inputs_of(ROLES, written(tmp_path, base_timezone=value), {}) is None


def test_folders_that_somebody_chose_are_named(tmp_path: Path) -> None:
    inputs = inputs_of(ROLES, written(tmp_path, ml_env_root="/data/envs", conda_prefix="/data/conda"), {})
    assert inputs is not None
    assert inputs.folders == ("/data/conda", "/data/envs")
    assert inputs_of(ROLES, written(tmp_path, ml_env_root="{{ disk }}/envs"), {}) is None


def test_the_users_own_inventory_counts_with_its_groups(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    (lab / "group_vars").mkdir(parents=True)
    (lab / "hosts.yml").write_text("lab: {hosts: {lab-1: {}}}\n")
    (lab / "group_vars/lab.yml").write_text("datasets_root: /data/sets\n")
    inventories = (lab, *written(tmp_path))
    before = inputs_of(ROLES, inventories, ansible_environment(tmp_path, inventories))
    (lab / "group_vars/lab.yml").write_text("datasets_root: /data/sets\nbase_timezone: UTC\n")
    after = inputs_of(ROLES, inventories, ansible_environment(tmp_path, inventories))
    assert before is not None
    assert after is not None
    assert before.folders == ("/data/sets",)
    assert before.digest != after.digest


def test_an_inventory_that_cannot_be_read_cannot_be_compared(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("lab: [no, inventory\n")
    inventories = (tmp_path / "hosts.yml", *written(tmp_path))
    assert (
        inputs_of(
            ROLES,
            inventories,
            {**ansible_environment(tmp_path, inventories), "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"},
        )
        is None
    )


def test_hosts_are_named_with_what_differs() -> None:
    baseline = Baseline(
        inputs="1",
        taken_at=datetime.now(UTC),
        states={"a": {"/etc": "1", "systemd": "1"}, "b": {"/etc": "1"}},
    )
    assert drifted(baseline, baseline.states) == {}
    now = {"a": {"/etc": "2", "/opt": "1"}, "b": {"/etc": "1"}, "new": {"/etc": "1"}}
    assert drifted(baseline, now) == {"a": ("/etc", "/opt", "systemd"), "new": ("/etc",)}


def test_the_digests_are_the_last_line() -> None:
    assert _sections(host(), completed('Welcome!\n{"/etc": "1"}\n')) == {"/etc": "1"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completed("", exit_code=1, stderr="sudo: a password is required\n"), "sudo: a password is required"),
        (completed("", exit_code=1, stderr="Traceback\nPermissionError: /etc\n"), "PermissionError: /etc"),
        (completed("[]"), "exit code 0"),
    ],
)
def test_a_host_that_cannot_say_it_gives_the_reason(answer: Completed, reason: str) -> None:
    with pytest.raises(HostNotReadyError, match=reason):
        _sections(host(), answer)
