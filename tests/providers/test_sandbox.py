"""What only a real engine shows: sandbox hosts behave like hosts, and keep their secrets."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest

from orchestrator.errors import ProviderError
from orchestrator.models import Host, HostRequest
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.provider import SandboxProvider
from orchestrator.providers.settings import SandboxSettings
from orchestrator.waiting import NotYet, wait_for
from tests.providers.bench import OWNER, Maker, launch_request, nothing

pytestmark = pytest.mark.containers

Ssh = Callable[..., str]


@pytest.fixture
def ssh(tmp_path: Path) -> Ssh:
    """Run a command on a host as its operator, with OpenSSH, the fleet's key and the pinned host key; wait for its sshd."""

    def run(host: Host, *command: str) -> str:
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(f"[{host.address}]:{host.port} {host.host_key}\n", encoding="utf-8")
        options = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known_hosts}")
        argv = (
            *("ssh", "-F", "none", "-i", str(tmp_path / "operator"), "-p", str(host.port)),
            *(part for option in options for part in ("-o", option)),
            *(f"{host.user}@{host.address}", *command),
        )

        def answer() -> str | NotYet:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
            return NotYet(done.stderr) if done.returncode == 255 else done.stdout.strip()

        return wait_for(f"ssh to {host.name}", answer, timeout_s=30)

    return run


def test_hosts_run_systemd_let_the_operator_in_and_know_each_other(sandbox_bench: Maker, ssh: Ssh) -> None:
    releases = {"debian-12": "bookworm", "debian-13": "trixie"}
    hosts = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    names = [host.name for host in hosts]
    for host in hosts:
        assert ssh(host, "systemctl is-system-running --wait; sudo id -un; hostname").split() == [
            "running",
            "root",
            host.name,
        ]
        assert f"VERSION_CODENAME={releases[host.distribution]}" in ssh(host, "cat /etc/os-release")
        assert [line.split()[1] for line in ssh(host, "getent hosts", *names).splitlines()] == names


def test_hosts_are_made_in_parallel(sandbox_bench: Maker, engine: Engine) -> None:
    hosts = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    template = "{{.Created}} {{.State.StartedAt}}"
    ids = (host.provider_id for host in hosts)
    lines = engine.call("container", "inspect", "--format", template, *ids).splitlines()
    created, started = zip(*(line.split() for line in lines), strict=True)
    assert sorted(created)[1] < min(started)


def test_no_private_key_is_in_a_label_the_environment_or_an_argument(
    sandbox_bench: Maker, engine: Engine
) -> None:
    hosts = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    for host in hosts:
        seen = engine.call("container", "inspect", host.provider_id) + engine.call("logs", host.provider_id)
        body = sandbox_bench.request.identities[host.name].private_key.splitlines()[1]
        assert body not in json.dumps(seen)
        assert "PRIVATE KEY" not in seen


def test_keys_arrive_with_the_owners_and_modes_that_sshd_wants(sandbox_bench: Maker, ssh: Ssh) -> None:
    (host, *_) = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    files = ("/etc/ssh/ssh_host_ed25519_key", ".ssh", ".ssh/authorized_keys", "/etc/sudoers.d/90-orchestrate")
    assert ssh(host, "sudo", "stat", "--format=%a:%U:%n", *files).split() == [
        "600:root:/etc/ssh/ssh_host_ed25519_key",
        "700:admin:.ssh",
        "600:admin:.ssh/authorized_keys",
        "440:root:/etc/sudoers.d/90-orchestrate",
    ]
    assert ssh(host, "ls", "/etc/ssh").count("ssh_host_") == 2
    assert "passwordauthentication no" in ssh(host, "sudo", "sshd", "-T")


def test_find_sees_the_port_that_a_host_has_after_a_restart(
    sandbox_bench: Maker, engine: Engine, ssh: Ssh
) -> None:
    fleet = sandbox_bench.request.fleet
    one = replace(sandbox_bench.request, hosts=sandbox_bench.request.hosts[:1])
    sandbox_bench.provider.launch(one, nothing)
    sandbox_bench.booted()
    sandbox_bench.provider.release(fleet, ReleaseAction.STOP)
    (stopped,) = sandbox_bench.provider.find(fleet)
    assert (stopped.address, stopped.port) == ("", 0)
    sandbox_bench.provider.release(fleet, ReleaseAction.START)
    (host,) = sandbox_bench.provider.find(fleet)
    assert engine.call("port", host.provider_id, "22/tcp").splitlines()[0] == f"127.0.0.1:{host.port}"
    assert ssh(host, "hostname") == host.name


def test_a_paused_host_goes_on_and_a_host_that_is_gone_is_made_anew(
    sandbox_bench: Maker, engine: Engine
) -> None:
    first = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    wait_for("the pause", lambda: _paused(engine, first[0].provider_id), timeout_s=60)
    engine.call("rm", "--force", first[1].provider_id)
    again = sandbox_bench.provider.launch(sandbox_bench.request, nothing)
    same = [new.provider_id == old.provider_id for new, old in zip(again, first, strict=True)]
    assert same == [True, False]
    assert {host.state.value for host in sandbox_bench.provider.find(sandbox_bench.request.fleet)} == {
        "running"
    }


