"""The program as hosts have it: one file that each Python runs, the same bytes each time, quick to start."""

import hashlib
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.action.gpuhost import packed

from gpuhost import program
from gpuhost.__main__ import COMMANDS, LINKS

USES = {
    "exporter": {"telemetry"},
    "guard": {"probe", "telemetry"},
    "lifetime": {"telemetry"},
    "page": {"recheck", "telemetry"},
    "reap": {"telemetry"},
    "recheck": {"lifetime", "probe", "telemetry"},
    "slurm": {"leases", "recheck", "telemetry"},
}
"""`exporter` and `reap` tell of what `telemetry` collects; what the page shows and Slurm is told of the certificate, `recheck` keeps, and how a card is cut up
for leases it is for Slurm; a host is idle where `lifetime` says so, and `probe` knows its driver and who has it open."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program where nothing else of this project is."""
    file = tmp_path_factory.mktemp("host") / "gpuhost"
    file.write_bytes(packed())
    file.chmod(0o755)
    return file


def ran(*argv: str) -> subprocess.CompletedProcess[str]:
    """The process after its end; it finds none of this project's packages by itself."""
    return subprocess.run(argv, cwd="/", env={}, capture_output=True, text=True, check=False, timeout=60)


def test_it_is_the_same_bytes_for_the_same_sources_and_holds_nothing_that_was_compiled(
    installed: Path,
) -> None:
    assert hashlib.sha256(packed()).hexdigest() == hashlib.sha256(installed.read_bytes()).hexdigest()
    entries = zipfile.ZipFile(installed).infolist()
    assert {Path(entry.filename).suffix for entry in entries} <= {".py", ".css"}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}, "zlib's versions differ"


def test_it_is_run_as_a_program_and_lists_its_subcommands(installed: Path) -> None:
    done = ran(str(installed), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("words", [(), ("no-such-command",)])
def test_what_is_no_subcommand_is_refused_with_the_list(installed: Path, words: tuple[str, ...]) -> None:
    done = ran(str(installed), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: gpuhost COMMAND" in done.stderr


@pytest.mark.parametrize("name", sorted(LINKS))
def test_a_link_is_its_subcommand(installed: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(installed)
    linked, direct = ran(str(tmp_path / name), "--help"), ran(str(installed), LINKS[name], "--help")
    assert linked.returncode == 0
    assert linked.stdout == direct.stdout


def test_it_starts_itself_again_from_its_file(installed: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from gpuhost import program; print(*program.argv('gpus'), sep='\\n')"
    argv = ran(sys.executable, "-I", "-c", code, str(installed)).stdout.splitlines()
    assert str(installed) in argv
    assert '"schema": 1' in ran(*argv, "--collect").stdout
    assert '"schema": 1' in ran(*program.argv("gpus", "--collect")).stdout, "from a checkout"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_subcommand_imports_no_other(installed: Path, command: str) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from importlib import import_module\n"
        "from gpuhost.__main__ import COMMANDS\n"
        "import_module(COMMANDS[sys.argv[2]][0])\n"
        "print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('gpuhost.')}))"
    )
    said = ran(sys.executable, "-I", "-c", code, str(installed), command).stdout.split()
    packages = {name: module.split(".")[1] for name, (module, _) in COMMANDS.items()}
    others = {*packages.values()} - {packages[command]}
    assert said
    assert others & set(said) == USES.get(command, set())


def test_a_start_is_quick(installed: Path) -> None:
    """In processor time of the child, which other programs do not stretch; an empty Python takes a third of it."""
    before = os.times()
    for _ in range(5):
        ran(str(installed), "--help")
    after = os.times()
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent_s / 5 < 0.15


def test_a_process_that_takes_too_long_is_killed_and_not_waited_for() -> None:
    child, answer, complaint = program.ask("gpus", "--collect", seconds=0.001)
    assert (child.returncode, answer, complaint) == (None, "", "")
    assert child.wait(timeout=60) == -signal.SIGKILL


def test_what_a_process_answers_comes_with_how_it_ended() -> None:
    child, answer, complaint = program.ask("no-such-command", seconds=60)
    assert (child.returncode, answer) == (2, "")
    assert complaint.startswith("usage: gpuhost")
