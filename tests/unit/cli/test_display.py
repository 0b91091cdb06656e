"""Progress in a log: each topic once, nothing rewritten; in a terminal: the line of a host is what it does now."""

import io

import pytest
from rich.console import Console

from orchestrator.cli.display import MovingProgress, PlainProgress


def test_a_log_shows_each_topic_of_a_host_once_in_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    progress = PlainProgress()
    progress.stage("converge", "base")
    for detail in ("one task", "another"):
        progress.host("lab-1", "base", detail)
        progress.host("lab-2", "base", detail)
    progress.stage("validate", "smoke")
    progress.host("lab-1", "base")
    lines = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["converge: base", "  lab-1: base", "  lab-2: base", "validate: smoke", "  lab-1: base"]


def test_a_terminal_shows_what_each_host_does_now_and_what_is_done() -> None:
    progress = MovingProgress()
    progress.stage("launch", "2 hosts")
    progress.stage("converge", "base")
    progress.host("lab-1", "base", "Install the packages")
    progress.host("lab-1", "base", "Write pip's configuration")
    shown = _drawn(progress)
    assert "✓ launch" in shown
    assert "base: Write pip's configuration" in shown
    assert "Install the packages" not in shown


def test_a_finished_terminal_keeps_the_stages_and_drops_the_hosts() -> None:
    progress = MovingProgress()
    progress.stage("launch", "1 host")
    progress.host("lab-1", "up")
    progress.note("installing docker.io")
    progress.finish()
    shown = _drawn(progress)
    assert "✓ launch" in shown
    assert "installing docker.io" in shown
    assert "lab-1" not in shown


def _drawn(progress: MovingProgress) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(progress.render())
    return console.export_text()
