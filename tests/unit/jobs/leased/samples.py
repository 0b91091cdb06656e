"""What a host tells of a job."""

TOLD: dict[str, object] = {
    "id": 7,
    "uid": 1000,
    "gid": 1000,
    "user": "admin",
    "command": "python train.py",
    "folder": "/home/admin/orchestrate-runs/job-1",
    "gpus": 1,
    "seconds": 3600.0,
    "submitted_at": 1.0,
    "kind": "card",
    "fraction": 0.0,
    "name": "",
    "reservation": None,
    "state": "running",
    "why": "",
    "starts_at": 2.0,
    "ends_at": 3602.0,
    "devices": ["GPU-1"],
    "labels": ["GPU 0"],
    "result": "",
    "exit_code": None,
    "stopping": "",
}
"""One that runs, as `gpuhost jobs --json` has it."""