def _paused(engine: Engine, container: str) -> bool | NotYet:
    """The freezer of cgroup v1 gives up where a busy host, which is still starting, forks faster than it freezes."""
    try:
        engine.call("pause", container)
    except ProviderError as error:
        return NotYet(str(error))
    return True


def test_a_host_of_another_distribution_is_not_passed_off_as_the_wanted_one(sandbox_bench: Maker) -> None:
    host, other = sandbox_bench.request.hosts
    sandbox_bench.half_make(host.name)
    swapped = HostRequest(name=host.name, distribution=other.distribution)
    with pytest.raises(ProviderError, match=f"exists with {host.distribution}, and {other.distribution} is"):
        sandbox_bench.provider.launch(replace(sandbox_bench.request, hosts=(swapped,)), nothing)


def test_a_base_image_is_set_up_by_the_same_script_and_its_tar_kept(
    engine: Engine, images: dict[str, str], tmp_path: Path
) -> None:
    recipe = recipe_for("debian-12", user="admin", base=images["debian-12"], owner="t-image")
    told: list[str] = []
    cache = RootfsCache(tmp_path / "images")
    maker = ImageMaker(engine=engine, cache=cache, fleet="t-image", say=told.append, intend=nothing)
    try:
        assert maker.ensure(recipe) == recipe.name
        assert [line.split()[0] for line in told] == ["setting", "importing"]
        assert cache.find(recipe) == cache.tar(recipe)
        made = [name for name in engine.images("orchestrate-sandbox") if name.startswith(recipe.name)]
        assert made == [recipe.name]
        assert engine.containers(f"{container_spec.FLEET}=t-image") == ()
        assert engine.exists("image", images["debian-12"])
    finally:
        engine.call("image", "rm", recipe.name)


def test_an_image_that_another_fleet_took_along_at_the_last_moment_is_imported_again(
    engine: Engine, images: dict[str, str], tmp_path: Path
) -> None:
    recipe = recipe_for("debian-12", user="admin", base=images["debian-12"], owner=OWNER)
    told: list[str] = []
    provider = SandboxProvider(
        SandboxSettings(image=images["debian-12"]), told.append, OWNER, cache=tmp_path / "images"
    )
    request = launch_request(f"t-{token_hex(3)}", tmp_path, "debian-12")

    def take_along(kind: str, _name: str) -> None:
        if kind == "container" and told.count("importing the debian-12 image") == 1:
            engine.call("image", "rm", recipe.name)

    try:
        (host,) = provider.launch(request, take_along)
        assert host.name == request.hosts[0].name
        assert told.count("importing the debian-12 image") == 2
    finally:
        provider.release(request.fleet, ReleaseAction.TERMINATE)
        engine.call("image", "rm", recipe.name)


def test_hosts_share_a_volume_that_later_ones_have_too_and_that_goes_with_them(
    sandbox_bench: Maker, engine: Engine, ssh: Ssh
) -> None:
    request = replace(sandbox_bench.request, shared_folder="/shared")
    volume = f"volume {container_spec.volume_name(OWNER, request.fleet)}"
    assert volume in sandbox_bench.provider.makes(request)
    one, two = request.hosts
    (first,) = sandbox_bench.provider.launch(replace(request, hosts=(one,)), nothing)
    assert (
        ssh(first, "stat --format=%a /shared; mkdir -p /shared/admin && echo seen > /shared/admin/file")
        == "1777"
    )
    later = sandbox_bench.provider.launch(request, nothing)[1]
    assert later.name == two.name
    assert ssh(later, "cat", "/shared/admin/file") == "seen"
    addresses = ssh(later, "getent", "hosts", one.name, two.name)
    sandbox_bench.booted()
    sandbox_bench.provider.release(request.fleet, ReleaseAction.STOP)
    for host in (later, first):
        engine.call("start", host.provider_id)
    (_, now) = sorted(sandbox_bench.provider.find(request.fleet), key=lambda host: host.name == two.name)
    assert ssh(now, "getent", "hosts", one.name, two.name) == addresses
    assert volume not in sandbox_bench.provider.makes(request)
    assert any(each.kind == "volume" for each in sandbox_bench.provider.resources(request.fleet))
    lines = sandbox_bench.provider.release(request.fleet, ReleaseAction.TERMINATE)
    assert {line.resource.kind for line in lines if line.gone} >= {"container", "network", "volume"}
    assert all(line.gone for line in lines)
    assert engine.volumes(f"{container_spec.FLEET}={request.fleet}") == ()


def test_a_host_that_was_made_without_the_folder_is_not_passed_off_as_one_with_it(
    sandbox_bench: Maker,
) -> None:
    one = replace(sandbox_bench.request, hosts=sandbox_bench.request.hosts[:1])
    sandbox_bench.provider.launch(one, nothing)
    with pytest.raises(ProviderError, match="made without a shared folder"):
        sandbox_bench.provider.launch(replace(one, shared_folder="/shared"), nothing)
