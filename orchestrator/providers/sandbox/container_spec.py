"""What a new host's container is made of: the words of its `create` call and the files it is born with. Pure.

Private key material goes only into the files, which travel as a tar stream. What is in labels, the environment or an
argument vector can be read by every user of the engine.
"""

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.models import HostIdentity, HostRequest, LaunchRequest
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.settings import SandboxSettings

LABEL = "orchestrate"
FLEET, HOST, TOKEN, DISTRIBUTION, USER, HOST_KEY, SHARED = (
    f"{LABEL}.{key}" for key in ("fleet", "host", "token", "distribution", "user", "host-key", "shared")
)
"""SHARED: where a host has the fleet's volume, and on the volume itself."""
SUBNET, ADDRESS = f"{LABEL}.subnet", f"{LABEL}.address"
"""Of a network whose hosts keep their addresses, its range; and of each of those hosts, its address."""
OWNER = f"{LABEL}.owner"
"""The mark of the state folder that a fleet belongs to. One engine may serve several."""
ADOPTED, ADOPTED_AT = f"{LABEL}.adopted", f"{LABEL}.adopted-at"
"""On the record of an adoption: the ids of what was adopted, with commas; and when."""
USER_ID = 1000
"""The first ordinary user of a Debian system; the image makes it, the files here belong to it."""

