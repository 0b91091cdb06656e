"""Do the same on several devices at the same time, each in a thread of its own, and go on without those that fail or hang."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from workloads.result import is_out_of_memory

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Generic[Made]):
    """By device."""

    made: Mapping[str, Made]
    lost: Mapping[str, str]
    """Why there is nothing: an error of the framework, or silence. A card that is lost shows as either."""


def on_each(
    devices: Sequence[str],
    work: Callable[[str, threading.Event], Made],
    clock: Callable[[], float],
    limit_s: float,
) -> Results[Made]:
    """What `work` gives for each device; its event is set when it has to come to an end.

    Returns after `limit_s` at the latest: a thread that hangs in a driver is left behind, and ends with the process. Raises what `work`
    raises for want of memory: that is no fault of the device.
    """
    made: dict[str, Made] = {}
    failed: dict[str, Exception] = {}
    stop = threading.Event()

    def do(device: str) -> None:
        try:
            made[device] = work(device, stop)
        except Exception as cause:  # noqa: BLE001  whatever a framework raises is the device's answer
            failed[device] = cause

    threads = {
        device: threading.Thread(target=do, args=(device,), name=device, daemon=True) for device in devices
    }
    until = clock() + limit_s
    try:
        for thread in threads.values():
            thread.start()
        for thread in threads.values():
            thread.join(max(0.0, until - clock()))
    finally:
        stop.set()
    for cause in failed.values():
        if is_out_of_memory(cause):
            raise cause
    lost = {device: _described(cause) for device, cause in dict(failed).items()}
    lost |= {
        device: f"it did not answer within {limit_s:.0f} s"
        for device, thread in threads.items()
        if thread.is_alive() and device not in lost
    }
    return Results(
        made={device: made[device] for device in devices if device in made and device not in lost}, lost=lost
    )


def _described(cause: Exception) -> str:
    text = str(cause).strip().partition("\n")[0][:300]
    return f"{type(cause).__name__}: {text}" if text else type(cause).__name__
