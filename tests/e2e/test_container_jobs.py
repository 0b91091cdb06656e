"""People's own jobs in containers: a real Docker in the host, cards that are stand-ins, and nothing left of a job that ended.

Docker 20.10 in a sandbox: see tests/molecule/container_toolkit for what it needs, and what of NVIDIA's toolkit is a stand-in.
"""

from pathlib import Path

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, engine

pytestmark = [pytest.mark.containers, pytest.mark.landing]

FLEET = "roles: [base, ssh_server, gpu_leases]\n"
TESTS = Path(__file__).parents[1]
PROGRAMS = {
    "/usr/local/sbin/runc": TESTS / "molecule/container_toolkit/tasks/runc.sh",
    "/usr/bin/nvidia-ctk": TESTS / "molecule/container_toolkit/tasks/nvidia_ctk.py",
    "/usr/bin/nvidia-container-runtime": TESTS
    / "molecule/container_toolkit/tasks/nvidia_container_runtime.py",
    "/usr/local/lib/cards.py": TESTS / "molecule/leased_cards/cards.py",
}
CARDS = 2
PREPARE = f"""
set -eu
for group in /sys/fs/cgroup/*; do
    [ ! -e "$group/cgroup.procs" ] || mount -o remount,bind,rw "$group"
done
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes --no-install-recommends docker.io iptables busybox-static >/dev/null
mkdir -p /srv/bb/bin /srv/bb/tmp /run/cdi /etc/docker
for name in busybox sh ls id cat sleep pwd; do cp /bin/busybox "/srv/bb/bin/$name"; done
tar -C /srv/bb -c . | docker import - bb:1
for number in $(seq 0 {CARDS - 1}); do
    mknod -m 666 "/dev/nvidia$number" c 1 3
    echo "$number uuid GPU-0000000$number-0000-0000-0000-000000000000" >>/etc/nvml-stand-in
done
nvidia-ctk --quiet config --config-file=/etc/nvidia-container-runtime/config.toml --in-place
sed -i 's/mode = "auto"/mode = "cdi"/' /etc/nvidia-container-runtime/config.toml
echo '{{"runtimes": {{"nvidia": {{"path": "nvidia-container-runtime"}}}}}}' >/etc/docker/daemon.json
systemctl reload docker
systemd-run --quiet --unit=stand-in-telemetry python3 /usr/local/lib/cards.py {CARDS}
"""
REFRESH = (
    "[Service]\nType=oneshot\nExecStart=/usr/bin/nvidia-ctk cdi generate --output=/run/cdi/nvidia.yaml\n"
)


@pytest.fixture(scope="module", autouse=True)
def docker(owner: User) -> None:
    """What role container_toolkit has on a host, without NVIDIA's repository."""
    for place, program in PROGRAMS.items():
        written = f"cat >{place} && chmod 755 {place}"
        container = owner.container(f"{owner.fleet}-1")
        engine("exec", "--interactive", container, "sh", "-c", written, said=program.read_bytes())
    on_the_host(owner, PREPARE)
    unit = f"printf %s '{REFRESH}' >/etc/systemd/system/nvidia-cdi-refresh.service && systemctl daemon-reload"
    on_the_host(owner, f"{unit} && systemctl start nvidia-cdi-refresh.service")
    wait_for("the cards", lambda: seen(owner, "gpuhost leases", "GPU 1"), timeout_s=60, interval_s=1)


def on_the_host(user: User, script: str) -> str:
    return engine("exec", user.container(f"{user.fleet}-1"), "sh", "-c", script).decode()


def seen(user: User, script: str, what: str) -> str | NotYet:
    said = on_the_host(user, script)
    return said if what in said else NotYet(said)


def left(user: User) -> str:
    """Of jobs that have ended: containers, folders that were mounted, cards that are in use."""
    return on_the_host(
        user,
        "docker ps --all --quiet; ls /run/orchestrate-containers; gpuhost leases | grep '^GPU.* job ' || :",
    ).strip()


def run(owner: User, *command: str, gpus: int = 1, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    return ("run", f"{owner.fleet}-1", "--gpus", str(gpus), "--image", "bb:1", *more, "--", *command)


def test_a_container_has_the_jobs_folder_its_user_and_its_exit_code(owner: User, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("it was copied\n")
    said = owner.run(
        *run(
            owner,
            "sh",
            "-c",
            "cat here; id -u; echo it was made >made; exit 3",
            gpus=0,
            more=("--sync", str(tmp_path)),
        )
    )
    assert said.code == 3, said.err
    assert said.out.splitlines()[1:] == ["it was copied", on_the_host(owner, "id -u admin").strip()]
    (job,) = (each for each in owner.run("jobs", "--json").json if each["exit_code"] == 3)
    assert owner.run("pull", str(job["number"]), "--to", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out/made").read_text() == "it was made\n"
    assert left(owner) == ""


def test_each_of_two_containers_has_its_own_card_alone(owner: User) -> None:
    waits = "ls /dev/nvidia*; while [ ! -e go-on ]; do sleep 0.2; done"
    with owner.running(*run(owner, "sh", "-c", waits)) as first:
        first.wait_until_it_says("/dev/nvidia")
        other = owner.run(*run(owner, "sh", "-c", "ls /dev/nvidia*; : >go-on"))
        assert first.has_ended_within(30)
    cards = [
        [line for line in text.splitlines() if line.startswith("/dev/nvidia")]
        for text in (first.said, other.out)
    ]
    assert sorted(cards) == [["/dev/nvidia0"], ["/dev/nvidia1"]]
    assert left(owner) == ""


def test_no_container_is_left_of_a_job_whose_first_process_is_killed(owner: User) -> None:
    with owner.running(
        *run(owner, "sh", "-c", "trap '' TERM; echo begun; sleep 98761 & sleep 98762")
    ) as following:
        following.wait_until_it_says("begun")
        on_the_host(owner, "pkill --signal KILL --full '^docker run'")
        wait_for("its end", lambda: left(owner) == "" or NotYet(left(owner)), timeout_s=2, interval_s=0.1)
        assert following.has_ended_within(30)
    assert on_the_host(owner, "pgrep --full '[s]leep 9876' || :") == ""


def test_a_container_that_is_canceled_may_tidy_up(owner: User) -> None:
    with owner.running(
        *run(owner, "sh", "-c", "trap 'echo tidied; exit 7' TERM; echo begun; while :; do sleep 1; done")
    ) as job:
        job.wait_until_it_says("begun")
        number = max(each["number"] for each in owner.run("jobs", "--json").json)
        assert owner.run("cancel", str(number)).code == 0
        job.wait_until_it_says("tidied")
    assert left(owner) == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--image", "nowhere.invalid/x:1"), "neither on this host nor to be had"),
        (("--engine", "podman"), "podman is not on this host"),
        (("--image=--privileged",), "is no image"),
    ],
)
def test_what_cannot_be_run_is_said(owner: User, more: tuple[str, ...], said: str) -> None:
    answer = owner.run(*run(owner, "true", gpus=0, more=more))
    assert answer.code in (2, 3, 4, 125)
    assert said in answer.err + answer.out
    assert left(owner) == ""


def test_a_folder_that_its_user_may_not_open_is_in_no_container(owner: User) -> None:
    as_admin = (
        "cd / && runuser -u admin -- withgpu --gpus 0 --image bb:1 --folder /root -- ls /root 2>&1 || :"
    )
    assert "/root cannot be opened: Permission denied" in on_the_host(owner, as_admin)
