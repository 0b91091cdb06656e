"""The services of desktops and notebooks as files of systemd: what each of them may not do, and what it runs. No host."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.roles.rendered import rendered_variables

SANDBOX = {
    "LockPersonality": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "RestrictRealtime": "yes",
    "SystemCallArchitectures": "native",
}
PROGRAM = "/usr/local/lib/orchestrate/gpuhost"
DEBIAN = {"distribution": "Debian", "distribution_major_version": "13"}


def settings(content: str) -> dict[str, str]:
    """The last value of each setting of a unit file."""
    return dict(line.split("=", 1) for line in content.splitlines() if line[:1].isalpha())


HOST = {
    "__gpuhost_program": {"sha256": "d1b2"},
    "__notebooks_built": {"kernel": "default", "build": "17"},
    "__notebooks_nginx_seen": {"stat": {"exists": True}},
    "__vnc_listed": {"accounts": {"ada": {"uid": 1000, "home": "/srv/ada"}}},
    "notebooks_users": [{"name": "ada"}],
    "vnc_users": [{"name": "ada", "display": 3}],
}


@pytest.fixture(scope="module")
def rendered() -> list[list[dict[str, Any]]]:
    """The files of notebooks with JupyterLab and with JupyterHub, and the units of one user's desktop."""
    flavours = [
        ("notebooks", "__notebooks_files", {**HOST, "notebooks_flavour": each}) for each in ("lab", "hub")
    ]
    return rendered_variables([(*each, DEBIAN) for each in (*flavours, ("vnc", "__vnc_unit_wishes", HOST))])


@pytest.mark.parametrize("flavour", ["lab", "hub"])
def test_notebooks_and_tensorboard_are_run_by_jupyters_python_and_become_nobody_else(
    rendered: list[list[dict[str, Any]]], flavour: str
) -> None:
    files = {Path(file["path"]).name: file for file in rendered[flavour == "hub"]}
    for name, server in (("notebook", flavour), ("tensorboard", "tensorboard")):
        unit = settings(files[f"orchestrate-{name}@.service"]["content"])
        begin = f"/opt/ml/notebooks/lab/bin/python {PROGRAM} notebooks {server} "
        assert unit["ExecStart"].startswith(begin)
        assert unit.items() >= {**SANDBOX, "NoNewPrivileges": "yes", "RestrictSUIDSGID": "yes"}.items()
        socket = settings(files[f"orchestrate-{name}@.socket"]["content"])
        assert socket["ListenStream"].startswith("/run/orchestrate-notebooks/%i/")
        assert socket["SocketMode"] == "0660"
    assert files["jupyterhub_config.py"]["state"] == ("file" if flavour == "hub" else "absent")


def test_an_x_server_talks_to_this_host_alone_and_no_change_of_the_program_restarts_it(
    rendered: list[list[dict[str, Any]]],
) -> None:
    desktop = {unit["name"]: settings(unit["content"]) for unit in rendered[2]}
    server, web = desktop["orchestrate-vnc@ada.service"], desktop["orchestrate-vnc-web@ada.service"]
    closed = {**SANDBOX, "IPAddressDeny": "any", "IPAddressAllow": "localhost", "CapabilityBoundingSet": ""}
    assert server.items() >= {**closed, "NoNewPrivileges": "yes", "ProtectSystem": "strict"}.items()
    assert web.items() >= closed.items()
    assert server["ExecStartPre"] == f"{PROGRAM} desktop prepare 3"
    assert server["ExecStartPost"] == f"{PROGRAM} desktop ready 3"
    assert "d1b2" not in str(rendered[2])
