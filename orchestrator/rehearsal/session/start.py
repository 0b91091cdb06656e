"""Begin a rehearsal or find the one that goes on, and end it when nothing is left in it. Reads no credentials."""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from filelock import FileLock
from platformdirs import user_cache_path

from orchestrator.computer.processes import MARKER
from orchestrator.errors import EngineMissingError, ProviderError, UsageError
from orchestrator.providers.base import Say
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.support import no_way_to_addresses, obstacles
from orchestrator.rehearsal.api.request import Call
from orchestrator.rehearsal.cloud import need_moto
from orchestrator.rehearsal.containers import container_spec, networks
from orchestrator.rehearsal.profiles import PROFILES
from orchestrator.rehearsal.session import record
from orchestrator.rehearsal.session.record import CALLS, END, FAULTS, HOLDINGS
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_START_TIMEOUT_S = 30.0
_END_TIMEOUT_S = 60.0
_ANSWER_TIMEOUT_S = 10.0
_SECOND_BYTES = range(231, 251)
"""10.231.0.0/16 to 10.250.0.0/16 are tried: the first that no other network of this computer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One that runs."""

    url: str
    """The endpoint of every service of AWS that is played."""


def open_rehearsal(
    state: Path, faults: tuple[str, ...], say: Say, distributions: tuple[str, ...] = ("debian-12",)
) -> Rehearsal:
    """Start a rehearsal, or find the one of this state folder, and let the named faults happen from now on.

    Args:
        state: the state folder; there is one rehearsal for each.
        faults: names of `PROFILES`; they replace those that were on.
        say: takes lines about what takes long.
        distributions: whose images are made ready now, so that no host waits for it.

    Raises:
        UsageError: an unknown fault, a distribution without an image, or moto is not installed.
        EngineMissingError: no container engine answers.
        ProviderError: the engine cannot run containers, or the process did not come up.
    """
    check_faults(faults)
    need_moto()
    record.folder(state).mkdir(parents=True, exist_ok=True)
    with FileLock(record.folder(state) / "lock"):
        known = record.read(state)
        facts = detect()
        if found := obstacles(facts):
            raise ProviderError(found[0].seen, found[0].hint)
        if why := no_way_to_addresses(facts):
            raise ProviderError(
                f"{why}, and a rehearsal reaches its hosts by their own addresses",
                "use Docker or Podman as root: `docker context use default`",
            )
        engine = Engine(facts)
        if known is None:
            networks.remove_everything(engine, record.mark(state))  # of a rehearsal whose process was killed
        for distribution in distributions:
            maker = ImageMaker(
                engine=engine,
                cache=RootfsCache(user_cache_path("orchestrate") / "images"),
                fleet=record.mark(state),
                say=say,
                intend=lambda _kind, _name: None,
            )
            maker.ensure(container_spec.recipe(distribution, record.mark(state)))
        if known is None:
            known = _started(state, engine)
            say(f"a rehearsal of EC2 began at {known.url}")
    _told(known, FAULTS, list(faults))
    return Rehearsal(url=known.url)


def find_rehearsal(state: Path) -> Rehearsal | None:
    """The rehearsal of this state folder that runs; None when there is none."""
    known = record.read(state)
    return Rehearsal(url=known.url) if known else None


def calls_so_far(state: Path) -> tuple[Call, ...]:
    """Every call that the rehearsal of this state folder was asked, in order; none when there is none. Raises ProviderError."""
    known = record.read(state)
    said = cast("list[dict[str, Any]]", _told(known, CALLS, [])) if known else []
    return tuple(Call(**each) for each in said)


def close_rehearsal_when_empty(state: Path) -> tuple[str, ...]:
    """End the rehearsal with its networks and image when no fleet has anything in it; return what is left.

    One whose process was killed is cleaned up: what it played is forgotten.

    Raises:
        ProviderError: the engine refuses, or the process does not end.
    """
    if not record.folder(state).exists():
        return ()
    with FileLock(record.folder(state) / "lock"):
        known = record.read(state)
        if known is not None:
            left = tuple(str(each) for each in _told(known, HOLDINGS, []))
            if left:
                return left
            _told(known, END, [])
            _wait_for_end(state)
        try:
            engine = Engine(detect())
        except EngineMissingError:
            return ()  # then there are no containers either
        networks.remove_everything(engine, record.mark(state))
        record.path(state).unlink(missing_ok=True)
    return ()


def check_faults(names: tuple[str, ...]) -> None:
    """Raise UsageError when a name is none of `PROFILES`."""
    for name in names:
        if name not in PROFILES:
            raise UsageError(f"there is no fault {name!r}", f"one of {', '.join(PROFILES)}")


def _started(state: Path, engine: Engine) -> record.Record:
    network, cidr = _network(engine, record.mark(state))
    argv = (sys.executable, "-m", "orchestrator.rehearsal", str(state), network, cidr)
    kept = {
        name: value for name, value in os.environ.items() if name != MARKER and not name.startswith("AWS_")
    }
    with record.log(state).open("ab") as log:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=kept, start_new_session=True
        )

    def up() -> record.Record | NotYet:
        if process.poll() is not None:
            raise ProviderError(
                f"the rehearsal ended at once: {_last_line(state)}", f"see {record.log(state)}"
            )
        return record.read(state) or NotYet(_last_line(state))

    try:
        return wait_for("the rehearsal", up, timeout_s=_START_TIMEOUT_S)
    except DeadlineError as error:
        process.kill()
        raise ProviderError(str(error), f"see {record.log(state)}") from error


def _network(engine: Engine, mark: str) -> tuple[str, str]:
    """The engine's network for the default VPCs, and its addresses."""
    for second in _SECOND_BYTES:
        cidr = f"10.{second}.0.0/16"
        try:
            return networks.create_network(engine, mark, cidr).network, cidr
        except ProviderError as error:
            refused = error
    raise refused


def _wait_for_end(state: Path) -> None:
    def ended() -> bool | NotYet:
        return record.read(state) is None or NotYet("its process runs")

    try:
        wait_for("the end of the rehearsal", ended, timeout_s=_END_TIMEOUT_S, interval_s=0.1)
    except DeadlineError as error:
        raise ProviderError(str(error), f"see {record.log(state)}") from error


def _told(known: record.Record, path: str, value: object) -> list[object]:
    """Ask the rehearsal's process for something of its own."""
    request = urllib.request.Request(known.url + path, data=json.dumps(value).encode(), method="POST")  # noqa: S310  our own record's http://127.0.0.1
    try:
        # Past any proxy of the user's: it is on this computer.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_ANSWER_TIMEOUT_S) as answer:
            said = json.loads(answer.read())
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"the rehearsal at {known.url} does not answer: {error}",
            f"kill {known.pid}, then run the command again",
        ) from error
    return said if isinstance(said, list) else [said]


def _last_line(state: Path) -> str:
    lines = record.log(state).read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"
