"""`orchestrate open`: a host's pages in the browser, by their own name where they have one, else through SSH."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.connect.hosts import target_host
from orchestrator.cli.connect.options import connect_options
from orchestrator.cli.connect.port_forward import Credential, ServiceAccess, Via, forward_port, print_access
from orchestrator.cli.connect.viewers import open_browser
from orchestrator.errors import ExitCode
from orchestrator.services import Tool

if TYPE_CHECKING:
    from orchestrator.services import Web

TOOLS = tuple(tool.value for tool in Tool)


@click.command("open")
@connect_options
@click.argument("host", required=False)
@click.argument("tool", required=False, type=click.Choice(TOOLS))
def open_tool(
    *,
    name: str | None,
    config: Path | None,
    host: str | None,
    tool: str | None,
    port: int | None,
    no_open: bool,
    show_password: bool,
    as_json: bool,
) -> int:
    """Open the page of HOST, or its desktop, notebooks, TensorBoard, Prometheus or Zabbix, in the browser.

    A host with a name and a certificate is opened by it, and the command ends. Any other, or with --port, comes through
    SSH until Ctrl-C. HOST may be left out when the fleet has one host.
    """
    from orchestrator.services import login_of, password_of, text_of, web_of
    from orchestrator.tunnel import http_status

    at = target_host(config, name, host, other_words=() if tool else TOOLS)
    meant = Tool(tool or (host if host in TOOLS and host != at.host.name else Tool.PAGE))
    with closing(at.shell()) as shell:
        login = login_of(shell)
        web = web_of(shell, at.host.name, meant, up=at.typed_up)

        def asked(service: str) -> Credential:
            password = password_of(service, user=login, login=login)
            return Credential(
                password=password, text=text_of(password, shell, at.host.name) if show_password else ""
            )

        web_login, desktop = asked("web"), asked("vnc") if meant is Tool.DESKTOP else None

    def shown(url: str, port: int, via: Via) -> ServiceAccess:
        what = f"{meant} of {at.host.name}"
        return ServiceAccess(what=what, url=url, port=port, via=via, login=web_login, desktop=desktop)

    opens = not (no_open or as_json)
    name_that_answers = None if port else _name_that_answers(web, meant)
    if name_that_answers:
        url = f"https://{name_that_answers}{meant.path}"
        print_access(shown(url, 443, Via.TLS), at, as_json=as_json)
        return _opened(url, wanted=opens)
    with forward_port(at, web.tunnel_port, port) as link:
        if http_status(link.port, meant.path) is None:
            raise link.no_answer_error(at, web.tunnel_port, at.typed_ssh(("systemctl", "status", "nginx")))
        url = f"http://127.0.0.1:{link.port}{meant.path}"
        print_access(shown(url, link.port, link.via), at, as_json=as_json)
        _opened(url, wanted=opens)
        return link.hold()


def _name_that_answers(web: "Web", tool: Tool) -> str | None:
    """The first name of the host that a browser gets the tool from; says why the others do not."""
    from orchestrator.tunnel import refusal_over_tls

    for name in web.names:
        refusal = refusal_over_tls(name, tool.path)
        if not refusal:
            return name
        click.echo(f"not by https://{name}, but through SSH: {refusal}", err=True)
    return None


def _opened(url: str, *, wanted: bool) -> int:
    if wanted and not open_browser(url):
        click.echo("no browser was opened: there is no display", err=True)
    return ExitCode.OK
