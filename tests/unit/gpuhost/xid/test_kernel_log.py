"""Lines as drivers of several ages wrote them into the kernel's log, from the buffer and from the journal."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpuhost.xid import catalog as known
from gpuhost.xid.catalog import parsed
from gpuhost.xid.kernel_log import Follower, buffered, journalled, logged, xids
from gpuhost.xid.lines import LOADED, SXID, XID, events, faults
from orchestrator.stages.certify import xids as judged

OFF_THE_BUS = (
    r"NVRM: The NVIDIA GPU 0000:b3:00.0\x0a  NVRM: (PCI ID: 10de:26b5) installed in this system has\x0a  NVRM: "
    "fallen off the bus and is not responding to commands."
)
"""One record of several lines, as /dev/kmsg escapes it."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
            ["Xid 79 on 0000:3b:00"],
        ),
        ("NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.", ["Xid 79 on 0000:01:00"]),
        ("NVRM: Xid (0000:03:00): 14, Channel 00000001", ["Xid 14 on 0000:03:00"]),
        ("NVRM: Xid (PCI:0000:06:00.0): 31, pid=77, name=python, Ch 8", ["Xid 31 on 0000:06:00"]),
        ("NVRM: Xid (PCI:0000:B9:00 GPU-I:05): 94, pid=1, name=python3, Contained", ["Xid 94 on 0000:b9:00"]),
        (
            "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x025525c6 0x00000000)",
            ["Xid 149 on 0018:01:00, fatal"],
        ),
        (
            "NVRM: Xid (PCI:0018:01:00): 149, NETIR_BER_EVENT Nonfatal XC0 i0 Link 03 (0x00086226 0x00000001)",
            ["Xid 149 on 0018:01:00"],
        ),
        (
            "NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)",
            ["Xid 154 on 0008:01:00, fatal"],
        ),
        (
            "NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)",
            ["Xid 154 on 0008:01:00"],
        ),
        (
            "nvidia-nvswitch3: SXid (PCI:0000:cd:00.0): 20034, Fatal, Link 24 LTSSM Fault Up",
            ["SXid 20034 on 0000:cd:00, fatal"],
        ),
        (
            "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)",
            ["SXid 28006 on 0000:c1:00"],
        ),
        ("nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Severity 0 Engine instance 46", []),
        ("nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Data {0x00140004, 0x00100000}", []),
        (
            OFF_THE_BUS,
            ["Xid 79 on 0000:b3:00"],
        ),
        ("NVRM: GPU 0000:2b:00.0: GPU has fallen off the bus.", ["Xid 79 on 0000:2b:00"]),
        ("NVRM: GPU at PCI:0000:2b:00: GPU-0b11d014-1685-04bd-26ed-5fc0bc1c44ae", []),
        ("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.158.01", []),
        ("usb 1-2: device xid (0000:00:14.0): 79", []),
    ],
)
def test_a_line_is_the_fault_that_it_tells_of(text: str, found: list[str]) -> None:
    assert faults(iter([(12.5, text)])) == [f"{each}, at 12.500000 s" for each in found]
    assert all(parsed(f"{each}, at 12.500000 s") for each in found)


def test_a_card_that_fell_off_is_one_fault_though_two_lines_tell_of_it() -> None:
    lines = (
        "NVRM: Xid (PCI:0000:2b:00): 79, GPU has fallen off the bus.",
        "NVRM: GPU 0000:2b:00.0: GPU has fallen off the bus.",
    )
    assert len(faults((1.0, line) for line in lines)) == 1


def test_the_buffer_is_read_to_its_end_past_what_was_overwritten_and_past_what_programs_wrote() -> None:
    told: list[bytes | type[Exception]] = [
        BrokenPipeError,
        b"4,17,1000000,-;NVRM: Xid (PCI:0000:3b:00): 13, pid=1, name=python, Graphics Exception\n SUBSYSTEM=pci\n",
        b"12,18,1500000,-;NVRM: Xid (PCI:0000:3b:00): 79, somebody wrote it there\n",
        b"nonsense",
        b"3,19,2000000,c;NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.\n",
        BlockingIOError,
    ]
    assert faults(buffered(reading(told))) == [
        "Xid 13 on 0000:3b:00, at 1.000000 s",
        "Xid 79 on 0000:3b:00, at 2.000000 s",
    ]


