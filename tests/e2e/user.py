"""What a user does: type commands, press Ctrl-C, pull the plug; and what the engine holds of them afterwards."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestrator.journal import owner
from orchestrator.waiting import NotYet, wait_for

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))
UP_TIMEOUT_S = 900
SHARED_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
"""Root file systems are made once for all tests; nothing else is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, f"it printed no JSON and ended with {self.code}: {self.err}"
        return json.loads(self.out)

    @property
    def cause(self) -> str:
        """The line before `try:`."""
        return self._around_try()[0]

    @property
    def hint(self) -> str:
        """What `try:` says."""
        return self._around_try()[1].strip().removeprefix("try: ")

    def _around_try(self) -> tuple[str, str]:
        lines = self.err.splitlines()
        at = max(number for number, line in enumerate(lines) if line.startswith("  try: "))
        return lines[at - 1], lines[at]


class User:
    """Runs `orchestrate` with its own state folder, and so with a mark of its own in the engine.

    Args:
        home: where this user's state lies.
        fleet: the fleet's name, given to every command that takes one.
        cache: the cache folder, shared between tests.
    """

    def __init__(self, *, home: Path, fleet: str, cache: Path) -> None:
        self.home = home
        self.fleet = fleet
        self.environment = {
            **os.environ,
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(cache),
            "ORCHESTRATE_NAME": fleet,
        }

    @cached_property
    def mark(self) -> str:
        """What this user's containers are known by; it outlives the state folder."""
        return owner(self.home / "state" / "orchestrate")

    def container(self, host: str) -> str:
        """The name of the container that is this host."""
        return f"orchestrate-{self.mark}-{host}"

    @property
    def run_folder(self) -> Path:
        return self.home / "state" / "orchestrate" / "fleets" / self.fleet

    def record(self, name: str) -> Any:
        """What the run folder holds under this name."""
        return json.loads((self.run_folder / f"{name}.json").read_text(encoding="utf-8"))

    def training(self) -> Any:
        """The run of the training on Fashion-MNIST that the certificate rests on."""
        return next(
            run for run in self.record("record")["runs"] if run["request"]["workload"] == "fashion_mnist"
        )

    def fleet_file(self, text: str) -> Path:
        """Write a fleet file and return its path."""
        path = self.home / "fleet.yml"
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *words: str, **environment: str) -> Said:
        """Type a command and wait for its end."""
        ended = subprocess.run(
            (ORCHESTRATE, *words),
            env=self.environment | environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=UP_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        return Said(code=ended.returncode, out=ended.stdout, err=ended.stderr)

    @contextmanager
    def running(self, *words: str) -> Iterator["Running"]:
        """A command that runs while the block does; killed afterwards if it still does."""
        log = self.home / "running.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                (ORCHESTRATE, *words),
                env=self.environment,
                cwd=self.home,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            try:
                yield Running(process, log)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait(10)


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until_it_says(self, text: str, *, timeout_s: float = 300) -> None:
        """Watch its output until `text` is in it; fails when the command ends first."""

        assert self.says_before_its_end(text, timeout_s=timeout_s), (
            f"ended before it said {text!r}:\n{self.said}"
        )

    def says_before_its_end(self, text: str, *, timeout_s: float = 300) -> bool:
        """Watch its output until `text` is in it, or until it ends without."""

        def probe() -> NotYet | bool:
            ended = self._process.poll() is not None
            return text in self.said or (False if ended else NotYet(self.said[-500:]))

        return wait_for(f"`{text}`", probe, timeout_s=timeout_s)

    def has_ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def press_ctrl_c(self) -> int:
        """SIGINT; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(30)

    def kill_9(self) -> None:
        """SIGKILL to the command itself, as by the kernel or a careless hand; its children are not told."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def named_user(home: Path, name: str) -> Iterator[User]:
    """A user with a fleet of that name, who has nothing left in the engine afterwards."""
    fleet = f"e2e-{name.replace('_', '-')}"[:28].strip("-")
    someone = User(home=home, fleet=fleet, cache=SHARED_CACHE)
    yield someone
    if (home / "state" / "orchestrate").exists():
        gone, left = someone.run("down", "--yes"), in_the_engine(someone)
        shutil.rmtree(home / "state")
        assert gone.code == 0, gone.err
        assert left == ()


def engine(*words: str, said: bytes = b"") -> bytes:
    """What Docker answers."""
    return subprocess.run(("docker", *words), check=True, capture_output=True, input=said, timeout=240).stdout


def in_the_engine(user: User) -> tuple[str, ...]:
    """Containers, networks and volumes of the user's fleet, asked of Docker itself."""
    ours = (f"label=orchestrate.fleet={user.fleet}", f"label=orchestrate.owner={user.mark}")
    filters = tuple(word for each in ours for word in ("--filter", each))
    questions = (
        ("docker", "ps", "--all", *filters, "--format", "container {{.Names}}"),
        ("docker", "network", "ls", *filters, "--format", "network {{.Name}}"),
        ("docker", "volume", "ls", *filters, "--format", "volume {{.Name}}"),
    )
    answers = (
        subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout
        for argv in questions
    )
    return tuple(line for answer in answers for line in answer.splitlines())


def restart(user: User, host: str) -> None:
    """Pull the host's plug, and put it in again."""
    _engine("restart", user.container(host))


def ssh_port(user: User, host: str) -> str:
    """Where the host's sshd is on this computer."""
    return _engine("port", user.container(host), "22")


def module_runs(user: User, host: str) -> int:
    """How often a module of Ansible's has run on the host since it booted: each writes a line into its journal."""
    journal = _engine("exec", user.container(host), "journalctl", "--boot", "--no-pager", "--quiet")
    # With python3-systemd there, which fail2ban brings, Ansible writes in another form.
    return len(re.findall(r" ansible-[\w.]+(?:\[\d+\]:)? Invoked ", journal))


def _engine(*words: str) -> str:
    done = subprocess.run(("docker", *words), check=True, capture_output=True, text=True, timeout=60)
    return done.stdout
