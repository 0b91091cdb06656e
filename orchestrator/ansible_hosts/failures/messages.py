"""Ansible's and ssh's words: which of them say why, and what is to be done about it. Pure."""

import re

from orchestrator.sanitize import sanitized_line

LONGEST = 300

BEHIND_A_PROXY = "UNKNOWN port 65535"
"""ssh says so where a jump host or a ProxyCommand was in between, and with ControlPersist nothing else."""

_NO_CAUSE = re.compile(
    r"^(\[WARNING\]|<<<|Origin:|\(source|debug\d:|\*\* |Warning: Permanently added|Connection closed by UNKNOWN)"
)
UNREACHED = (
    (
        r"Could not resolve hostname",
        "set ansible_host of {name} to the address that it has, or teach {address} to DNS or /etc/hosts",
    ),
    (
        r"Connection refused",
        "on {name}: see that sshd runs, and on which port, which is what ansible_port has to say: {port} now",
    ),
    (
        r"timed out|No route to host|Network is unreachable",
        "see that {name} is on, that ansible_host is right, and no firewall or VPN between: `orchestrate ssh {name}` tries the same",
    ),
    (r"", "see that `orchestrate ssh {name}` works, then repeat the command"),
)
STOPPED = (
    (
        r"Permission denied|Too many authentication failures",
        "name a key of the jump host as `IdentityFile` in ssh's configuration; ansible_ssh_private_key_file is for {name} alone",
    ),
    (
        r"administratively prohibited|forwarding is disabled",
        "on the jump host: allow it in sshd's configuration, `AllowTcpForwarding yes`",
    ),
    (
        r"open failed",
        "see that ansible_host and ansible_port of {name} are what the jump host has to connect to: {address}, port {port}",
    ),
    (
        r"Could not resolve hostname|connect to host",
        "see that the jump host runs, and that its address in ansible_ssh_common_args or ssh's configuration is right",
    ),
    (r"", "see that `orchestrate ssh {name}` works, then repeat the command"),
)
"""What is found in ssh's words, and what to do about it; the first that is found counts."""
OF_THE_WAY = re.compile(
    r"Permission denied|Too many authentication failures|open failed|Could not resolve|connect to host|forwarding"
)
_PASSING = re.compile(
    r"Connection refused|Connection reset|Connection closed by remote|kex_exchange_identification|banner exchange.*(closed|refused)"
)


def may_pass(error: Exception) -> bool:
    """Whether another attempt may succeed a moment later: sshd restarts, or turns away more logins than it takes at once."""
    return bool(_PASSING.search(str(error)))


def next_step(steps: tuple[tuple[str, str], ...], said: str) -> str:
    """The first step of UNREACHED or STOPPED whose pattern is found; `name`, `address` and `port` are to be filled in."""
    return next(step for pattern, step in steps if re.search(pattern, said))


def ssh_reason(said: str) -> str:
    """ssh's last word, and before it what it says of a key that it could not use."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _NO_CAUSE.match(line.strip())]
    keys = [
        line
        for line in lines
        if re.search(r"[Ii]dentity file|no such identity|Load key|private key file", line)
    ]
    found = dict.fromkeys((*keys[:1], *lines[-1:]))
    prefix = re.compile(r"^.*?(Failed to connect to the host via ssh|can be reached over ssh): ?")
    return (
        sanitized_line("; ".join(prefix.sub("", line) for line in found), limit=LONGEST) or "no reason given"
    )


def innermost(said: str) -> str:
    """Ansible's innermost cause: the last line that neither warns nor points at a place."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wanted = [line for line in lines if not _NO_CAUSE.match(line)]
    return sanitized_line((wanted or ["no reason given"])[-1].removeprefix("[ERROR]: "), limit=LONGEST)