def test_where_the_buffer_is_refused_the_journal_is_read(tmp_path: Path) -> None:
    line = {
        "MESSAGE": "NVRM: Xid (PCI:0000:3b:00): 48, DBE",
        "SYSLOG_FACILITY": "0",
        "_SOURCE_MONOTONIC_TIMESTAMP": "3000000",
    }
    other = {
        "MESSAGE": list(b"NVRM: Xid (PCI:0000:3b:00): 31, \xff"),
        "_SOURCE_MONOTONIC_TIMESTAMP": "4000000",
    }
    forged = {"MESSAGE": "NVRM: Xid (PCI:0000:3b:00): 79, x", "SYSLOG_FACILITY": "1"}
    text = "\n".join([*map(json.dumps, (line, other, forged)), "{", "[]"])
    assert xids(str(tmp_path), printing(text)) == (
        ("Xid 48 on 0000:3b:00, at 3.000000 s", "Xid 31 on 0000:3b:00, at 4.000000 s"),
        "journal",
    )


def test_a_journal_of_the_kernel_without_a_fault_is_known_to_have_none(tmp_path: Path) -> None:
    assert xids(str(tmp_path), printing(json.dumps({"MESSAGE": "Linux version 6.12"}))) == ((), "journal")


@pytest.mark.parametrize("journal", [("/nonexistent/journalctl",), ("false",), ("true",)])
def test_who_may_read_neither_is_told_so(tmp_path: Path, journal: tuple[str, ...]) -> None:
    assert xids(str(tmp_path), journal) is None


def test_odd_lines_of_the_journal_are_passed_over() -> None:
    assert list(journalled(iter(["", "null", "[" * 100_000, '{"MESSAGE": [999]}', '{"MESSAGE": 1}']))) == [
        (0.0, "1")
    ]


def test_both_judges_know_the_same_numbers() -> None:
    assert frozenset(known.FAULTS) == judged.FAULTS
    assert frozenset(known.PROGRAMS) == judged.PROGRAMS
    assert known.BY_THEIR_WORD == judged.BY_THEIR_WORD
    assert not known.FAULTS.keys() & known.PROGRAMS.keys()


def reading(told: list[bytes | type[Exception]]) -> Callable[[], bytes]:
    records: Iterator[bytes | type[Exception]] = iter(told)

    def read() -> bytes:
        record = next(records)
        if isinstance(record, bytes):
            return record
        raise record

    return read


def printing(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


def test_a_driver_that_is_loaded_and_a_recovery_are_events_and_no_faults() -> None:
    lines = (
        "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.158.01",
        "NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)",
    )
    loaded, recovered = events((1.0, line) for line in lines)
    assert (loaded.kind, loaded.address) == (LOADED, "")
    assert (recovered.kind, recovered.number, recovered.recovered) == (XID, 154, True)
    (switch,) = events([(1.0, "nvidia-nvswitch3: SXid (PCI:0000:cd:00.0): 20034, Fatal, Link 24")])
    assert (switch.kind, switch.fatal) == (SXID, True)


def test_a_log_that_is_kept_open_tells_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "kmsg"
    os.mkfifo(log)
    follower = Follower(str(log))
    with log.open("wb", buffering=0) as kernel:
        for second in (1, 2):
            kernel.write(f"3,1,{second}000000,-;NVRM: Xid (PCI:0000:3b:00): 48, DBE\n".encode())
            assert [(each.number, each.at_s) for each in follower.new()] == [(48, float(second))]
    follower.close()


def test_events_come_from_the_journal_where_the_buffer_is_refused(tmp_path: Path) -> None:
    line = {"MESSAGE": "NVRM: Xid (PCI:0000:3b:00): 48, DBE", "_SOURCE_MONOTONIC_TIMESTAMP": "3000000"}
    found = logged(str(tmp_path), printing(json.dumps(line)))
    assert found is not None
    (event,) = found
    assert (event.label, event.at_s) == ("Xid 48 on 0000:3b:00", 3.0)
    assert logged(str(tmp_path), ("false",)) is None
