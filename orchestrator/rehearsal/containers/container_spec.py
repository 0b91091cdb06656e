"""What the container of an instance is made of: its image's recipe, the files that lead cloud-init to the metadata, the words that create it. Pure."""

from dataclasses import dataclass, replace

from orchestrator.providers.sandbox.container_spec import File, systemd_flags
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.sandbox.image.recipe import STAND_INS, Recipe, recipe_for
from orchestrator.rehearsal.containers import stand_in
from orchestrator.rehearsal.image_content import ImageContent

LABEL = "orchestrate.rehearsal"
"""On containers and networks: the mark of the rehearsal that they belong to."""

REPOSITORY = "orchestrate-rehearsal"
METADATA_PORT = 8254
"""On the network's gateway."""

_NOBODY = "root"
"""The image makes no login: that is cloud-init's work, as on EC2."""

_METADATA = "169.254.169.254"

_CLOUD_CONFIG = """\
# The one datasource there is, without a search. The engine has set up the network, and locales are not built.
datasource_list: [Ec2]
datasource: {Ec2: {strict_id: false, timeout: 5, max_wait: 60, metadata_urls: ["http://169.254.169.254"],
  apply_full_imds_network_config: false}}
network: {config: disabled}
locale: false
# The publisher's images on EC2 call their own user so; a host of ours has the user that its fleet asks for.
system_info: {default_user: {name: {user}, lock_passwd: true, sudo: ["ALL=(ALL) NOPASSWD:ALL"], shell: /bin/bash}}
"""

_SOCKET = f"""\
[Unit]
Description=EC2's metadata address
DefaultDependencies=no
[Socket]
ListenStream={_METADATA}:80
FreeBind=true
"""

_ADDRESS = f"""\
[Unit]
Description=EC2's metadata address on this host
DefaultDependencies=no
[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=ip address replace {_METADATA}/32 dev lo
"""

_DROP_IN = """\
[Unit]
Wants=rehearsal-address.service rehearsal-metadata.socket
After=rehearsal-address.service rehearsal-metadata.socket
[Service]
# cloud-init takes a machine for one of EC2, and asks for tokens, by the hypervisor's uuid: it sees one here, and the rest of
# /sys as it is.
TemporaryFileSystem=/sys
BindReadOnlyPaths=-/sys/block -/sys/bus -/sys/class -/sys/dev -/sys/devices -/sys/firmware -/sys/fs -/sys/kernel -/sys/module
BindReadOnlyPaths=/etc/orchestrate-rehearsal:/sys/hypervisor
# The network is there already, and nobody in it answers DHCP: without a client cloud-init does not wait a minute for it.
InaccessiblePaths=-/usr/sbin/dhclient -/usr/sbin/dhcpcd
"""

_UUID = "ec2e1916-9099-7caf-fd21-012345abcdef"
"""Of EC2's form; the value means nothing."""

_CLOUD_INIT = (
    "cloud-init-local",
    "cloud-init",
    "cloud-init-main",
    "cloud-init-network",
    "cloud-config",
    "cloud-final",
)
"""The units of Debian 12's cloud-init and of Debian 13's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineNetwork:
    """A network of containers."""

    network: str
    """The engine's name for it."""
    gateway: str
    """This computer's address in it, where the metadata are."""
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceContainer:
    """One instance that needs a container."""

    instance_id: str
    address: str
    hostname: str
    image: str
    """The engine's."""
    content: ImageContent
    """What is on the image that the instance was launched from."""


def recipe(distribution: str, mark: str) -> Recipe:
    """The image of a rehearsal's containers: a sandbox host's, with cloud-init and without a login; for Ubuntu a Debian's.

    Raises:
        UsageError: there are no sandbox hosts of that distribution.
    """
    plain = recipe_for(STAND_INS.get(distribution, distribution), user=_NOBODY, owner=mark)
    return replace(plain, packages=(*plain.packages, "cloud-init"), repository=REPOSITORY)


def container_name(mark: str, instance_id: str) -> str:
    """The container that plays an instance."""
    return f"{REPOSITORY}-{mark}-{instance_id}"


def create_argv(facts: EngineFacts, container: InstanceContainer, place: EngineNetwork) -> tuple[str, ...]:
    """The engine's `create` call, without the program's name."""
    return (
        "create",
        *("--pull", "never"),
        *("--name", container_name(place.mark, container.instance_id), "--hostname", container.hostname),
        *("--network", place.network, "--ip", container.address),
        *("--stop-signal", "SIGRTMIN+3"),  # systemd's word for an orderly halt
        *systemd_flags(facts),
        *("--label", f"{LABEL}={place.mark}"),
        container.image,
        stand_in.first_process(container.content),
    )


def files(gateway: str, content: ImageContent) -> tuple[File, ...]:
    """What is on the image, and what leads 169.254.169.254 to the gateway, without a rule in this computer's firewall.

    Before cloud-init begins, the address is put on the loopback and handed on from there, so that the metadata see the
    host's own address as the caller's.
    """
    proxy = (
        "[Unit]\nDescription=Way to EC2's metadata\nDefaultDependencies=no\n"
        "Requires=rehearsal-metadata.socket\nAfter=rehearsal-metadata.socket\n"
        f"[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd {gateway}:{METADATA_PORT}\n"
    )
    units = "etc/systemd/system"
    user = "ubuntu" if content.distribution in STAND_INS else "admin"
    return (
        *stand_in.files(content),
        File(
            path="etc/cloud/cloud.cfg.d/99_rehearsal.cfg",
            text=_CLOUD_CONFIG.replace("{user}", user),
            mode=0o644,
        ),
        File(path=f"{units}/rehearsal-address.service", text=_ADDRESS, mode=0o644),
        File(path=f"{units}/rehearsal-metadata.socket", text=_SOCKET, mode=0o644),
        File(path=f"{units}/rehearsal-metadata.service", text=proxy, mode=0o644),
        File(path="etc/orchestrate-rehearsal", text=None, mode=0o755),
        File(path="etc/orchestrate-rehearsal/uuid", text=_UUID, mode=0o444),
        *(
            File(path=f"{units}/{unit}.service.d/rehearsal.conf", text=_DROP_IN, mode=0o644)
            for unit in _CLOUD_INIT
        ),
    )
