"""What ansible-runner's events become. The play itself is run by the end-to-end tests."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import ConvergeError, UnreachableError
from orchestrator.models import HostRecap
from orchestrator.progress import Silent
from orchestrator.stages.converge.play import _Listener, ansible_environment

LOG = Path("/run/stdout")


def event(
    kind: str, *, host: str = "lab-1", role: str = "base", task: str = "Install", **result: object
) -> dict[str, Any]:
    return {"event": kind, "event_data": {"host": host, "role": role, "task": task, "res": result}}


def heard(*events: dict[str, Any]) -> _Listener:
    listener = _Listener(progress=Silent(), roles=("base", "ssh_server"))
    for one in events:
        assert listener(one) is False, "no event is written to a file of its own"
    return listener


def test_a_failure_names_host_role_task_and_message() -> None:
    error = heard(event("runner_on_failed", msg="No package matching htopp\nmore")).failure(LOG)
    assert isinstance(error, ConvergeError)
    assert error.cause == "lab-1: base: Install: No package matching htopp"
    assert error.hint == "mend the cause; `orchestrate up` goes on from here; all output is in /run/stdout"


def test_a_hint_of_the_task_is_handed_on() -> None:
    error = heard(event("runner_on_failed", msg="the index is down\n  try: set index-url")).failure(LOG)
    assert error is not None
    assert error.hint.startswith("set index-url; ")


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        ({"msg": "non-zero return code", "stderr": "\nE: no space\n"}, "E: no space"),
        (
            {"msg": "One or more items failed", "results": [{"failed": False}, {"failed": True, "msg": "b"}]},
            "b",
        ),
        ({"msg": "", "stdout": "only here"}, "only here"),
        ({}, "no message"),
    ],
)
def test_the_cause_is_found_where_the_module_put_it(result: dict[str, object], cause: str) -> None:
    failed = event("runner_on_failed")
    failed["event_data"]["res"] = result
    error = heard(failed).failure(LOG)
    assert error is not None
    assert error.cause.endswith(f": {cause}")


def test_where_a_task_was_rescued_the_last_failure_says_why() -> None:
    rescued = event("runner_on_failed", task="Prove", msg="timed out")
    said = event("runner_on_failed", task="Say what happened", msg="the settings were taken back")
    error = heard(rescued, said).failure(LOG)
    assert error is not None
    assert error.cause == "lab-1: base: Say what happened: the settings were taken back"


def test_other_hosts_are_counted() -> None:
    error = heard(
        event("runner_on_failed", msg="a"), event("runner_on_failed", host="lab-2", msg="b")
    ).failure(LOG)
    assert error is not None
    assert error.cause.endswith(": a (and 1 more hosts)")


def test_hosts_that_went_away_are_unreachable_and_not_failed() -> None:
    error = heard(event("runner_on_unreachable", msg="Connection reset")).failure(LOG)
    assert isinstance(error, UnreachableError)


def test_a_failure_that_the_play_ignores_is_none() -> None:
    ignored = event("runner_on_failed", msg="x")
    ignored["event_data"]["ignore_errors"] = True
    assert heard(ignored).failure(LOG) is None


def test_recaps_count_each_host() -> None:
    stats = {"ok": {"a": 3, "b": 1}, "changed": {"a": 2}, "dark": {"b": 1}, "failures": {}}
    assert heard({"event": "playbook_on_stats", "event_data": stats}).recaps == (
        HostRecap(host="a", ok=3, changed=2, failed=0, unreachable=0),
        HostRecap(host="b", ok=1, changed=0, failed=0, unreachable=1),
    )


def test_ansible_sees_no_credentials_and_checks_host_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    seen = ansible_environment(Path("/run"), (Path("/run/inventory.yml"),))
    assert "AWS_SECRET_ACCESS_KEY" not in seen
    assert seen["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    assert seen["LANG"] == "C.UTF-8"


def test_the_users_settings_of_ansible_hold_for_their_inventory_but_for_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "ansible.cfg"
    config.write_text(
        "[defaults]\nvault_identity_list = dev@prompt, lab@/home/me/.lab\nforks = 3\nhost_key_checking = False\n[ssh_connection]\npipelining = False\n"
    )
    monkeypatch.setenv("ANSIBLE_CONFIG", str(config))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "/home/me/.vault")
    monkeypatch.setenv("ANSIBLE_BECOME_PASS", "sesame")
    seen = ansible_environment(Path("/run"), (tmp_path / "lab", Path("/run/inventory.yml")))
    assert seen["ANSIBLE_CONFIG"] == str(config)
    assert not {"ANSIBLE_FORKS", "ANSIBLE_PIPELINING"} & set(seen)
    assert "ControlPersist" in seen["ANSIBLE_SSH_ARGS"]
    assert not seen["ANSIBLE_REMOTE_TMP"].startswith("~")
    assert seen["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    assert seen["ANSIBLE_VAULT_PASSWORD_FILE"] == "/home/me/.vault"
    assert "sesame" not in str(seen)
    assert seen["ANSIBLE_VAULT_IDENTITY_LIST"] == "lab@/home/me/.lab"
    assert Path(seen["ANSIBLE_BECOME_PASSWORD_FILE"]).read_text() == "sesame\n"
