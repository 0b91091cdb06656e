"""Whether a host may have jobs, and what Slurm is told of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gpuhost.recheck.standing import REVOKED, UNKNOWN, Reason, Standing
from gpuhost.slurm import judgement
from gpuhost.slurm.judgement import HostState, reasons, shown, step
from gpuhost.telemetry.snapshot import HUNG, LOST, NO_CARD, Advice
from tests.unit.gpuhost.slurm.samples import card, process, snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHOWN = (
    "NodeName=one Arch=x86_64 CoresPerSocket=2 CPUAlloc=0 State=IDLE+DRAIN ThreadsPerCore=1 TmpDisk=0 Partitions=main "
    "CurrentWatts=0 ExtSensorsTemp=n/s Reason=orchestrate: GPU 0 is lost (fell off) [root@2026-12-01T01:00:00]\n"
)
DRAINED = HostState(frozenset({"IDLE", "DRAIN"}), "orchestrate: GPU 0 is lost")
IDLE = HostState(frozenset({"IDLE"}), "")


def standing(state: str) -> Standing:
    return Standing(
        state=state,
        since=NOW,
        reasons=(Reason("Xid 79", "replace it"),),
        certificate="",
        valid_until=None,
        looked_at=NOW,
        look_again_by=NOW,
        proved_at=None,
    )


def there(_pid: int) -> bool:
    return True


def gone(_pid: int) -> bool:
    return False


def test_a_host_with_sound_cards_may_have_jobs() -> None:
    assert reasons(snapshot(card(0), card(1)), 2, None) == []


def test_a_host_without_cards_is_not_asked_for_any() -> None:
    assert reasons(snapshot(state=HUNG, why="hangs"), 0, standing(UNKNOWN)) == []


def test_each_fault_is_a_reason() -> None:
    advice = Advice(
        about="GPU-1", fault="ecc", severity="problem", seen="2 memory errors", action="", since=1.0
    )
    seen = replace(snapshot(card(0, state=LOST, error="15"), card(1)), advice=(advice,))
    assert reasons(seen, 3, standing(REVOKED)) == [
        "GPU 0 is lost (15)",
        "GPU 1: 2 memory errors",
        "2 of 3 GPUs are there",
        "its certificate is revoked: Xid 79",
    ]


def test_a_driver_that_does_not_answer_is_one_reason() -> None:
    assert reasons(snapshot(state=HUNG, why="the driver hangs"), 2, None) == ["the driver hangs"]


def test_cards_that_are_all_gone_are_a_reason() -> None:
    assert reasons(snapshot(state=NO_CARD), 2, None) == ["0 of 2 GPUs are there"]


def test_what_slurm_shows_is_read() -> None:
    host = shown(SHOWN)
    assert host == HostState(frozenset({"IDLE", "DRAIN"}), "orchestrate: GPU 0 is lost (fell off)")
    assert host.ours
    assert shown("").states == frozenset()


@pytest.mark.parametrize(
    ("host", "found", "told"),
    [
        (IDLE, [], ("", "")),
        (IDLE, ["GPU 0 is lost"], ("drain", "orchestrate: GPU 0 is lost")),
        (DRAINED, ["GPU 0 is lost"], ("", "")),
        (DRAINED, ["GPU 1 is lost"], ("drain", "orchestrate: GPU 1 is lost")),
        (DRAINED, [], ("resume", "")),
        (replace(DRAINED, reason="swapping disks"), [], ("", "")),
        (replace(DRAINED, reason="swapping disks"), ["GPU 0 is lost"], ("", "")),
        (HostState(frozenset({"DOWN"}), ""), ["GPU 0 is lost"], ("", "")),
        (HostState(frozenset({"IDLE", "POWERING_DOWN"}), ""), ["GPU 0 is lost"], ("", "")),
        (HostState(frozenset(), ""), ["GPU 0 is lost"], ("", "")),
    ],
)
def test_a_host_is_drained_and_taken_back_by_its_own_reason_alone(
    host: HostState, found: list[str], told: tuple[str, str]
) -> None:
    assert step(host, found, there) == told


def test_what_a_job_left_keeps_the_host_until_it_is_gone() -> None:
    words = judgement.left_words([(card(0), process(77))])
    host = HostState(frozenset({"IDLE", "DRAIN"}), judgement.said(words))
    assert step(host, [], there) == ("", "")
    assert step(host, [], gone) == ("resume", "")


def test_a_reason_is_one_line_of_bounded_length_without_what_slurm_itself_writes() -> None:
    said = judgement.said(['a "b"\n[c]', "d" * 500])
    assert said.startswith("orchestrate: a b c ; ddd")
    assert len(said) == judgement.LONGEST


def test_a_job_gets_cards_that_are_sound_and_free() -> None:
    seen = snapshot(card(0), card(1, process()), card(2, state=LOST))
    assert judgement.before(seen, "0", (), there) == []
    assert judgement.before(seen, "0,1", (), there) == ["process 10 of lab is on GPU 1 before the job"]
    assert judgement.before(seen, "1", (1,), there) == []
    assert judgement.before(seen, "1", (), gone) == []
    assert judgement.before(seen, "2", (), there) == ["GPU 2 is lost"]
    assert judgement.before(seen, "3", (), there) == ["GPU 3 is not there"]
    assert judgement.before(snapshot(state=HUNG, why="it hangs"), "0", (), there) == ["it hangs"]


def test_slices_have_numbers_of_slurm() -> None:
    assert judgement.before(snapshot(replace(card(0, process()), mig_enabled=True)), "0,6", (), there) == []


def test_what_a_job_left_is_its_users_alone() -> None:
    seen = snapshot(card(0, process(1, 1000), process(2, 1001), process(3, 0)), card(1, process(4, 1000)))
    assert [each.pid for _card, each in judgement.left(seen, "0", 1000, (), there)] == [1]
    assert judgement.left(seen, "0", 0, (), there) == []
    assert judgement.left(seen, "0", 1000, (0,), there) == []
    assert judgement.left(seen, "0", 1000, (), gone) == []
