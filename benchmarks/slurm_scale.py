"""What a cluster of 1,000 hosts takes of its controller: real slurmctld with a real slurmd for each host, all on this computer.

    python benchmarks/slurm_scale.py [--hosts N]

As root, in namespaces of its own, with Debian's packages slurmctld, slurmd, slurm-client and munge; 5 MB of memory a host. Each figure stands beside that of a tenth
of the hosts, from the same run. All hosts share this computer's processors, which 1,000 machines would not: what a job on every host
takes is mostly theirs. Judges nothing.
"""

import argparse
import os
import resource
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.played.hosts import in_namespaces
from orchestrator.waiting import NotYet, wait_for

ADDRESS = "10.231.0.1"
FIRST_PORT = 20001
IDLE_S = 30
JOBS = 200
TIMEOUT_S = 600

SETTINGS = """
ClusterName=scale
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/hosts/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/hosts/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/hosts/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
MaxNodeCount=4096
NodeName=host[1-{hosts}] NodeHostname=localhost Port=[{first}-{last}] CPUs=1 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""
"""As role slurm writes it, where that matters here."""


def main() -> None:
    """Both clusters, and the ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--hosts", type=int, default=1000)
    hosts: int = options.parse_args().hosts
    in_namespaces("--net", "--pid", "--fork", "--mount-proc")
    for argv in ("ip link set lo up", f"ip address add {ADDRESS}/32 dev lo"):
        subprocess.run(shlex.split(argv), check=True)
    small, large = measured(hosts // 10), measured(hosts)
    print(f"{'':52}{hosts // 10:>8} {hosts:>8}  ratio")
    for what, few in small.items():
        print(f"{what:52}{few:8.2f} {large[what]:8.2f}  {large[what] / few if few else 0:5.1f}")


def measured(hosts: int) -> dict[str, float]:
    """The figures of a cluster of so many hosts, by what they are."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
        stack.callback(end, folder)
        prepare(folder, hosts)
        run("slurmctld", "-c")
        found = {"s until all hosts are idle": timed(lambda: join(folder, 1, hosts))}
        run("sbatch", "--nodes=1", "--wrap=sleep 600", "--output=/dev/null")
        wait_for(
            "the job", lambda: "RUNNING" in said("squeue", "-h", "-o", "%T") or NotYet("no job"), timeout_s=60
        )
        found["s for a host more, the controller started again"] = timed(lambda: one_more(folder, hosts))
        assert said("squeue", "-h", "-o", "%T %R").split()[0] == "RUNNING"  # noqa: S101 - it was not disturbed
        found["s for sinfo"] = timed(lambda: run("sinfo", "-N"))
        found["s for a job of all hosts but one"] = timed(lambda: run("srun", f"--nodes={hosts}", "true"))
        found[f"s for {JOBS} jobs, from the first sbatch to the last end"] = timed(jobs)
        found["KiB of slurm.conf"] = (folder / "slurm.conf").stat().st_size / 1024
        found["% of a processor, slurmctld without work"] = idle(int((folder / "slurmctld.pid").read_text()))
        found["MB resident, slurmctld"] = resident_mb(int((folder / "slurmctld.pid").read_text()))
        return found


def prepare(folder: Path, hosts: int) -> None:
    """Settings, and a munged of our own."""
    for name in ("munge", "state", "hosts"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    configure(folder, hosts)
    own = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    places = (f"--{option}={folder}/munge/{name}" for option, name in own.items())
    run("munged", "--force", f"--key-file={key}", *places)


def configure(folder: Path, hosts: int) -> None:
    """Write slurm.conf."""
    text = SETTINGS.format(folder=folder, hosts=hosts, first=FIRST_PORT, last=FIRST_PORT + hosts - 1)
    (folder / "slurm.conf").write_text(text, encoding="utf-8")


def join(folder: Path, first: int, last: int) -> None:
    """Start hosts, and return once each is idle, or has a job."""
    for number in range(first, last + 1):
        (folder / "hosts" / f"host{number}").mkdir()
        run("slurmd", "-N", f"host{number}")

    def ready() -> bool | NotYet:
        count = int(said("sinfo", "-h", "-t", "idle,alloc,mix", "-o", "%D", "-p", "all").split()[0] or 0)
        return count >= last or NotYet(f"{count} of {last}")

    wait_for("hosts", lambda: all_ready(ready), timeout_s=TIMEOUT_S, interval_s=0.25)


def all_ready(probe: Callable[[], bool | NotYet]) -> bool | NotYet:
    """What the probe says; a controller that does not answer yet is none."""
    try:
        return probe()
    except (IndexError, ValueError, subprocess.CalledProcessError) as error:
        return NotYet(str(error))


def one_more(folder: Path, hosts: int) -> None:
    """Add a host. Slurm before 23.11 learns of one only as it starts."""
    configure(folder, hosts + 1)
    pid = int((folder / "slurmctld.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    wait_for("its end", lambda: not lives(pid) or NotYet("it lives"), timeout_s=TIMEOUT_S)
    run("slurmctld")
    join(folder, hosts + 1, hosts + 1)


def jobs() -> None:
    """Submit, and wait until only the long one is left."""
    run("sbatch", f"--array=1-{JOBS}", "--wrap=true", "--output=/dev/null")
    wait_for(
        "the jobs",
        lambda: len(said("squeue", "-h", "-r").splitlines()) == 1 or NotYet("jobs"),
        timeout_s=TIMEOUT_S,
        interval_s=0.2,
    )


def idle(pid: int) -> float:
    """Percent of a processor over a while in which nothing is asked of it."""
    before = used_s(pid)
    began = time.monotonic()
    wait_for(
        "its time",
        lambda: time.monotonic() - began >= IDLE_S or NotYet(""),
        timeout_s=2 * IDLE_S,
        interval_s=0.5,
    )
    return 100 * (used_s(pid) - before) / IDLE_S


def used_s(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def run(*argv: str) -> None:
    """Raises CalledProcessError."""
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=TIMEOUT_S)


def said(*argv: str) -> str:
    """What it prints. Raises CalledProcessError."""
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=TIMEOUT_S).stdout


def end(folder: Path) -> None:
    """Of every daemon that was started, by its number; return once none is left."""
    pids = [
        int(each.read_text())
        for each in (*folder.glob("hosts/*.pid"), *folder.glob("slurmctld.pid"), *folder.glob("munge/pid"))
    ]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for("their end", lambda: not any(map(lives, pids)) or NotYet("they live"), timeout_s=60)


def lives(pid: int) -> bool:
    """Whether it runs. As the first process of its namespace this one inherits the daemons, and has to see them off."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != pid
    except ChildProcessError:
        return Path(f"/proc/{pid}").exists()


if __name__ == "__main__":
    for program in ("slurmctld", "slurmd", "munged"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not here\n  try: apt-get install slurmctld slurmd slurm-client munge")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    main()
