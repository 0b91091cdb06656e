"""Ansible over real SSH, with the ansible.cfg of this project, on a host whose login shell prints before every command."""

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.remote.login_host import LoginHost

ROOT = Path(__file__).resolve().parents[3]
NOISE = (
    'echo \'Welcome! {"changed": false, "msg": "soup"}\'; echo \'[1, 2]\'; echo mesg: not a terminal >&2\n'
)


def test_a_module_and_a_file_come_through_what_the_login_shell_prints(tmp_path: Path) -> None:
    host = LoginHost(tmp_path, NOISE)
    known, content, there = tmp_path / "known_hosts", tmp_path / "content", tmp_path / "there"
    known.write_text(f"[127.0.0.1]:{host.host.port} {host.host.host_key}\n")
    content.write_text("as it was\n")
    inventory = tmp_path / "inventory"
    options = f"-o UserKnownHostsFile={known} -o ControlMaster=no -o ControlPath=none"
    inventory.write_text(
        f"lab-1 ansible_host=127.0.0.1 ansible_port={host.host.port} ansible_user=admin "
        f"ansible_ssh_private_key_file={host.key} ansible_python_interpreter={sys.executable} "
        f"ansible_ssh_extra_args='{options}'\n"
    )
    ended = subprocess.run(
        (
            str(Path(sys.executable).with_name("ansible")),
            *("lab-1", "-i", str(inventory), "-m", "ansible.builtin.copy"),
            *("-a", f"src={content} dest={there} mode=0644"),
        ),
        env=os.environ
        | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_REMOTE_TMP": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    host.close()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert there.read_text() == "as it was\n"
