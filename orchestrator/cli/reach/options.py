"""Options that `desktop` and `open` share."""

import click

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of this computer.  [default: the host's own number if it is free here]",
)
no_open_option = click.option("--no-open", is_flag=True, help="Open no window; only say the address.")
show_password_option = click.option(
    "--show-password", is_flag=True, help="Print the password, instead of how to read it."
)
