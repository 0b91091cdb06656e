"""A laboratory on this computer's loopback: a jump host, and a host behind it, with all that an inventory says of them."""

from pathlib import Path

from orchestrator.models import Connection, Host, HostState
from tests.unit.remote.login_host import LoginHost

PASSWORD = "correct horse"

SUDO = """#!/bin/sh
# Stands in for sudo: what `become` gives it, and a prompt and a refusal in sudo's own words.
prompt= user=
while [ $# -gt 0 ]; do
  case $1 in
    -p) prompt=$2; shift 2 ;;
    -u) user=$2; shift 2 ;;
    -n) quiet=1; shift ;;
    -*) shift ;;
    *) break ;;
  esac
done
if [ -e "$(dirname "$0")/requiretty" ] && [ ! -t 0 ]; then
  echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1
fi
if [ -n "$quiet" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
printf %s "$prompt" >&2
IFS= read -r given
if [ "$given" != 'correct horse' ]; then echo 'Sorry, try again.' >&2; exit 1; fi
exec env BECAME="$user" "$@"
"""


class Lab:
    """Both hosts, and the files beside them. Closed by `close`."""

    def __init__(self, folder: Path) -> None:
        for name in ("jump", "far"):
            (folder / name).mkdir()
        self.folder = folder
        self.jump, self.far = LoginHost(folder / "jump"), LoginHost(folder / "far")
        self.sudo = folder / "sudo"
        self.sudo.write_text(SUDO)
        self.sudo.chmod(0o755)
        self.known_hosts = folder / "known_hosts"
        self.config = folder / "ssh_config"
        self.config.write_text(
            f"Host jump\n  HostName 127.0.0.1\n  Port {self.jump.port}\n  User gate\n  IdentityFile {self.jump.key}\n"
            f"Host *\n  UserKnownHostsFile {self.known_hosts}\n  GlobalKnownHostsFile /dev/null\n  IdentitiesOnly yes\n"
        )
        self.remember(self.jump, self.far)

    def remember(self, *hosts: LoginHost) -> None:
        """Have known_hosts hold the keys of these and of no other."""
        lines = (f"[127.0.0.1]:{host.port} {host.public_key}\n" for host in hosts)
        self.known_hosts.write_text("".join(lines))

    def inventory(self, text: str, name: str = "hosts.yml") -> Path:
        """An inventory with this text; `@key`, `@port`, `@config` and `@sudo` stand for what is true here."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        known = {"@key": self.far.key, "@port": self.far.port, "@config": self.config, "@sudo": self.sudo}
        for word, value in known.items():
            text = text.replace(word, str(value))
        path.write_text(text)
        return path

    def close(self) -> None:
        """Nobody listens any more."""
        self.jump.close()
        self.far.close()


def host_of(inventory: Path, name: str = "far") -> Host:
    """As the provider knows a host of an inventory."""
    return Host(
        name=name,
        fleet="lab",
        provider_id=name,
        distribution="",
        state=HostState.RUNNING,
        connection=Connection.SSH,
        address="127.0.0.1",
        port=0,
        user="",
        host_key="",
        inventory=str(inventory),
    )
