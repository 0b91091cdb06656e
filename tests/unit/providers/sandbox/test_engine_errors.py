"""Error messages of real engines, and what each is called."""

import pytest

from orchestrator.errors import DiskFullError, EngineMissingError, ProviderError
from orchestrator.providers.sandbox.engine_errors import (
    NameTakenError,
    NotThereError,
    RemovalRunsError,
    one_line,
    translate,
)

DAEMON = "Error response from daemon: "


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", EngineMissingError),
        ("error during connect: Get http://docker/v1.41/info: EOF", EngineMissingError),
        ("permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock", EngineMissingError),
        ("failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct", EngineMissingError),
        ("permission denied while trying to connect to the docker API at unix:///var/run/docker.sock", EngineMissingError),
        (DAEMON + "client version 1.41 is too old. Minimum supported API version is 1.44", EngineMissingError),
        ("Error: cannot setup namespace using newuidmap: exit status 1", EngineMissingError),
        ("Cannot connect to Podman. Please verify your connection to the Linux system", EngineMissingError),
        (DAEMON + "No such container: lab-1", NotThereError),
        (DAEMON + "no such image: lab: No such image: lab:latest", NotThereError),
        (DAEMON + "network lab not found\nexit status 1", NotThereError),
        (DAEMON + "get orchestrate-0123456789ab-lab-adopted: no such volume", NotThereError),
        ("Error: inspecting object: no such volume lab", NotThereError),
        (DAEMON + "Conflict. The container name \"/lab-1\" is already in use by container \"5ee1\".", NameTakenError),
        (DAEMON + "network with name lab already exists", NameTakenError),
        ("Error: no such object: \"lab-1\"", NotThereError),
        ("Error: no container with name or ID \"lab-1\" found: no such container", NotThereError),
        ("Error: lab: image not known", NotThereError),
        ("Error: unable to find network with name or ID lab: network not found", NotThereError),
        (DAEMON + "removal of container lab-1 is already in progress", RemovalRunsError),
        (DAEMON + "mkdir /var/lib/docker/overlay2/x: no space left on device", DiskFullError),
        (DAEMON + "something that nobody has seen before", ProviderError),
    ],
)  # fmt: skip
def test_a_known_message_has_a_name_and_an_unknown_one_keeps_its_words(
    message: str, kind: type[Exception]
) -> None:
    error = translate("docker", ("create", "--name", "lab-1"), message)
    assert type(error) is kind
    assert "docker create --name: " in error.cause
    assert one_line(message) in error.cause
    assert error.hint


def test_a_full_range_of_networks_says_what_to_prune() -> None:
    message = DAEMON + (
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"
    )
    error = translate("docker", ("network", "create"), message)
    assert error.hint == "remove networks that nothing uses: `docker network prune`"


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Error: netavark: iptables: No such file or directory (os error 2)", "orchestrate doctor --fix"),
        ("Error: could not find slirp4netns, the network namespace can't be configured", "orchestrate doctor --fix"),
        ("Error: potentially insufficient UIDs or GIDs available in user namespace (requested 0:42 for /etc/gshadow)", "usermod --add-subuids"),
        ("Error: OCI runtime error: the requested cgroup controller `cpu` is not available", "Delegate=cpu"),
        ("Error: crun: controller `pids` is not available under /sys/fs/cgroup/user.slice", "Delegate=cpu"),
        ("Failed to set up tap device in namespace", "/dev/net/tun"),
        ("Error: netavark: nftables error: unable to execute nft: No such file or directory (os error 2)", "orchestrate doctor --fix"),
        (DAEMON + "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler", "Delegate=cpu"),
        (DAEMON + "unable to start unit docker-1.scope: Interactive authentication required.: unknown", "loginctl enable-linger"),
        (DAEMON + "Failed to Setup IP tables: iptables: No chain/target/match by that name.", "systemctl restart docker"),
        (DAEMON + "iptables v1.8.10: can't initialize iptables table `nat': Table does not exist (do you need to insmod?)", "modprobe ip_tables"),
        ("open /home/ada/.cache/orchestrate/images/x.tar: permission denied", "orchestrate doctor"),
        (DAEMON + "something that nobody has seen before", "`docker info`"),
    ],
)  # fmt: skip
def test_what_is_known_to_mend_a_refusal_is_said(message: str, hint: str) -> None:
    error = translate("docker", ("create",), message)
    assert hint in error.hint
    assert one_line(message) in error.cause


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("", ""),
        (DAEMON + "Conflict.", "Conflict."),
        ("Unable to find image 'x' locally\n" + DAEMON + "pull access denied", "pull access denied"),
        (DAEMON + "Conflict.\n\nRun 'docker create --help' for more information", "Conflict."),
    ],
)
def test_the_cause_is_the_one_line_that_says_what_went_wrong(message: str, line: str) -> None:
    assert one_line(message) == line
