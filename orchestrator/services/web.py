"""Where the web pages of a host are, and which of its tools are installed."""

import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import UsageError
from orchestrator.remote import Shell
from orchestrator.services.host_files import is_port, read_json, read_lists, unreadable_answer

_FILE = "/etc/orchestrate/web.json"
_PAGES = "/etc/orchestrate/page.d"


class Tool(StrEnum):
    """What can be opened in a browser."""

    PAGE = "page"
    DESKTOP = "desktop"
    NOTEBOOK = "notebook"
    TENSORBOARD = "tensorboard"
    PROMETHEUS = "prometheus"
    ZABBIX = "zabbix"

    @property
    def path(self) -> str:
        """Where it is below the host's address."""
        return _PATHS[self]


_PATHS = {
    Tool.PAGE: "/",
    Tool.DESKTOP: "/desktop/",
    Tool.NOTEBOOK: "/notebooks/",
    Tool.TENSORBOARD: "/tensorboard/",
    Tool.PROMETHEUS: "/prometheus/alerts",
    Tool.ZABBIX: "/zabbix/",
}
_SERVICES = {
    Tool.PAGE: "page",
    Tool.DESKTOP: "desktop",
    Tool.NOTEBOOK: "notebooks",
    Tool.TENSORBOARD: "notebooks",
    Tool.PROMETHEUS: "prometheus",
    Tool.ZABBIX: "zabbix_server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The web server of a host."""

    names: tuple[str, ...]
    """DNS names that it has a certificate for; empty where it is reached by a tunnel alone."""
    tunnel_port: int
    """Of 127.0.0.1 on the host: HTTP."""


def web_of(shell: Shell, host: str, tool: Tool, *, up: str) -> Web:
    """The web server that shows the tool.

    Args:
        shell: on the host.
        host: its name.
        tool: what is to be shown.
        up: what the user types to bring the fleet up, `orchestrate up`.

    Raises:
        UsageError: the host has no web server, or not that tool.
        UnreachableError: no connection, or it broke.
    """
    said = read_json(shell, _FILE, host)
    if said is None:
        raise _missing(tool, host, up)
    if tool is not Tool.PAGE:
        shown = [entry.get("path") for entry in read_lists(shell, _PAGES, host)]
        if tool.path not in shown:
            raise _missing(tool, host, up)
    names, port = said.get("names"), said.get("tunnel_port")
    if not is_port(port) or not isinstance(names, list) or not all(map(_is_name, names)):
        raise unreadable_answer(host, _FILE)
    return Web(names=tuple(names) if said.get("tls") is True else (), tunnel_port=port)


def _is_name(given: object) -> bool:
    """Whether it can stand in an address of the web."""
    return (
        isinstance(given, str)
        and re.fullmatch(r"[A-Za-z0-9*]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", given) is not None
    )


def _missing(tool: Tool, host: str, up: str) -> UsageError:
    name = {
        Tool.NOTEBOOK: "JupyterLab",
        Tool.TENSORBOARD: "TensorBoard",
        Tool.PROMETHEUS: "Prometheus",
        Tool.ZABBIX: "Zabbix",
    }.get(tool, f"the {tool}")
    return UsageError(f"{name} is not installed on {host}", f"{up} --with {_SERVICES[tool]}")
