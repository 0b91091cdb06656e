"""The one file that a host is sent to do a workload, and the Python that runs it there."""

from itertools import chain

from orchestrator.computer.content import packages_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.models import TRAINING, TRAINING_ARGUMENTS, Plan, WorkloadRequest

PROGRAM = "workloads.pyz"
RESULT = "result.json"


def workloads_program() -> bytes:
    """`workloads/` with what it needs beside the training environment, and of `gpuhost` what both know, as an archive that Python runs."""
    return build_zipapp(
        packages_dir(),
        "workloads/**/*.py",
        "workloads/**/*.csv",
        "gpuhost/__init__.py",
        "gpuhost/xid/*.py",
        main="workloads.__main__",
        libraries=("pynvml",),
        packed=True,
    )


def workload_argv(request: WorkloadRequest, python: str, program: str) -> tuple[str, ...]:
    """The command line of a workload with exactly the planned settings; `--attempt` and `--result` come behind it.

    Args:
        request: what was planned.
        python: of the training environment.
        program: where the host has `workloads_program`.
    """
    options: dict[str, object] = {
        "device": request.device,
        "backend": request.backend,
        "memory-limit-mib": request.memory_limit_mib,
    }
    if request.workload == TRAINING:
        options |= {name: getattr(request, name) for name in TRAINING_ARGUMENTS}
    options |= dict(request.options)
    given = [
        (f"--{name.replace('_', '-')}", str(value)) for name, value in options.items() if value is not None
    ]
    return (python, program, request.workload, *chain(*given))


def training_python(plan: Plan) -> str:
    """Of the environment that role `ml_env` made."""
    return f"{plan.role_vars.get('ml_env_root', '/opt/ml/envs')}/default/bin/python"
