"""Whatever lies in a standing or a result on a host, or is answered for it: nobody breaks off, and only what is whole holds."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from gpuhost.recheck import records
from gpuhost.recheck.command import in_words
from gpuhost.recheck.judgement import failures
from gpuhost.recheck.proof import result
from gpuhost.recheck.standing import HOLDS, STANDING, current, parsed
from orchestrator.models import StandingState
from orchestrator.pipeline.recheck import read_standing
from tests.unit.any_answer.anything import spoilt
from tests.unit.builders import ScriptedShell, completed
from tests.unit.gpuhost.recheck import samples
from tests.unit.gpuhost.recheck.samples import NOW, standing

WHOLE = json.loads(standing().to_json())


@settings(max_examples=200)
@given(spoilt(WHOLE))
def test_any_standing_is_told_and_holds_only_where_it_is_whole(text: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, STANDING).write_bytes(text.encode(errors="surrogatepass"))
        found = current(Path(folder), "d1", NOW)
    assert in_words(found)
    if found.state == HOLDS:
        whole = parsed(text)
        assert (whole.certificate, whole.state) == ("d1", HOLDS)
        assert whole.valid_until is not None
        assert whole.valid_until > NOW


@settings(max_examples=200)
@given(spoilt(WHOLE))
def test_any_answer_for_it_is_told_and_holds_only_where_it_says_so(text: str) -> None:
    found = read_standing("lab-1", ScriptedShell(lambda _argv: completed(text)))
    assert bool(found.reasons) is (found.state is not StandingState.HOLDS)


@settings(max_examples=200)
@given(spoilt(samples.result()))
def test_any_result_is_judged(text: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "result.json")
        file.write_bytes(text.encode(errors="surrogatepass"))
        proof = samples.proof(result=result(file))
    assert isinstance(failures(samples.baseline(), proof), tuple)


@settings(max_examples=200)
@given(
    spoilt({"certificate": "d1", "verdict": "PASS", "issued_at": "2026-11-20T15:10:00Z", "valid_until": None})
)
def test_any_certificate_and_any_baseline_are_read_or_refused(text: str) -> None:
    with TemporaryDirectory() as folder:
        for name in ("certificate.json", records.BASELINE):
            Path(folder, name).write_bytes(text.encode(errors="surrogatepass"))
        for read in (records.certificate, lambda place: records.baseline(place / records.BASELINE)):
            try:
                read(Path(folder))
            except records.UNREADABLE:
                continue
