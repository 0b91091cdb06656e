"""Two processes whose parent is gone hold a card's memory: what does nothing is ended, what works is refused.

Run as an ordinary user; `/run/cards.json` has to be that user's to write.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

TOLD = Path("/run/cards.json")
IDLE = "import time; time.sleep(987652)"
BUSY = "while True: pass"


def main() -> None:
    idle, busy = orphan(IDLE), orphan(BUSY)
    try:
        cards = {
            str(number): {"utilization_percent": 0, "processes": [holder(pid)]}
            for number, pid in enumerate((idle, busy))
        }
        TOLD.write_text(json.dumps(cards))
        pause(2)
        found = {each["pid"]: each for each in json.loads(reap("--json").stdout)["findings"]}
        assert found[idle]["kind"] == "orphan", found
        assert found[busy]["kind"] == "working orphan", found
        asked = reap()
        assert f"gpuhost reap --end {found[idle]['token']}" in asked.stderr, asked
        assert alive(idle), "nobody was there to be asked"
        refused = reap("--end", found[busy]["token"])
        assert refused.returncode == 1, refused
        assert "but it works" in refused.stdout, refused
        ended = reap("--end", found[idle]["token"])
        assert ended.stdout == f"process {idle}: ended\n", ended
        assert not alive(idle)
        assert alive(busy)
    finally:
        for pid in (idle, busy):
            subprocess.run(("kill", "-9", str(pid)), capture_output=True, check=False)
        TOLD.write_text("{}")


def orphan(code: str) -> int:
    """A process whose parent has ended."""
    start = f"import subprocess, sys; print(subprocess.Popen((sys.executable, '-c', {code!r}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)"
    return int(
        subprocess.run((sys.executable, "-c", start), capture_output=True, text=True, check=True).stdout
    )


def holder(pid: int) -> dict[str, object]:
    return {
        "pid": pid,
        "kind": "compute",
        "memory_bytes": 2**30,
        "user": "somebody",
        "uid": os.getuid(),
        "command": "python",
        "started_at": time.time(),
        "state": "S",
    }


def reap(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ("gpuhost", "reap", *words),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


main()
