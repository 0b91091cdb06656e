"""Whatever a host says of its GPUs, or lies in its daemon's files, there is an answer and nobody breaks off."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from gpuhost.telemetry import read
from gpuhost.telemetry.usage.account import uses
from orchestrator.cli.telemetry.gpus import lines
from orchestrator.telemetry.asking import read_gpus, read_usage
from orchestrator.telemetry.sums import summed
from tests.unit.any_answer.anything import spoilt
from tests.unit.builders import ScriptedShell, completed
from tests.unit.telemetry.test_asking import ASKED, SNAPSHOT, USES

WHOLE = SNAPSHOT.as_dict()


@settings(max_examples=200)
@given(spoilt(WHOLE))
def test_any_snapshot_is_shown_or_refused(text: str) -> None:
    found = read_gpus(ASKED, lambda: ScriptedShell(lambda _argv: completed(text)))
    assert "\n" not in "".join(lines(found))


@settings(max_examples=200)
@given(spoilt({"uses": [vars(use) for use in USES]}))
def test_any_account_is_summed_or_refused(text: str) -> None:
    found = read_usage(ASKED, lambda: ScriptedShell(lambda _argv: completed(text)))
    assert isinstance(summed(found.uses, "user"), tuple)


@settings(max_examples=200)
@given(spoilt(WHOLE))
def test_any_file_of_the_daemon_is_read_or_none(text: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "snapshot.json")
        file.write_bytes(text.encode(errors="surrogatepass"))
        read.latest(file)


@settings(max_examples=200)
@given(spoilt([vars(use) for use in USES]))
def test_any_account_on_disk_is_read(text: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "2026-11.json").write_bytes(text.encode(errors="surrogatepass"))
        assert all(json.dumps(vars(use)) for use in uses(Path(folder), "2026-11"))
