"""`pip install` and `orchestrate up` on a computer that has no checkout: its own hosts, and itself among them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.user import Said, User

pytestmark = [pytest.mark.containers, pytest.mark.landing]

CHECKOUT = Path(__file__).resolve().parents[2]
FLEET = "roles: [base]"
INSTALL = """
sudo apt-get -qq install --yes --no-install-recommends python3-venv openssh-client >/dev/null
python3 -m venv ~/venv && ~/venv/bin/pip install --quiet "$(echo ~/orchestrate-*.whl)[report]"
"""
NEIGHBOUR = """
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519 && cat ~/.ssh/id_ed25519.pub >> ~/.ssh/authorized_keys
mkdir -p ~/lab && cd ~/lab && printf 'all: {hosts: {next-door: {ansible_host: localhost}}}\\n' > hosts.yml
printf 'name: lab\\ncloud: onprem\\nonprem: {inventory: hosts.yml}\\nroles: [base]\\n' > fleet.yml
"""
FORGE = """
ssh-keygen -q -t ed25519 -N '' -f ~/other
read -r kind key rest < ~/other.pub && echo "localhost $kind $key" > ~/.ssh/known_hosts
"""
ITSELF = """
mkdir -p ~/here && cd ~/here && printf 'all: {hosts: {here: {ansible_connection: local}}}\\n' > hosts.yml
printf '{"name": "here", "cloud": "onprem", "onprem": {"inventory": "hosts.yml"}, "vars": %s, "validate": {"epochs": 2}}' "$1" > fleet.yml
"""


@pytest.fixture(scope="module")
def computer(owner: User, tmp_path_factory: pytest.TempPathFactory) -> User:
    """A sandbox host on which the wheel is installed, for user admin."""
    wheels = tmp_path_factory.mktemp("wheels")
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels))
    subprocess.run((sys.executable, *build, str(CHECKOUT)), check=True, timeout=120)
    (wheel,) = wheels.glob("*.whl")
    home = f"{owner.container(f'{owner.fleet}-1')}:/home/admin/"
    subprocess.run(("docker", "cp", str(wheel), home), check=True, capture_output=True, timeout=60)
    _there(owner, INSTALL, code=0)
    return owner


def test_a_neighbour_is_trusted_after_its_fingerprint_was_shown(computer: User) -> None:
    _there(computer, NEIGHBOUR, code=0)

    stranger = _there(computer, "cd ~/lab && ~/venv/bin/orchestrate up --no-validate", code=5)
    assert stranger.cause == "next-door: no host key is on record for localhost"
    assert stranger.hint == "orchestrate trust next-door"

    shown = _there(computer, "cd ~/lab && ~/venv/bin/orchestrate trust next-door", code=2)
    fingerprint = _there(computer, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", code=0).out.split()[1]
    assert f"localhost: shows ssh-ed25519 {fingerprint}" in shown.err

    _there(computer, "cd ~/lab && ~/venv/bin/orchestrate trust next-door --yes", code=0)
    _there(computer, "cd ~/lab && ~/venv/bin/orchestrate up --no-validate", code=0)
    said = _there(computer, "cd ~/lab && ~/venv/bin/orchestrate ssh next-door -- hostname", code=0)
    assert said.out.strip() == f"{computer.fleet}-1"


def test_a_changed_key_is_refused_and_explained(computer: User) -> None:
    _there(computer, FORGE, code=0)
    refused = _there(computer, "cd ~/lab && ~/venv/bin/orchestrate up --no-validate", code=5)
    assert "the host was replaced, or somebody stands in between" in refused.cause
    assert refused.cause.count("SHA256:") == 2
    assert refused.hint == "if you replaced the host: `orchestrate trust next-door`"


def test_this_very_computer_is_proven_to_train(computer: User) -> None:
    way_out = json.loads((computer.run_folder / "plan.json").read_text(encoding="utf-8"))["role_vars"]
    _there(computer, ITSELF, json.dumps(way_out), code=0)
    first = _there(computer, "cd ~/here && ~/venv/bin/orchestrate up", code=0)
    assert "PASS (CPU-only): here trains Fashion-MNIST" in first.out
    again = _there(computer, "cd ~/here && ~/venv/bin/orchestrate up", code=0)
    assert "changed=0" in again.out
    asked = _there(computer, "cd ~/here && ~/venv/bin/orchestrate resolve --host here", code=0)
    assert "here: no GPU on debian-12" in asked.out


def test_down_leaves_hosts_alone_that_orchestrate_did_not_make(computer: User) -> None:
    said = _there(computer, "cd ~/here && ~/venv/bin/orchestrate down --yes", code=0)
    assert "nothing is left of fleet here" in said.out
    _there(computer, "test -x /opt/ml/envs/default/bin/python", code=0)


def _there(computer: User, script: str, *arguments: str, code: int) -> Said:
    """Run a script as admin on the computer; it has to end with `code`."""
    said = computer.run("ssh", f"{computer.fleet}-1", "--", "sh", "-c", script, "sh", *arguments)
    assert said.code == code, f"{said.out}\n{said.err}"
    return said
