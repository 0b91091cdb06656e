"""Options that `desktop` and `open` share."""

import click

from orchestrator.cli.options import Command, config_option, json_option, name_option, password_options

_PORT = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of this computer.  [default: the host's own number if it is free here]",
)
_NO_OPEN = click.option("--no-open", is_flag=True, help="Open no window; only say the address.")
_SHOW_PASSWORD = click.option(
    "--show-password", is_flag=True, help="Print the password, instead of how to read it."
)


def connect_options(command: Command) -> Command:
    """Add `--name`, `--config`, `--json`, `--port`, `--no-open` and `--show-password`."""
    for option in (
        password_options,
        _SHOW_PASSWORD,
        _NO_OPEN,
        _PORT,
        json_option,
        config_option,
        name_option,
    ):
        command = option(command)
    return command
