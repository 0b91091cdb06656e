"""One inventory with a jump host, a key file, sudo with a password in a vault, and two groups: every command, and Ansible alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.playbook import play
from tests.e2e.user import User, ssh_port

pytestmark = pytest.mark.containers

FLEET = "{hosts: 2, roles: [base]}"
UP = ("--until", "launch")
LAB = """
cloud: onprem
name: lab
roles: [base, ml_env, datasets]
stack: {builder: venv}
validate: {workloads: [fashion_mnist], epochs: 1, min_accuracy: 0.5}
onprem: {inventory: lab/hosts.yml}
"""
PASSWORD, VAULT_PASSWORD = "correct horse", "open sesame"

INVENTORY = """
all:
  children:
    racks:
      hosts: {{far: {{ansible_host: "{{{{ net }}}}"}}}}
      vars:
        ansible_user: admin
        ansible_ssh_private_key_file: {key}
        ansible_ssh_common_args: -F {config} -J gate
        ansible_become_password: "{{{{ vaulted }}}}"
        net: {address}
    desks: {{hosts: {{far: {{}}}}, vars: {{base_timezone: Etc/UTC}}}}
"""
CONFIG = """
Host gate
  HostName 127.0.0.1
  Port {port}
  User admin
  IdentityFile {key}
Host *
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
"""


@pytest.fixture(scope="module")
def lab(owner: User) -> Path:
    """The inventory, in the folder where the user works. The gate is the first host; the second asks for a password."""
    far = owner.container(f"{owner.fleet}-2")
    folder, key = owner.home, owner.home / "state/orchestrate/keys" / owner.fleet / "id_ed25519"
    port = ssh_port(owner, f"{owner.fleet}-1").rpartition(":")[2].strip()
    (folder / "config").write_text(CONFIG.format(port=port, key=key, folder=folder))
    lab = folder / "lab"
    (lab / "group_vars").mkdir(parents=True)
    address = json.loads(docker("inspect", far))[0]["NetworkSettings"]["Networks"].popitem()[1]["IPAddress"]
    (folder / "shared.yml").write_text(INVENTORY.format(key=key, config=folder / "config", address=address))
    (lab / "hosts.yml").symlink_to("../shared.yml")
    (folder / "vault-password").write_text(VAULT_PASSWORD)
    (lab / "group_vars/racks.yml").write_text(f"vaulted: {PASSWORD}\n")
    encrypt = ("vault", "encrypt", f"--vault-password-file={folder / 'vault-password'}")
    ansible = (sys.executable, "-m", "ansible", *encrypt, str(lab / "group_vars/racks.yml"))
    subprocess.run(ansible, check=True, capture_output=True, timeout=60)
    # Its way to the package servers is this computer's, which a host of one's own knows by itself.
    (lab / "group_vars/all.yml").write_text(json.dumps(owner.record("plan")["role_vars"]))
    (folder / "fleet.yml").write_text(LAB)
    rules = f"echo 'admin:{PASSWORD}' | chpasswd; echo 'admin ALL=(ALL) ALL' > /etc/sudoers.d/90-orchestrate"
    docker("exec", far, "sh", "-c", rules)
    return lab


def docker(*words: str) -> str:
    return subprocess.run(("docker", *words), check=True, capture_output=True, text=True, timeout=60).stdout


def test_one_inventory_does_for_every_command_and_for_ansible_alone(owner: User, lab: Path) -> None:
    def typed(*words: str, code: int = 0) -> str:
        said = owner.run(*words, ORCHESTRATE_NAME="lab")
        assert said.code == code, said.err
        return f"{said.out}\n{said.err}"

    closed = typed("plan", code=3)
    assert "ansible-vault encrypted, and no password was given" in closed
    assert "--ask-vault-pass" in closed

    (owner.home / "ansible.cfg").write_text("[defaults]\nvault_password_file = vault-password\n")
    assert "no host key is on record" in typed("up", "--no-validate", code=5)
    assert typed("trust", "far", "--yes").count(": on record") == 2
    assert "far" in typed("plan")
    assert typed("ssh", "far", "--", "true").strip() == "", "before anything was set up"
    assert "far" in typed("up", "--no-validate")
    assert "admin@" in typed("status")
    trained = json.loads(typed("validate", "--json").partition("\n\n")[0])
    assert trained["certificate"]["verdict"] == "PASS"
    assert (
        typed("ssh", "far", "--", "hostname").strip()
        == docker("exec", owner.container(f"{owner.fleet}-2"), "hostname").strip()
    )

    alone = play(lab, "prepare-host.yml", "--vault-password-file", str(owner.home / "vault-password"))
    assert (alone.code, alone.changed) == (0, 0), alone.out

    written = b"".join(path.read_bytes() for path in (owner.home / "state").rglob("*") if path.is_file())
    assert PASSWORD.encode() not in written
    assert VAULT_PASSWORD.encode() not in written


@pytest.mark.landing
def test_the_whole_play_goes_through_the_jump_host_and_then_changes_nothing(owner: User, lab: Path) -> None:
    """Its firewall, too: what the host sees is the jump host alone. conda's installer is out of reach of tests."""
    said = owner.run("trust", "far", "--yes", ORCHESTRATE_NAME="lab")
    assert said.code == 0, said.err
    (lab / "firewall.yml").write_text(json.dumps({"firewall": {"hosts": {"far": {}}}}))
    words = (
        "--vault-password-file",
        str(owner.home / "vault-password"),
        "--skip-tags",
        "conda,ml_env,datasets",
    )
    first = play(lab, "site.yml", *words)
    assert first.code == 0, first.out
    assert "Prove a new connection" in first.out
    again = play(lab, "site.yml", *words)
    assert (again.code, again.changed) == (0, 0), again.out