INIT = "/usr/local/sbin/sandbox-init"
"""The image's first process; it hands over to systemd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """All that one new host is made from."""

    request: LaunchRequest
    host: HostRequest
    image: str
    network: str
    volume: str = ""
    """Name of the one that all hosts share; empty where the request asks for none."""
    address: str = ""
    """On the network; empty for whatever the engine gives it each time it starts."""

    @property
    def identity(self) -> HostIdentity:
        """The host's own key pair."""
        return self.request.identities[self.host.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file, ending in one newline, or a folder."""

    path: str
    """Relative to `/`."""
    text: str | None = field(repr=False)
    """None for a folder."""
    mode: int
    owner: int = 0
    """User and group id."""


def container_name(owner: str, host: str) -> str:
    """The container's name, unique in the engine: host names begin with their fleet's, and fleets of two owners may share one."""
    return f"{LABEL}-{owner}-{host}"


def network_name(owner: str, fleet: str) -> str:
    """The network on which hosts of one fleet find each other by name."""
    return f"{LABEL}-{owner}-{fleet}"


def volume_name(owner: str, fleet: str) -> str:
    """The volume that the hosts of one fleet share."""
    return f"{LABEL}-{owner}-{fleet}-shared"


def label_flags(owner: str, fleet: str) -> tuple[str, ...]:
    """The flags that label a thing as the owner's and the fleet's."""
    return ("--label", f"{FLEET}={fleet}", "--label", f"{OWNER}={owner}")


def labels(spec: ContainerSpec) -> dict[str, str]:
    """All that `find` has to know later. Public facts only."""
    given = {SHARED: spec.request.shared_folder if spec.volume else "", ADDRESS: spec.address}
    return {
        FLEET: spec.request.fleet,
        OWNER: spec.request.owner,
        HOST: spec.host.name,
        TOKEN: spec.request.token,
        DISTRIBUTION: spec.host.distribution,
        USER: spec.request.user,
        HOST_KEY: spec.identity.public_key,
        **{label: value for label, value in given.items() if value},
    }


def create_argv(facts: EngineFacts, spec: ContainerSpec, settings: SandboxSettings) -> tuple[str, ...]:
    """The engine's `create` call for one host, without the program's name."""
    name = spec.host.name
    label_flags = (part for key, value in labels(spec).items() for part in ("--label", f"{key}={value}"))
    return (
        "create",
        *("--pull", "never"),  # the image is made here; a registry may hold another of that name
        *("--name", container_name(spec.request.owner, name), "--hostname", name),
        *("--network", spec.network, "--network-alias", name),
        *(("--ip", spec.address) if spec.address else ()),
        *("--publish", "127.0.0.1::22"),  # a free port, reachable from this computer alone
        *("--stop-signal", "SIGRTMIN+3"),  # systemd's word for an orderly halt
        *(("--volume", f"{spec.volume}:{spec.request.shared_folder}") if spec.volume else ()),
        *systemd_flags(facts),
        *_limits(settings),
        *label_flags,
        spec.image,
        INIT,
    )


def files_tar(spec: ContainerSpec) -> bytes:
    """Host key pair, authorised key and sudo rule as a tar stream that unpacks at `/`."""
    user = spec.request.user
    # As /tmp: everybody makes folders of their own there.
    shared = (
        (File(path=spec.request.shared_folder.lstrip("/"), text=None, mode=0o1777),) if spec.volume else ()
    )
    return tar_stream(
        (
            *shared,
            File(path="etc/ssh/ssh_host_ed25519_key", text=spec.identity.private_key, mode=0o600),
            File(path="etc/ssh/ssh_host_ed25519_key.pub", text=spec.identity.public_key, mode=0o644),
            File(path="etc/sudoers.d/90-orchestrate", text=f"{user} ALL=(ALL) NOPASSWD: ALL", mode=0o440),
            *login_files(user, spec.request.authorized_key),
        )
    )


def login_files(user: str, authorized_key: str) -> tuple[File, ...]:
    """What lets in the holder of a key, and nobody else."""
    home = f"home/{user}/.ssh"
    return (
        File(path=home, text=None, mode=0o700, owner=USER_ID),
        File(path=f"{home}/authorized_keys", text=authorized_key, mode=0o600, owner=USER_ID),
    )


def tar_stream(files: Iterable[File]) -> bytes:
    """The files as a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.mode, entry.uid, entry.gid = file.mode, file.owner, file.owner
            content = b"" if file.text is None else f"{file.text.rstrip()}\n".encode()
            entry.type = tarfile.DIRTYPE if file.text is None else tarfile.REGTYPE
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def copy_argv(facts: EngineFacts, container: str) -> tuple[str, ...]:
    """The call that unpacks a tar stream from standard input at the container's root, owners as in the tar."""
    keep_owners = ("--archive=false",) if facts.podman else ()  # Podman gives all to root unless told not to
    return ("cp", *keep_owners, "-", f"{container}:/")


def systemd_flags(facts: EngineFacts) -> tuple[str, ...]:
    """What systemd needs to run as a container's first process, and no more.

    Never `--privileged`: it hands over this computer's devices, and it fails where the engine itself was not given
    every capability. With SYS_ADMIN and a control group namespace of its own systemd mounts what it needs; on cgroup
    v2 the image's first process makes the container's own part of the tree writable (see `setup.sh`).
    """
    capabilities = ["SYS_ADMIN", "NET_ADMIN"]
    """systemd and its services' sandboxes mount; a host rules its own network: firewall, PrivateNetwork=."""
    if facts.podman:
        capabilities += [
            "AUDIT_WRITE",
            "MKNOD",
            "NET_RAW",
        ]  # as Docker gives: sshd, sudo, PrivateDevices=, ping
        if not facts.rootless:
            capabilities.append(
                "AUDIT_CONTROL"
            )  # sshd's pam_loginuid, where a login of a user started the engine
    mounts = (
        ("--systemd=always", "--pids-limit=0")  # no limit; its own is 2048, and needs a controller
        if facts.podman
        else ("--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock")
    )
    return (
        *(part for name in capabilities for part in ("--cap-add", name)),
        *_unconfined(facts),
        *mounts,
    )


def _unconfined(facts: EngineFacts) -> tuple[str, ...]:
    """The engines' profiles forbid mounts, which systemd and its services' sandboxes are made of."""
    apparmor = facts.apparmor if facts.podman else True  # Docker passes over it where there is none
    return (
        *(("--security-opt", "apparmor=unconfined") if apparmor else ()),
        *(("--security-opt", "label=disable") if facts.selinux else ()),
    )


def _limits(settings: SandboxSettings) -> tuple[str, ...]:
    cpus = () if settings.cpus is None else ("--cpus", f"{settings.cpus:g}")
    memory = () if settings.memory_mib is None else ("--memory", f"{settings.memory_mib}m")
    return (*cpus, *memory)
