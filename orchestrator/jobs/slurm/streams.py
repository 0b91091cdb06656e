"""What a job of a cluster prints, as a stream; and a folder for a job in the folder that all hosts see."""

from orchestrator.errors import GarbledAnswerError, UnreachableError
from orchestrator.jobs.leased.copying import Prepared
from orchestrator.jobs.leased.service import RUNS
from orchestrator.jobs.slurm.service import SlurmError
from orchestrator.jobs.slurm.values import SlurmJob
from orchestrator.models import Host
from orchestrator.remote import Shell
from orchestrator.sanitize import DocumentError, sanitized_json, sanitized_line

FACTS = "/etc/orchestrate/slurm.json"
"""On every host of a cluster: what role slurm has made of it."""


def shared_folder(shell: Shell, host: Host) -> str:
    """The folder that all hosts of the cluster see, as role slurm has left it on the host.

    Raises:
        SlurmError: it has not been there.
        GarbledAnswerError: what it left cannot be read.
        UnreachableError: no connection, or it broke.
    """
    answer = shell.run(("cat", FACTS))
    if answer.exit_code != 0:
        raise SlurmError(
            f"{host.name} is not under Slurm yet: there is no {FACTS}",
            f"orchestrate up --cluster --name {host.fleet}",
        )
    try:
        return str(sanitized_json(answer.stdout)["shared_folder"])
    except (DocumentError, KeyError, TypeError) as error:
        raise GarbledAnswerError(
            f"{host.name}: {FACTS} cannot be read: {sanitized_line(answer.stdout, limit=80)!r}",
            f"orchestrate up --full --cluster --name {host.fleet}",
        ) from error


def prepare(shell: Shell, host: Host, shared: str, name: str, stem: str) -> Prepared:
    """Make a folder for a job where all hosts see it: `<shared>/<user>/orchestrate-runs/<name>`, for the user alone.

    Args:
        shell: the controller's.
        host: the controller.
        shared: the folder that all hosts see.
        name: of the new folder.
        stem: what the names of folders of the same source begin with.

    Raises:
        UnreachableError: it cannot be made, or the connection broke.
    """
    answer = shell.run(("sh", "-c", _PREPARE, "sh", shared, RUNS, name, stem))
    lines = answer.stdout.splitlines()
    if answer.exit_code != 0 or len(lines) != 3 or not lines[0].startswith("/"):
        said = sanitized_line(answer.stderr, limit=200) or answer.exit_code
        raise UnreachableError(
            f"{host.name}: no folder can be made in {shared}: {said}",
            f"orchestrate ssh --name {host.fleet} {host.name} -- ls -ld {shared}",
        )
    return Prepared(folder=lines[0], has_rsync=lines[1] == "rsync", before=lines[2])


def stream(job: SlurmJob, offset: int) -> tuple[str, ...]:
    """The program that prints what a job prints from byte `offset` on, until it has ended; run on the controller."""
    return ("sh", "-c", _STREAM, "sh", job.output, job.user, str(job.number), str(offset))


def printed(job: SlurmJob) -> tuple[str, ...]:
    """The program that prints what a job has printed so far: nothing, for one that has not started. It ends with 2 where it may not."""
    return ("sh", "-c", _PRINTED, "sh", job.output, job.user)


# Constant programs; what varies comes as arguments.
_PREPARE = """
umask 077
cd "$1" && user=$(id -un) && mkdir -p "$user/$2" && cd "$user/$2" || exit 1
before=$(ls -1dt -- "$4"-[0-9]* 2> /dev/null | head -n 1)
mkdir "$3" && cd "$3" || exit 1
pwd
command -v rsync > /dev/null && echo rsync || echo none
echo "$before"
"""
# The file may be on a network, where nothing tells of a change: it is looked at each second, and Slurm is asked every third time.
_STREAM = """
path=$1 user=$2 number=$3 at=$4
exec 3<&0
follower=$$
(cat <&3; kill "$follower") > /dev/null 2>&1 &
watcher=$!
copied() {
    # In a folder of another user it is not even seen.
    [ -e "$path" ] || { [ "$user" = "$(id -un)" ] && return 0 || exit 2; }
    [ -r "$path" ] || exit 2
    size=$(stat -c %s -- "$path")
    [ "$size" -gt "$at" ] || return 0
    tail -c "+$((at + 1))" -- "$path" | head -c "$((size - at))"
    at=$size
}
ended() {
    said=$(squeue --noheader --jobs="$number" --format=%T 2>&1)
    case $? in
        0) [ -z "$said" ] ;;
        *) case $said in *"Invalid job id"*) true ;; *) false ;; esac ;;
    esac
}
while ! ended; do
    for _ in 1 2 3; do
        copied
        sleep 1
    done
done
copied
kill "$watcher" 2> /dev/null
exit 0
"""
_PRINTED = """
[ -e "$1" ] || { [ "$2" = "$(id -un)" ] && exit 0 || exit 2; }
[ -r "$1" ] || exit 2
exec cat -- "$1"
"""
