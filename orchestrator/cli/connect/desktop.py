"""`orchestrate desktop`: a host's desktop on this computer, or a picture of it."""

from contextlib import closing
from pathlib import Path

import click

from orchestrator.cli.connect.hosts import target_host
from orchestrator.cli.connect.options import connect_options
from orchestrator.cli.connect.port_forward import Credential, ServiceAccess, forward_port, print_access
from orchestrator.cli.connect.viewers import open_viewer
from orchestrator.cli.render import print_json
from orchestrator.errors import ExitCode


@click.command()
@connect_options
@click.option("--user", help="Whose desktop.  [default: of the user who logs in]")
@click.option(
    "--view", type=click.Path(path_type=Path, dir_okay=False), help="Write one picture, a PNG file, and end."
)
@click.argument("host", required=False)
def desktop(
    *,
    name: str | None,
    config: Path | None,
    host: str | None,
    user: str | None,
    port: int | None,
    view: Path | None,
    no_open: bool,
    show_password: bool,
    as_json: bool,
) -> int:
    """Bring the desktop of HOST to a port of this computer, through SSH, until Ctrl-C.

    A viewer opens where one is installed. HOST may be left out when the fleet has one host.
    """
    from orchestrator.services import desktop_of, login_of, password_of, text_of
    from orchestrator.tunnel import rfb_banner

    at = target_host(config, name, host)
    with closing(at.shell()) as shell:
        login = login_of(shell)
        found = desktop_of(shell, at.host.name, user=user, login=login, up=at.typed_up)
        password = password_of("vnc", user=found.user, login=login)
        secret = text_of(password, shell, at.host.name) if view or show_password else ""
    with forward_port(at, found.port, port) as link:
        if view:
            from orchestrator.services.picture import take_picture

            width, height = take_picture(link.port, secret, view)
            if as_json:
                return print_json({"view": view, "width": width, "height": height})
            click.echo(f"{view}: {width}x{height}, the desktop of {found.user} on {at.host.name}")
            return ExitCode.OK
        if not rfb_banner(link.port).startswith("RFB "):
            unit = ("systemctl", "status", f"orchestrate-vnc@{found.user}")
            raise link.no_answer_error(at, found.port, at.typed_ssh(unit))
        shown = ServiceAccess(
            what=f"desktop of {found.user} on {at.host.name}",
            url=f"vnc://127.0.0.1:{link.port}",
            also=f"vncviewer 127.0.0.1::{link.port}",
            port=link.port,
            via=link.via,
            login=Credential(password=password, text=secret),
        )
        print_access(shown, at, as_json=as_json)
        if not (no_open or as_json):
            open_viewer(link.port)
        return link.hold()
