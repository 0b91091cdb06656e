"""Jobs: the exact command that starts one, and what its answers mean."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ConvergeError, GarbledAnswerError
from orchestrator.jobs.unit import HostCapabilities, Job, fetch, read_facts, read_state, start
from orchestrator.remote.local import LocalShell
from tests.unit.builders import AS_ROOT, ScriptedShell, completed

JOB = Job(id="ab12-smoke", name="smoke", argv=("/opt/python", "x.pyz"), files={"x.pyz": b"PK"}, timeout_s=900)
ADMIN = HostCapabilities(user="admin", nvidia_cards=0)


def test_a_job_is_a_transient_unit_of_the_operator() -> None:
    shell = ScriptedShell(lambda _argv: completed())
    start(shell, JOB, ADMIN)
    folder = "/var/lib/orchestrate/jobs/ab12-smoke"
    assert shell.ran == [
        (AS_ROOT, "install", "-d", "-m", "0755", "-o", "admin", folder),
        (
            *(AS_ROOT, "systemd-run", "--quiet", "--collect", "--no-ask-password"),
            "--unit=orchestrate-job-ab12-smoke.service",
            "--uid=admin",
            "--service-type=exec",
            f"--working-directory={folder}",
            "--property=RuntimeMaxSec=900",
            "--property=TimeoutStopSec=10",
            f"--property=StandardOutput=append:{folder}/progress.jsonl",
            f"--property=StandardError=append:{folder}/stderr.log",
            f"--property=ExecStopPost=/bin/sh {folder}/ended.sh",
            "--setenv=PYTHONUNBUFFERED=1",
            *("/opt/python", "x.pyz"),
        ),
    ]
    assert set(shell.files) == {f"{folder}/x.pyz", f"{folder}/ended.sh"}


def test_a_unit_that_runs_already_is_started_once() -> None:
    refusal = (
        "Failed to start transient service unit: Unit orchestrate-job-ab12-smoke.service already exists."
    )
    start(
        ScriptedShell(lambda argv: completed(exit_code=int("systemd-run" in argv), stderr=refusal)),
        JOB,
        ADMIN,
    )


@pytest.mark.parametrize(
    ("program", "cause"), [("install", "cannot be made"), ("systemd-run", "was not started")]
)
def test_a_refusal_of_the_host_is_named(program: str, cause: str) -> None:
    shell = ScriptedShell(
        lambda argv: completed(exit_code=int(program in argv), stderr="sudo: a password is required")
    )
    with pytest.raises(ConvergeError, match=f"{cause}: sudo: a password is required"):
        start(shell, JOB, ADMIN)


@pytest.mark.parametrize(
    ("answer", "exists", "running", "exit_code", "printed"),
    [
        ("inactive\n\n", False, False, None, b""),
        ("active\n\n{}\n", True, True, None, b"{}\n"),
        ("activating\n\n", True, True, None, b""),
        ("inactive\nsuccess 0\nlast\n", True, False, 0, b"last\n"),
        ("active\nsuccess 0\n", True, False, 0, b""),
        ("failed\nexit-code 2\n", True, False, 2, b""),
        ("inactive\ntimeout TERM\n", True, False, None, b""),
        ("inactive\noom-kill KILL\n", True, False, None, b""),
        ("inactive\nsignal 9\n", True, False, None, b""),
    ],
)
def test_what_a_host_says_of_a_job(
    answer: str, exists: bool, running: bool, exit_code: int | None, printed: bytes
) -> None:
    state = read_state(ScriptedShell(lambda _argv: completed(answer)), JOB, offset=7)
    assert (state.exists, state.running, state.exit_code, state.printed) == (
        exists,
        running,
        exit_code,
        printed,
    )


def test_looking_begins_after_what_was_seen() -> None:
    shell = ScriptedShell(lambda _argv: completed("active\n\n"))
    read_state(shell, JOB, offset=7)
    assert shell.ran[0][3:] == ("look", JOB.folder, JOB.unit, "7", "65536")


def test_facts_are_three_lines() -> None:
    facts = read_facts(ScriptedShell(lambda _argv: completed("root\n2\n")))
    assert facts == HostCapabilities(user="root", nvidia_cards=2)


@pytest.mark.parametrize("said", ["", "Welcome", "root", "root many", f"root {'9' * 400}", "1 2 3"])
def test_facts_that_cannot_be_read_are_an_error_of_the_host(said: str) -> None:
    with pytest.raises(GarbledAnswerError, match="asked who we are there"):
        read_facts(ScriptedShell(lambda _argv: completed(said)))


def test_a_host_s_own_clocks_say_how_old_a_job_is() -> None:
    boot = "0f6a7a1e-9a3b-4c54-8d2f-0d6b8a1c2e3f"
    said = f"inactive {boot} 5000.5 1795867200 9\nsuccess 0 {boot} 4900.5\nlast line"
    state = read_state(ScriptedShell(lambda _argv: completed(said)), JOB, offset=0)
    assert (state.ended, state.exit_code, state.offset) == ("success 0", 0, 9)
    assert state.clock is not None
    assert state.clock.age_s == 100.0


@pytest.mark.parametrize("moment", ["systemctl", "stat", "cut", "date", "tail"])
def test_a_job_that_ends_while_it_is_looked_at_has_ended_before_and_printed_all_or_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "job"
    programs.mkdir()
    folder.mkdir()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    unit = f"[ -e {folder}/ended ] && echo inactive || echo active"
    end = f"""echo last >>{folder}/progress.jsonl
echo success 0 {boot} $(/usr/bin/cut -d ' ' -f 1 /proc/uptime) >{folder}/ended"""
    goes_on = unit if moment == "systemctl" else f'exec /usr/bin/{moment} "$@"'
    (programs / "systemctl").write_text(f"#!/bin/sh\n{unit}\n")
    (programs / moment).write_text(f"#!/bin/sh\n{end}\n{goes_on}\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    shell = ScriptedShell(
        lambda argv: LocalShell().run(tuple(str(folder) if part == JOB.folder else part for part in argv))
    )
    state = read_state(shell, JOB, offset=0)
    if state.running:
        state = read_state(shell, JOB, offset=state.offset)
    assert state.ended == "success 0"
    assert state.printed.endswith(b"last\n")
    assert state.clock is not None
    assert state.clock.age_s is not None
    assert state.clock.age_s >= 0


@given(
    st.text()
    | st.from_regex(
        r"(active|failed) \S+ [\d.]{1,400} \d{1,400} \d{1,400}\n(success|signal) \S+ \S+ [\d.e]+\n"
    )
)
def test_no_answer_about_a_job_is_a_traceback(said: str) -> None:
    state = read_state(ScriptedShell(lambda _argv: completed(said)), JOB, offset=0)
    assert state.clock is None or state.clock.uptime_s >= 0


def test_of_a_huge_file_the_beginning_and_the_end_are_fetched(tmp_path: Path) -> None:
    job = replace(JOB, id="here")
    (tmp_path / "log").write_bytes(b"first " + b"x" * 40_000_000 + b" last")
    shell = ScriptedShell(lambda argv: LocalShell().run((*argv[:4], str(tmp_path / "log"), *argv[5:])))
    assert fetch(shell, job, "log", head=6, tail=5) == b"first \n[40000000 bytes left out]\n last"
    missing = ScriptedShell(lambda argv: LocalShell().run((*argv[:4], str(tmp_path / "none"), *argv[5:])))
    assert fetch(missing, job, "log", head=6, tail=5) is None
