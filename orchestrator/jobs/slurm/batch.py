"""What runs on the first host of a batch job: the command on every host, and a new start where one of them died. A constant program.

Its arguments are how often the job may start again for that, the folder whose programs come first (or an empty one), and the
command. srun may learn of a dead host only by an error of the command, minutes before the controller gives the host up: then the
job would count as failed. So after an error the program asks itself whether the hosts answer.
"""

MOST_RESTARTS = 5
"""By the batch job itself; when the controller requeues it, it counts too."""

BATCH = """#!/bin/sh
most=$1
[ -z "$2" ] || PATH="$2:$PATH"
PYTHONUNBUFFERED=1
export PATH PYTHONUNBUFFERED
shift 2
srun --kill-on-bad-exit=1 ${SLURM_CPUS_PER_TASK:+--cpus-per-task="$SLURM_CPUS_PER_TASK"} "$@"
code=$?
[ "$code" -ne 0 ] || exit 0
[ "${SLURM_RESTART_COUNT:-0}" -lt "$most" ] || exit "$code"

port=$(scontrol show config | sed -n 's/^SlurmdPort *= *//p')
answers() {
    address=$(scontrol --oneliner show node "$1" | sed -n 's/.* NodeAddr=\\([^ ]*\\).*/\\1/p')
    python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)' \\
        "${address:-$1}" "${port:-6818}" 2> /dev/null
}
gone() {
    case $(sinfo --noheader --Node --nodes="$1" --format=%T) in down* | *'*'*) return 0 ;; esac
    ! answers "$1" && sleep 2 && ! answers "$1"
}

for host in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
    if gone "$host"; then
        echo "orchestrate: $host does not answer: the job starts again" >&2
        # Slurm ends this program once it has taken the job back.
        scontrol requeue "$SLURM_JOB_ID" && sleep 600
        break
    fi
done
exit "$code"
"""
