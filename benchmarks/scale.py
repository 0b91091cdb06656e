"""What a fleet of 1,000 hosts takes of the controller: time, processor time and calls of `up` to the login on every host, `status` and
`down`.

    python benchmarks/scale.py [--hosts N]

As root, in namespaces of its own, with OpenSSH's server. EC2 is emulated, and each instance is an address of this network namespace, at which one real sshd
answers for all: keys, logins and every connection are real, the first boot and the roles are not. Beside each time stands the processor
time of the controller, which is what a host more costs; sshd and EC2 share the processors with it. The rival: `ssh HOST true` for as many
hosts, as many at once as there are processors. Judges nothing.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import yaml

from benchmarks.played.hosts import NETWORK, REGION, end, in_namespaces, plain_namespace, serve
from orchestrator.rehearsal import Cloud

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).parent / "orchestrate"
FLEET = "scale"
QUOTA = {"Running On-Demand G and VT instances": 1e6}
KEYS = {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark", "AWS_DEFAULT_REGION": REGION}
TIMEOUT_S = 1800
PLAYED = 200
"""Hosts of a play: what a task costs does not depend on their number."""
TASKS = 4


def main() -> None:
    """All three commands, and the rival."""
    options = argparse.ArgumentParser()
    options.add_argument("--hosts", type=int, default=1000)
    hosts: int = options.parse_args().hosts
    in_namespaces("--net", "--mount")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain_namespace(folder)
        cloud = stack.enter_context(Cloud(quotas=QUOTA))
        stack.callback(end, folder / "sshd.pid")
        environment = (
            os.environ
            | KEYS
            | {"AWS_ENDPOINT_URL": cloud.url, "XDG_STATE_HOME": str(folder), "HOME": str(folder)}
        )
        (folder / "fleet.yml").write_text(yaml.safe_dump(fleet(hosts)), encoding="utf-8")
        Thread(target=serve, args=(cloud, folder), daemon=True).start()
        print(f"{hosts} hosts")
        for words in (("up", "--until", "launch", "--yes"), ("status",), ("down", "--yes")):
            if words[0] == "down":
                run_folder = folder / "orchestrate/fleets" / FLEET
                rival(hosts, run_folder, environment)
                tasks(min(hosts, PLAYED), run_folder, environment)
            measure(words, cloud, folder, environment)


def fleet(hosts: int) -> dict[str, object]:
    """Of the smallest type, without public addresses, so that each has one of the network."""
    aws = {"private": True, "ssh_from": [NETWORK], "regions": REGION}
    return {
        "name": FLEET,
        "cloud": "aws",
        "hosts": hosts,
        "user": "root",
        "aws": aws,
        "stack": {"builder": "venv"},
    }


def measure(words: tuple[str, ...], cloud: Cloud, folder: Path, environment: dict[str, str]) -> None:
    """Run a command, and print what it took."""
    before, spent, began = len(cloud.calls()), cpu_s(), time.monotonic()
    done = subprocess.run(
        (PROGRAM, *words, "--config", folder / "fleet.yml"),
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    took, used = time.monotonic() - began, cpu_s() - spent
    calls = Counter(call.action for call in cloud.calls()[before:])
    print(
        f"{words[0]:7} {took:6.1f} s, {used:6.1f} s of them processor time of the controller, {calls.total()} calls"
    )
    print(f"        {', '.join(f'{name} {count}' for name, count in calls.most_common())}")
    if done.returncode:
        print(f"        it ended with {done.returncode}:\n{done.stdout[-3000:]}")


def rival(hosts: int, run_folder: Path, environment: dict[str, str]) -> None:
    """A login on each host by OpenSSH's client."""
    names = [f"{FLEET}-{number}" for number in range(1, hosts + 1)]

    def login(name: str) -> int:
        argv = ("ssh", "-F", str(run_folder / "ssh_config"), name, "true")
        return subprocess.run(argv, env=environment, capture_output=True, check=False).returncode

    spent, began = cpu_s(), time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = sum(code != 0 for code in pool.map(login, names))
    print(
        f"ssh     {time.monotonic() - began:6.1f} s, {cpu_s() - spent:6.1f} s of them processor time; {failed} failed"
    )


def tasks(hosts: int, run_folder: Path, environment: dict[str, str]) -> None:
    """What Ansible takes of the controller for a task that has nothing to do on the host."""
    spent = []
    for count in (1, 1 + TASKS):
        play = [
            {
                "hosts": f"all[0:{hosts - 1}]",
                "gather_facts": False,
                "tasks": [{"ansible.builtin.raw": "true"}] * count,
            }
        ]
        (run_folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        before, began = cpu_s(), time.monotonic()
        subprocess.run(
            (
                PROGRAM.with_name("ansible-playbook"),
                "-i",
                run_folder / "inventory.yml",
                run_folder / "play.yml",
            ),
            env=environment | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            cwd=run_folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=True,
        )
        spent.append((time.monotonic() - began, cpu_s() - before))
    (first, first_cpu), (all_, all_cpu) = spent
    per_task = hosts * TASKS / 1000
    print(
        f"ansible {first:6.1f} s for the first task on {hosts} hosts ({first_cpu:.1f} s processor time), then"
        f" {(all_ - first) / per_task:.0f} ms a task and host ({(all_cpu - first_cpu) / per_task:.0f} ms processor time)"
    )


def cpu_s() -> float:
    """Of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
