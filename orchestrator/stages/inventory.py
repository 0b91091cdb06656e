"""Write what Ansible and `ssh` need to reach the fleet: inventory.yml, ssh_config, known_hosts.

They hold no secret: the private key is named by its path, and lies outside the run folder.
"""

import hashlib
import json
from pathlib import Path

from orchestrator.elastic import elastic_vars
from orchestrator.journal import Journal
from orchestrator.models import FLEET_GROUP, Connection, Host, Market, Plan, Stack
from orchestrator.resolve import role_vars

ROLES_BY_GROUP = frozenset(
    {
        "container_toolkit",
        "cuda",
        "firewall",
        "gpu_exporter",
        "host_page",
        "nginx",
        "nfs",
        "notebooks",
        "prometheus",
        "slurm",
        "vnc",
        "zabbix_agent",
        "zabbix_server",
    }
)
"""Roles that playbooks/site.yml applies to the hosts of the group of their name; the others it applies to every host."""

ROLES_OF_ONE_HOST = frozenset({"zabbix_server"})
"""Of these, one host of a fleet has the role, the first: it looks after the others."""


def inventory(plan: Plan, hosts: tuple[Host, ...], journal: Journal) -> Path:
    """Write the three files into the run folder and return the inventory's path.

    Hosts of the user's own inventory get no connection settings from us: theirs stand.
    """
    ours = [host for host in hosts if host.host_key]
    journal.write_file("known_hosts", "".join(f"{host.name} {host.host_key}\n" for host in ours).encode())
    ssh_config = journal.write_file("ssh_config", _ssh_config(ours, journal).encode())
    content = {
        FLEET_GROUP: {
            "hosts": {
                host.name: _host_vars(host, ssh_config) | _rented_vars(host, plan) | _web_vars(host, plan)
                for host in hosts
            },
            "vars": elastic_vars(plan, hosts) | plan.role_vars,
        },
        **{
            role: {"hosts": {host.name: {} for host in (hosts[:1] if role in ROLES_OF_ONE_HOST else hosts)}}
            for role in plan.roles
            if role in ROLES_BY_GROUP
        },
        **_cluster_groups(plan),
        **_stack_groups(plan),
    }
    # JSON is YAML, and needs no import.
    return journal.write_file("inventory.yml", (json.dumps(content, indent=2) + "\n").encode())


def _cluster_groups(plan: Plan) -> dict[str, object]:
    """Who has the controller, and who runs jobs."""
    if plan.cluster is None:
        return {}
    return {
        "slurm_controller": {"hosts": {plan.cluster.controller: {}}},
        "slurm_compute": {"hosts": {host: {} for host in plan.cluster.compute}},
    }


def _stack_groups(plan: Plan) -> dict[str, object]:
    """A group `stack_<n>` for the hosts of each stack, with the variables that follow from it.

    Variables of groups, because those of a host would win over what the user's own inventory says of its groups. Only of
    planned roles; and what `vars:` of the fleet file says is not said here.
    """
    hosts: dict[str, list[str]] = {}
    variables: dict[str, dict[str, object]] = {}
    for host, stack in plan.stacks.items():
        given = _of_planned_roles(stack, plan)
        key = json.dumps(given, sort_keys=True)
        hosts.setdefault(key, []).append(host)
        variables[key] = given
    return {
        f"stack_{number}": {
            "hosts": {member: {} for member in members},
            "vars": {"ansible_group_priority": 0, **variables[key]},
        }
        for number, (key, members) in enumerate(hosts.items(), start=1)
    }


def _of_planned_roles(stack: Stack, plan: Plan) -> dict[str, object]:
    prefixes = tuple(f"{role}_" for role in plan.roles)
    # Another host of the fleet is why the role runs here too.
    state = {} if stack.toolkit else {"cuda_state": "absent"}
    state |= {} if stack.driver else {"container_toolkit_state": "absent"}
    return {
        name: value
        for name, value in (state | role_vars(stack)).items()
        if name.startswith(prefixes) and name not in plan.role_vars
    }


def _host_vars(host: Host, ssh_config: Path) -> dict[str, object]:
    if host.connection is Connection.LOCAL:
        return {"ansible_connection": "local"}
    if not host.host_key:
        return {}
    return {
        "ansible_user": host.user,
        "ansible_ssh_common_args": f"-F {_quoted(ssh_config)}",
        "ansible_control_path": f"%(directory)s/{_connection_id(host, ssh_config)}-%%r",
    }


def _connection_id(host: Host, ssh_config: Path) -> str:
    """Names the connections that Ansible keeps open to this very host, one for each account: `%r` is ssh's word for it.

    Ansible's own name is made of host name, port and user, which a fleet of another state folder, or one that was removed a moment ago,
    may have too: its play would run there. Short, because the path of a socket has at most 107 characters.
    """
    return hashlib.sha256(f"{ssh_config}\0{host.name}\0{host.provider_id}".encode()).hexdigest()[:16]


def _rented_vars(host: Host, plan: Plan) -> dict[str, object]:
    """What role `lifetime` has to know of a host that somebody pays for; what `vars:` of the fleet file says is not said here."""
    given: dict[str, object] = {}
    if host.private_address and plan.cluster is not None:
        given["slurm_address"] = host.private_address
    if host.price_usd_per_hour:
        given["lifetime_price_usd_per_hour"] = host.price_usd_per_hour
    if host.market is Market.SPOT:
        given["lifetime_spot"] = True
    bound: dict[str, object] = {}
    if host.market is Market.CAPACITY_BLOCK:
        until = next((offer.until for offer in plan.offers if offer.until), None)
        # Facts, whatever the limits of the fleet are: EC2 takes it back then, and its hours cost nothing.
        bound = {"lifetime_max_cost_usd": 0} | ({"lifetime_until": until.isoformat()} if until else {})
    return {name: value for name, value in given.items() if name not in plan.role_vars} | bound


def _web_vars(host: Host, plan: Plan) -> dict[str, object]:
    """Names that the fleet file gives the host, and the address that the world has for a rented one."""
    names: dict[str, object] = (
        {"nginx_names": list(plan.web_names[host.name])} if host.name in plan.web_names else {}
    )
    if plan.regions and "nginx" in plan.roles:
        names["nginx_public_address"] = host.address
    return {name: value for name, value in names.items() if name not in plan.role_vars}


def _ssh_config(hosts: list[Host], journal: Journal) -> str:
    """One block a host, and one for what they share. Names, not addresses, are looked up in known_hosts, so that a port may change.

    Nothing in it is about other hosts: a user's own configuration may include it (`orchestrate ssh-config`).
    """
    if not hosts:
        return ""
    blocks = [
        "\n".join(
            (
                f"Host {host.name}",
                f"  HostName {host.address}",
                f"  Port {host.port}",
                f"  User {host.user}",
                f"  HostKeyAlias {host.name}",
            )
        )
        for host in hosts
    ]
    common = "\n".join(
        (
            f"Host {' '.join(host.name for host in hosts)}",
            f"  IdentityFile {_quoted(journal.keys / 'id_ed25519')}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {_quoted(journal.folder / 'known_hosts')}",
            "  GlobalKnownHostsFile /dev/null",
            "  StrictHostKeyChecking yes",
            "  UpdateHostKeys no",
            "  PasswordAuthentication no",
            "  ConnectTimeout 10",
            "  ConnectionAttempts 3",
            "  LogLevel ERROR",
        )
    )
    return "\n\n".join([*blocks, common]) + "\n"


def _quoted(path: Path) -> str:
    return f'"{path}"'
