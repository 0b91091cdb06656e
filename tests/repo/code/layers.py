"""The layers of `orchestrator`, and the one adapter to each foreign API. Judges nothing: the tests beside it do.

A new module goes into the table when it is written. `docs/architecture.md` explains the layers.
"""

from functools import cache

from tests.repo.code.modules import belongs

LAYERS: tuple[tuple[str, ...], ...] = (
    # Values, errors, what a stage tells, where the content lies: no I/O.
    (
        "orchestrator.computer.content",
        "orchestrator.errors",
        "orchestrator.models",
        "orchestrator.progress",
        "orchestrator.sanitize",
        "orchestrator.type_adapters",
    ),
    ("orchestrator.computer.files", "orchestrator.waiting"),
    # Hosts of an inventory, as Ansible reaches them; `remote` makes shells of that.
    ("orchestrator.ansible_hosts",),
    # One concern each, knowing no provider.
    (
        "orchestrator.catalog",
        "orchestrator.answer",
        "orchestrator.computer.processes",
        "orchestrator.computer.zipapp",
        "orchestrator.computer.reachability",
        "orchestrator.computer.package_access",
        "orchestrator.computer.user_ssh_config",
        "orchestrator.config",
        "orchestrator.journal",
        "orchestrator.ledger",
        "orchestrator.pages",
        "orchestrator.remote",
    ),
    # The contract comes before those who keep it, and these before the table that names them all.
    (
        "orchestrator.providers.base",
        "orchestrator.providers.settings",
        "orchestrator.fit",
        "orchestrator.resolve",
        "orchestrator.services",
        "orchestrator.telemetry",
        "orchestrator.tunnel",
    ),
    ("orchestrator.elastic", "orchestrator.jobs"),
    ("orchestrator.providers.aws", "orchestrator.providers.onprem", "orchestrator.providers.sandbox"),
    ("orchestrator.providers.registry",),
    (
        "orchestrator.doctor",
        "orchestrator.stages.fingerprint",
        "orchestrator.stages.plan",
        "orchestrator.stages.launch",
        "orchestrator.stages.inventory",
        "orchestrator.stages.preflight",
        "orchestrator.stages.converge",
        "orchestrator.stages.bench",
        "orchestrator.stages.validate",
        "orchestrator.stages.certify",
        "orchestrator.stages.report",
        "orchestrator.stages.deliver",
    ),
    ("orchestrator.pipeline", "orchestrator.rehearsal"),
    ("orchestrator.cli",),
)
"""Lowest first. A module belongs to the longest name that is its own or an ancestor's, imports from lower layers only,
and from its own package (`orchestrator.providers.sandbox.engine` and `.image` share one)."""

PACKAGES = {package: layer for layer, packages in enumerate(LAYERS) for package in packages}

WITHOUT_LAYER = frozenset(
    {"orchestrator", "orchestrator.computer", "orchestrator.providers", "orchestrator.stages"}
)
"""Packages that hold other packages and import nothing."""

ADAPTERS: dict[str, tuple[str, ...]] = {
    "ansible": ("orchestrator.ansible_hosts", "orchestrator.remote.inventory_shell"),
    "ansible_runner": ("orchestrator.stages.converge",),
    "boto3": ("gpuhost.elastic.instances", "orchestrator.providers.aws"),
    "botocore": ("gpuhost.elastic.instances", "orchestrator.providers.aws"),
    "fabric": ("orchestrator.remote",),
    "flask_cors": ("orchestrator.rehearsal",),
    "invoke": ("orchestrator.remote",),
    "moto": ("orchestrator.rehearsal",),
    "paramiko": ("orchestrator.remote",),
    "twisted": ("orchestrator.services.picture",),
    "vncdotool": ("orchestrator.services.picture",),
    "werkzeug": ("orchestrator.rehearsal",),
}
"""Distribution's import name -> the only packages that may import it."""

OF_JUPYTER = frozenset(
    {
        "gpuhost.notebooks.jupyterhub_spawner",
        "gpuhost.notebooks.notebook_server",
        "gpuhost.notebooks.tensorboard_server",
    }
)
"""What Jupyter's own Python runs on a host, with packages of its environment, which are not here. All else of `gpuhost` needs
the host's Python alone; no subcommand imports them before it is run."""

OF_BOTO3 = frozenset({"gpuhost.elastic.instances"})
"""What asks EC2, with the distribution's boto3, which role slurm installs where it runs."""

ENGINE_ADAPTER = "orchestrator.providers.sandbox.engine"
"""The only module of this computer that runs the container engine's command line."""

HOSTS_ENGINE_ADAPTERS = frozenset({"gpuhost.leases.containers.command", "gpuhost.leases.containers.start"})
"""Those that do so on a host, for people's own jobs."""

LIGHT: dict[str, tuple[str, ...]] = {
    "orchestrator.cli": (
        "ansible",
        "ansible_runner",
        "fabric",
        "jinja2",
        "matplotlib",
        "paramiko",
        "pydantic",
        "rich",
    ),
    "orchestrator.cli.commands.resolve": ("fabric", "paramiko", "pydantic", "rich", "yaml"),
    "orchestrator.answer": ("click", "pydantic", "yaml"),
    "orchestrator.errors": ("click", "pydantic", "yaml"),
    "orchestrator.models": ("click", "pydantic", "yaml"),
    "orchestrator.pipeline": ("ansible", "boto3", "fabric", "jinja2", "matplotlib", "paramiko"),
    "orchestrator.resolve": ("click", "pydantic", "yaml"),
    "orchestrator.type_adapters": ("click", "pydantic", "yaml"),
    "orchestrator.waiting": ("click", "pydantic", "yaml"),
}
"""Module -> what importing it must not pull in. `orchestrate --help` has 0.15 s of CPU time."""


@cache
def package_of(name: str) -> str | None:
    """The longest entry of LAYERS that the name lies in."""
    return max((package for package in PACKAGES if belongs(name, package)), key=len, default=None)
