"""Whatever a crash or a hand left in the files of role lifetime: the account goes on, the host still ends, `status` still answers."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from gpuhost.lifetime import command
from gpuhost.lifetime import ledger as books
from gpuhost.lifetime import limits as lifetime
from tests.unit.any_answer.anything import spoilt

LIMITS = {
    "max_hours": 12,
    "max_cost_usd": 20,
    "price_usd_per_hour": 0.5,
    "idle_minutes": 60,
    "warn_minutes": [30, 10],
    "busy_cpus": 0.5,
    "busy_gpu_percent": 5,
}
LEDGER = {
    "earlier_s": 7200.0,
    "now": {"run": "earlier", "seconds": 100.0},
    "used_s": 70.0,
    "extensions": [{"at": "2026-11-21T12:00:00+00:00", "by": "ada", "hours": 2.0, "usd": 0.0}],
    "ended": {"at": "2026-11-20T12:00:00+00:00", "run": "z", "spent_s": 3600.0, "reason": "6 hours in all"},
}

NOTICE = {
    "run": books.moment().run,
    "action": "terminate",
    "at": "2026-11-28T14:02:00+00:00",
    "noticed_at": "",
    "advised_at": "",
    "signalled": ["a.service"],
}


@settings(max_examples=150)
@given(spoilt(LEDGER), spoilt(LIMITS), spoilt(NOTICE))
def test_any_account_and_any_limits_are_looked_at_and_told(ledger: str, limits: str, notice: str) -> None:
    with TemporaryDirectory() as folder:
        book = books.Book(Path(folder), Path(folder) / "config.json")
        write(book.folder / "limits.json", json.dumps(LIMITS))
        write(book.config, limits)
        write(book.folder / "ledger.json", ledger)
        write(book.folder / "interruption.json", notice)
        allowed = book.limits()
        verdict = command.look(book, allowed, warned=math.inf, in_use=True)
        assert verdict.action in {"keep", "warn", "end"}
        now = books.moment()
        told = command.report(book.peek(now, 0.0), allowed, book.notice(now.run))
        assert json.loads(json.dumps(told, allow_nan=False))["spent_seconds"] >= 0
        assert command.in_words(told)


def test_the_largest_limits_have_a_date() -> None:
    most = dict.fromkeys(("max_hours", "max_cost_usd", "price_usd_per_hour", "idle_minutes"), lifetime.MOST)
    limits = lifetime.parse_limits(LIMITS | most)
    now = lifetime.Moment(run="a", seconds=1.0)
    told = command.report(
        lifetime.Ledger(earlier_s=0.0, now=now, used_s=1.0), limits, lifetime.Notice(run="a")
    )
    assert told["ends_at"] is not None
    assert asdict(limits)["max_hours"] == lifetime.MOST


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode(errors="surrogatepass"))
