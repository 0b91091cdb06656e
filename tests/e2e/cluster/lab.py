"""A cluster of containers whose hosts have stand-in cards, and what is done on it; nothing here is about one test."""

import json
from pathlib import Path
from typing import Any

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import Said, User, engine
from tests.nvml.library import STATE_FILE, compiled, state
from tests.unit.gpuhost.telemetry.stand_in import l40s

CARDS = 2
"""Of each host that computes. Their device nodes are /dev/zero under another name, which lets itself be opened."""
_INSTALL = """
set -e
cd /root
install -m 0755 libnvidia-ml.so.1 "/usr/lib/$(uname -m)-linux-gnu/libnvidia-ml.so.1"
for number in $(seq 0 $(($1 - 1))) ctl; do [ -e "/dev/nvidia$number" ] || mknod -m 0666 "/dev/nvidia$number" c 1 5; done
"""


class Lab:
    """A user's cluster.

    Args:
        user: whose fleet it is.
        folder: where the stand-in for NVIDIA's library is compiled.
    """

    def __init__(self, user: User, folder: Path) -> None:
        self.user = user
        self._folder = folder

    def host(self, number: int) -> str:
        """The name of the host; the first one has the controller."""
        return f"{self.user.fleet}-{number}"

    def up(
        self, *, hosts: int, cards_of: tuple[int, ...], options: tuple[str, ...] = ("--no-validate",)
    ) -> Said:
        """Bring it up with so many hosts, those of these numbers with cards."""
        launched = self.user.run("up", "--hosts", str(hosts), "--until", "launch")
        assert launched.code == 0, launched.err
        for number in cards_of:
            self.lay_cards(number)
        return self.user.run("up", "--hosts", str(hosts), *options)

    def lay_cards(self, number: int) -> None:
        """Give the host its cards."""
        library = self._folder / "libnvidia-ml.so.1"
        if not library.exists():
            compiled(self._folder)
        container = self.user.container(self.host(number))
        engine("cp", "-q", str(library), f"{container}:/root/libnvidia-ml.so.1")
        self.play(number)
        engine("exec", container, "sh", "-c", _INSTALL, "sh", str(CARDS))

    def play(self, number: int, fault: str = "") -> None:
        """Have the host's last card show a fault, or none; the others are sound."""
        faults = {CARDS - 1: (fault,)} if fault else {}
        cards = [l40s(each, f"minor {each}", *faults.get(each, ())) for each in range(CARDS)]
        script = f"cat > {STATE_FILE}.new && mv {STATE_FILE}.new {STATE_FILE}"
        container = self.user.container(self.host(number))
        engine("exec", "--interactive", container, "sh", "-c", script, said=state(*cards).encode())

    def on(self, number: int, script: str) -> str:
        """What a script prints, run as the fleet's user on the host."""
        container = self.user.container(self.host(number))
        return engine(
            "exec", "--user", "admin", "--workdir", "/home/admin", container, "sh", "-c", script
        ).decode()

    def submitted(self, *words: str, sync: Path | None = None) -> str:
        """What the job is called that was submitted."""
        options = ("--sync", str(sync)) if sync else ()
        said = self.user.run("submit", self.user.fleet, *options, "--detach", *words)
        assert said.code == 0, said.err
        return said.out.strip()

    def job(self, reference: str) -> Any:
        """How it does."""
        told = self.user.run("queue", self.user.fleet, "--json")
        assert told.code == 0, told.err
        number = int(reference.rpartition("/")[2])
        return next(each for each in told.json if each["number"] == number)

    def until(self, reference: str, *states: str, timeout_s: float = 120) -> Any:
        """The job, once it is in one of the states."""

        def probe() -> Any | NotYet:
            job = self.job(reference)
            return job if job["state"] in states else NotYet(json.dumps(job))

        return wait_for(f"{reference} {' or '.join(states)}", probe, timeout_s=timeout_s, interval_s=1)

    def states(self) -> dict[str, tuple[str, str]]:
        """State and reason of each host that computes, as Slurm has them."""
        told = self.on(1, "sinfo --Node --noheader --format='%N|%T|%E' | sort -u")
        rows = (line.split("|", 2) for line in told.splitlines())
        return {name: (now, "" if reason == "none" else reason) for name, now, reason in rows}

    def until_host(self, number: int, *states: str, timeout_s: float = 120) -> str:
        """The reason of a host, once it is in one of the states."""

        def probe() -> str | NotYet:
            now, reason = self.states().get(self.host(number), ("unknown", ""))
            return reason if now in states else NotYet(f"{now} {reason}")

        return wait_for(f"{self.host(number)} {states}", probe, timeout_s=timeout_s, interval_s=1)
