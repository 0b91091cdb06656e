"""The command line: parse, call, print, exit. One `except`, one `sys.exit`; a command's module is imported when it runs."""

import importlib
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from orchestrator.errors import ExitCode, OrchestrateError

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("orchestrator.cli.commands.fleet", "Make the hosts, apply the roles, train, certify."),
    "plan": ("orchestrator.cli.commands.fleet", "Show what `up` would do, and what it would cost."),
    "resolve": (
        "orchestrator.cli.commands.resolve",
        "Say which driver, CUDA and framework fit a card, and why.",
    ),
    "fit": (
        "orchestrator.cli.measure.fit",
        "Say whether a training fits a card's memory, and cards fit a machine.",
    ),
    "status": ("orchestrator.cli.commands.status", "Show the fleet's hosts and its certificate."),
    "list": (
        "orchestrator.cli.fleets.listing:list_fleets",
        "Show all fleets of this computer: state, cost and deadline.",
    ),
    "gpus": ("orchestrator.cli.telemetry.gpus", "Show who and what is on the GPUs of all hosts."),
    "usage": (
        "orchestrator.cli.telemetry.usage",
        "Show GPU-hours, energy and money by person, job or month.",
    ),
    "ssh": ("orchestrator.cli.access.ssh", "Log in to a host, or run one command there."),
    "ssh-config": (
        "orchestrator.cli.access.ssh_config",
        "Let ssh, scp, rsync and editors reach hosts by name.",
    ),
    "run": ("orchestrator.cli.jobs.run", "Run a command on a host with a lease of its GPUs, and follow it."),
    "submit": (
        "orchestrator.cli.cluster.submit",
        "Run a command across hosts of a cluster, and follow it.",
    ),
    "queue": ("orchestrator.cli.cluster.queue", "Show the jobs of a cluster, and what they wait for."),
    "jobs": ("orchestrator.cli.jobs.listing", "Show who runs what on the hosts, and who waits."),
    "logs": ("orchestrator.cli.jobs.logs", "Print what a job printed; -f follows it."),
    "cancel": ("orchestrator.cli.jobs.cancel", "End a job."),
    "pull": ("orchestrator.cli.jobs.pull", "Copy what a job made from its host."),
    "desktop": (
        "orchestrator.cli.connect.desktop",
        "Bring a host's desktop here through SSH, or take a picture of it.",
    ),
    "open": (
        "orchestrator.cli.connect.web:open_tool",
        "Open a host's page, desktop, notebooks, TensorBoard, Prometheus or Zabbix in the browser.",
    ),
    "validate": (
        "orchestrator.cli.commands.fleet",
        "Train again on the hosts as they are, and certify anew.",
    ),
    "bench": (
        "orchestrator.cli.measure.bench",
        "Measure configurations, hosts and instance types: speed beside price.",
    ),
    "verify": (
        "orchestrator.cli.certificate.verify",
        "Say whether a certificate is what its hosts signed, and holds.",
    ),
    "revoke": (
        "orchestrator.cli.certificate.revoke",
        "Take the certificate back; `validate` makes a new one.",
    ),
    "report": ("orchestrator.cli.certificate.report", "Say what the last report says, or compare several."),
    "down": ("orchestrator.cli.commands.fleet", "Take the fleet away and prove that nothing is left."),
    "stop": ("orchestrator.cli.commands.lifecycle", "Halt the hosts; their disks stay."),
    "start": ("orchestrator.cli.commands.lifecycle", "Wake hosts that were halted."),
    "extend": ("orchestrator.cli.commands.lifecycle", "Put off the end of rented hosts."),
    "refresh-access": (
        "orchestrator.cli.commands.lifecycle",
        "Let this computer in after its address changed.",
    ),
    "bake": ("orchestrator.cli.commands.bake", "Make an image of a host that was set up."),
    "gc": ("orchestrator.cli.commands.account", "Find what no run folder knows at a cloud, and remove it."),
    "adopt": ("orchestrator.cli.owners.adoption", "Take over a fleet whose state folder is lost."),
    "aws-policy": ("orchestrator.cli.commands.account", "Print the IAM policy that is needed, and no more."),
    "trust": ("orchestrator.cli.access.trust", "Show a host's key and put it on record in known_hosts."),
    "doctor": ("orchestrator.cli.commands.local", "Say what is missing on this computer, and mend it."),
    "catalog": ("orchestrator.cli.commands.local", "Say how old the tables are that answers rest on."),
    "schema": ("orchestrator.cli.commands.local", "Print the JSON Schema of fleet.yml, for editors."),
}
"""Name → (module, one line for `--help`). The table is what keeps `--help` from importing the commands. A function that is
not called like its command stands behind a colon."""

_EXIT_CODES = "Exit codes: " + ", ".join(
    f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode
)


class _LazyGroup(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = tuple(args)  # a refusal shows the command again, with what has to change
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), function or cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_LazyGroup, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orchestrate")
def cli() -> None:
    """From a bare machine to one that is proven to train, and back to nothing."""


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of `orchestrate`."""
    _end_in_order()
    try:
        code = cli.main(args=argv, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort) as error:
        _show(
            error,
            ("interrupted", "  try: the same command goes on from here; `orchestrate down` cleans up"),
            argv,
        )
        code = ExitCode.INTERRUPTED
    except OrchestrateError as error:
        _show(error, error.lines, argv)
        code = error.exit_code
    except SystemExit:
        # click's own way out when whoever read our output has had enough, as `head` does: no check has failed.
        code = ExitCode.OK
    except Exception as error:  # noqa: BLE001  a fault of ours is told like any other, and is not a failed check
        from orchestrator.cli.messages.internal_error import report_lines

        _show(error, report_lines(error), argv)
        code = ExitCode.INTERNAL_ERROR
    sys.exit(code or ExitCode.OK)


def _show(error: BaseException, lines: Sequence[str], argv: Sequence[str] | None) -> None:
    """The lines, and what is to be known beside the error: what runs now, and what it costs."""
    from orchestrator.cli.messages.hints import as_command
    from orchestrator.sanitize import sanitized

    words = tuple(sys.argv[1:] if argv is None else argv)
    for line in (*lines, *getattr(error, "__notes__", ())):
        click.echo(sanitized(as_command(line, cli, words)), err=True)


def _end_in_order() -> None:
    """Whoever ends us, or closes our terminal, gets what Ctrl-C gets; under `nohup` the terminal does not matter."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
