"""A host's, a cloud's and a tool's text with escape sequences, at every border where it enters and every place it is shown."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from orchestrator.cli.display import MovingProgress, PlainProgress
from orchestrator.errors import GarbledAnswerError, OrchestrateError
from orchestrator.jobs.progress_lines import topic_of
from orchestrator.jobs.results import read_result
from orchestrator.models import Outcome
from orchestrator.pipeline.lifetime import _read_lifetime
from orchestrator.progress import Silent
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.remote.local import LocalShell
from orchestrator.services.host_files import read_json
from orchestrator.stages.converge.play import _Listener
from orchestrator.stages.preflight.probe import facts_from
from orchestrator.stages.report import render_html, render_json, render_junit, summary_lines
from tests.unit.builders import ScriptedShell, completed, host
from tests.unit.jobs.test_results import ASKED, ENDED, result
from tests.unit.stages.proofs import run, runs, with_check
from tests.unit.stages.records import record

EVIL = "\x1b[2J\x1b]0;owned\x07\x1b[1;32mPASS\x1b[0m\x9b31m\u202eSSAP\x00\r\x08"
SHOWN = "PASS\ufffdSSAP\ufffd\ufffd\ufffd"
FORBIDDEN = set("\x1b\x07\x9b\u202e\x00\r\x08")


def harmless(text: str) -> bool:
    return "PASS" in text and not FORBIDDEN & set(text)


def test_a_program_on_this_computer() -> None:
    assert harmless(LocalShell().run(("printf", "%b", EVIL.replace("\x00", "\\0000"))).stdout)


def test_a_job_s_result() -> None:
    check = {"name": EVIL, "outcome": "passed", "seen": EVIL, "expected": EVIL, "reason": EVIL}
    read = read_result(ASKED, result(checks=[check], versions={EVIL: EVIL}), ENDED)
    texts = (
        read.checks[0].name,
        read.checks[0].seen,
        read.checks[0].reason,
        *read.versions,
        *read.versions.values(),
    )
    assert set(texts) == {SHOWN}


@pytest.mark.parametrize(
    "line",
    [
        EVIL.encode(),
        json.dumps({"event": EVIL}).encode(),
        json.dumps({"event": "check", "name": EVIL, "outcome": EVIL}).encode(),
    ],
)
def test_a_job_s_progress(line: bytes) -> None:
    assert harmless(" ".join(topic_of("smoke", line)))


def test_what_a_host_says_of_itself_in_the_preflight() -> None:
    with pytest.raises(GarbledAnswerError) as caught:
        facts_from(host(), completed(json.dumps({"distribution": EVIL, EVIL: 1})))
    assert not FORBIDDEN & set(caught.value.cause)


def test_what_a_host_says_of_its_end() -> None:
    said = json.dumps({"ends_at": "2026-11-28T12:00:00+00:00", "reason": EVIL, "cost_usd": 1})
    assert harmless(_read_lifetime("lab-1", ScriptedShell(lambda _argv: completed(said))).statement)


def test_what_a_service_s_file_says() -> None:
    said = json.dumps({"users": {EVIL: {"port": 5901}}})
    assert read_json(ScriptedShell(lambda _argv: completed(said)), "/x", "lab-1") == {
        "users": {SHOWN: {"port": 5901}}
    }


def test_an_error_message_of_aws() -> None:
    error = {"Error": {"Code": "Odd", "Message": EVIL}}
    with pytest.raises(OrchestrateError) as caught, aws_errors("a host"):
        raise ClientError(error, "RunInstances")  # type: ignore[arg-type]
    assert harmless(caught.value.cause)


@pytest.fixture
def cloud() -> Iterator[str]:
    """Something that answers like EC2, with a tag of somebody else's on an instance."""

    class Ec2(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tag = "<item><key>Name</key><value>\u009b31mPASS\u202eSSAP</value></item>"
            body = (
                "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>"
                f"<tagSet>{tag}</tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Ec2)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_name_in_the_cloud(cloud: str) -> None:
    found = Aws(cloud).ec2("us-east-1").describe_instances()
    assert found["Reservations"][0]["Instances"][0]["Tags"] == [{"Key": "Name", "Value": "PASS\ufffdSSAP"}]


def test_the_container_engine(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text(
        f"#!/bin/sh\nprintf '%b' '{EVIL.replace(chr(0), '')}'\nprintf '%b' '{EVIL.replace(chr(0), '')}' >&2\nexit $1\n"
    )
    program.chmod(0o755)
    engine = Engine(
        EngineFacts(program=str(program), podman=False, version="28", rootless=False, cgroup=2, storage="/d")
    )
    assert harmless(engine.call("0"))
    with pytest.raises(OrchestrateError) as caught:
        engine.call("1")
    assert harmless(caught.value.cause)


def test_a_task_of_ansible() -> None:
    listener = _Listener(progress=Silent(), roles=("base",))
    listener(
        {
            "event": "runner_on_failed",
            "event_data": {"host": "lab-1", "role": "base", "task": EVIL, "res": {"msg": EVIL}},
        }
    )
    error = listener.failure(Path("/log"))
    assert error is not None
    assert harmless(error.cause)


def test_the_terminal_shows_it_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    plain, moving = PlainProgress(), MovingProgress()
    plain.stage("validate", EVIL)
    plain.host("lab-1", EVIL)
    plain.note(EVIL)
    moving.stage("validate", EVIL)
    moving.host("lab-1", EVIL, EVIL)
    moving.note(EVIL)
    console = Console(width=200, file=io.StringIO(), color_system=None)
    console.print(moving.render())
    assert isinstance(console.file, io.StringIO)
    for shown in (capsys.readouterr().err, console.file.getvalue()):
        assert shown.count("PASS") >= 3
        assert not FORBIDDEN & set(shown)


def test_page_junit_json_and_last_lines_show_it_harmlessly() -> None:
    spoilt = with_check(runs()[0], "hello_world", Outcome.FAILED, seen=EVIL, reason=EVIL)
    made = record(spoilt, run(asked=runs()[1].request))
    shown = (
        render_html(made),
        render_junit(made),
        render_json(made),
        "\n".join(summary_lines(made, Path("/r"))),
    )
    for text in shown:
        assert "PASS\ufffdSSAP" in text
        assert not FORBIDDEN & set(text)
