"""The one file that a host is sent to do a workload, and the Python that runs it there."""

from orchestrator.computer.content import packages_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.models import Plan

PROGRAM = "workloads.pyz"
RESULT = "result.json"


def workloads_program() -> bytes:
    """`workloads/` with what it needs beside the training environment, as an archive that Python runs."""
    return build_zipapp(
        packages_dir(),
        "workloads/**/*.py",
        "workloads/**/*.csv",
        main="workloads.__main__",
        libraries=("pynvml",),
        packed=True,
    )


def training_python(plan: Plan) -> str:
    """Of the environment that role `ml_env` made."""
    return f"{plan.role_vars.get('ml_env_root', '/opt/ml/envs')}/default/bin/python"
