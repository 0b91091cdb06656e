"""Stands in for the quick workload where there is no framework: reports what that would, and whose process it was."""

import argparse
import json
import os
import threading
from pathlib import Path

CHECKS = ("hello_world", "multiplication")


def main() -> int:
    """Run it; return its exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--attempt", required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--wrong", default="")
    asked = parser.parse_args()
    threading.Event().wait(asked.seconds)
    outcomes = {name: "failed" if name == asked.wrong else "passed" for name in CHECKS}
    told = {
        "attempt": asked.attempt,
        "status": "failed" if asked.wrong else "passed",
        "error": None,
        "checks": [{"name": name, "outcome": each, "reason": ""} for name, each in outcomes.items()],
        "device": {"used": "CPU", "devices": [{"kind": "CPU", "description": "stand-in"}]},
        "versions": {"keras": "3.15.0"},
        "uid": os.getuid(),
    }
    asked.result.write_text(json.dumps(told), encoding="utf-8")
    return 1 if asked.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
