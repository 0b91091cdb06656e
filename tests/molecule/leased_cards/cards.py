"""Stands in for the telemetry of a host: writes a snapshot of four cards each second, as `/run/cards.json` has them."""

import json
import sys
import threading
import time
from pathlib import Path

FOLDER = Path("/run/gpuhost")
TOLD = Path("/run/cards.json")
"""Card's number -> fields that are not as usual."""


def card(number: int, changes: dict[str, object]) -> dict[str, object]:
    usual = {
        "index": number,
        "uuid": f"GPU-0000000{number}-0000-0000-0000-000000000000",
        "name": "Stand-in",
        "address": f"0000:0{number + 1}:00.0",
        "state": "ok",
        "minor": number,
        "utilization_percent": 90,
        "memory_total_bytes": 16 * 2**30,
        "throttle_reasons": None,
        "mig_instances": [],
        "processes": [],
    }
    return usual | changes


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    count, pause = int(sys.argv[1]), threading.Event()
    while True:
        told = json.loads(TOLD.read_text()) if TOLD.exists() else {}
        cards = [card(number, told.get(str(number), {})) for number in range(count)]
        fresh = FOLDER / ".snapshot.json"
        told_of_all = {
            "schema": 1,
            "taken_at": time.time(),
            "host": "",
            "state": "ok",
            "xids": None,
            "advice": [],
        }
        fresh.write_text(json.dumps(told_of_all | {"cards": cards}))
        fresh.replace(FOLDER / "snapshot.json")
        pause.wait(0.5)


main()
