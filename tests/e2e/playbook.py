"""Run a playbook of this checkout as a person does who has no orchestrator: `ansible-playbook`, from the root."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAY_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a playbook ended, and what it printed."""

    code: int
    out: str

    @property
    def changed(self) -> int:
        """Changed tasks over all hosts, from the recap."""
        return sum(int(count) for count in re.findall(r"changed=(\d+)", self.out))


def play(inventory: Path, playbook: str, *words: str) -> Played:
    """Run `playbooks/<playbook>` to its end; `words` go behind it."""
    ended = subprocess.run(
        _argv(inventory, playbook, words),
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PLAY_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )
    return Played(code=ended.returncode, out=ended.stdout)


def kill_at(task: str, inventory: Path, playbook: str, *words: str) -> None:
    """Run a playbook, and pull the plug when it comes to a task."""
    with subprocess.Popen(
        _argv(inventory, playbook, words),
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if task in line:
                os.killpg(process.pid, signal.SIGKILL)
                break
        else:
            raise AssertionError(f"the playbook never came to {task!r}:\n{''.join(said)}")
        process.wait()


def _argv(inventory: Path, playbook: str, words: tuple[str, ...]) -> tuple[str, ...]:
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    return (program, "--inventory", str(inventory), f"playbooks/{playbook}", *words)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "ANSIBLE_NOCOLOR": "1"}
