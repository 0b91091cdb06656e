"""Settings of the user or the host that would change what is trained: set aside for this process, and told. Writes no file."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workloads.result import Arguments
from workloads.result.evidence import Setting

ENVIRONMENT = "environment"
NO_KERAS_HOME = f"{os.devnull}/keras"
"""A place where no file can be: Keras reads no settings there and leaves none."""
KERAS_DEFAULTS: dict[str, object] = {
    "floatx": "float32",
    "image_data_format": "channels_last",
    "epsilon": 1e-07,
}
"""What keras.json may change beside the backend, which is an argument of the job."""
PREFIXES = (
    "TF_",
    "XLA_",
    "JAX_",
    "KERAS_",
    "NVIDIA_TF32_",
    "PYTORCH_",
    "TORCH_",
    "TORCHDYNAMO_",
    "ONEDNN_",
    "DNNL_",
    "CUBLAS_",
    "CUDA_LAUNCH_BLOCKING",
)
"""Beginnings of variables by which TensorFlow, JAX, Keras, PyTorch and the libraries below them change how they compute."""
KEPT = ("TF_CPP_", "JAX_PLATFORMS", "KERAS_HOME", "TORCH_HOME")
"""Beginnings of those that change what is said, seen or found, not what is computed. What hides cards is told by their count."""
FOREIGN = (
    "TF_VAR_",
    "TF_CLI_",
    "TF_TOKEN_",
    "TF_LOG",
    "TF_DATA_DIR",
    "TF_WORKSPACE",
    "TF_INPUT",
    "TF_IN_",
    "TF_PLUGIN_",
)
"""Terraform's: not TensorFlow's, and some are secrets."""
SHOWN = 200
"""Characters of a value that are told."""
XLA_KEPT = "--xla_gpu_cuda_data_dir="
"""The only flag of XLA that says where something lies."""
XLA_CPUS = "--xla_force_host_platform_device_count="
"""Shows JAX the CPU as several devices. It is read when the CPU is first used, so it stands before the import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What to do to the environment before a framework is imported."""

    values: dict[str, str]
    removed: tuple[str, ...]
    told: tuple[Setting, ...]
    """What was found different."""


def adjustment(
    arguments: Arguments, environ: Mapping[str, str], home: Path, *, cpu_devices: int = 1
) -> Adjustment:
    """What this job trains with. A job for the CPU is shown no GPU, so that it can take none.

    Args:
        arguments: what the job is asked.
        environ: as it was found.
        home: Keras' folder of the user.
        cpu_devices: as how many devices the job wants the CPU shown.
    """
    # Warnings stay: they say why a GPU cannot be used. JAX would else take most of a card at once. TensorFlow would leave out
    # cards with fewer than eight multiprocessors without a word.
    values = {
        "KERAS_BACKEND": arguments.backend,
        "KERAS_HOME": NO_KERAS_HOME,
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "TF_MIN_GPU_MULTIPROCESSOR_COUNT": "1",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    if arguments.device == "cpu":
        values |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    flags = [flag for flag in environ.get("XLA_FLAGS", "").split() if flag.startswith(XLA_KEPT)]
    if arguments.backend == "jax" and cpu_devices > 1:
        flags.append(f"{XLA_CPUS}{cpu_devices}")
    if flags:
        values["XLA_FLAGS"] = " ".join(flags)
    changing = sorted(
        name for name in environ if name.startswith(PREFIXES) and not name.startswith((*KEPT, *FOREIGN))
    )
    different = [name for name in changing if environ[name] != values.get(name, "")]
    told = [
        Setting(name=name, found=environ[name][:SHOWN], used=values.get(name, ""), source=ENVIRONMENT)
        for name in different
    ]
    return Adjustment(
        values=values,
        removed=tuple(name for name in changing if name not in values),
        told=(*told, *keras_settings(home / "keras.json")),
    )


def keras_home(environ: Mapping[str, str]) -> Path:
    """Where Keras would look for settings and data."""
    return Path(environ.get("KERAS_HOME") or Path(environ.get("HOME") or "~").expanduser() / ".keras")


def keras_settings(file: Path) -> tuple[Setting, ...]:
    """What the user's keras.json has different from Keras' own defaults."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        return ()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return (Setting(name="keras.json", found="no JSON object", used="Keras' defaults", source=str(file)),)
    return tuple(
        Setting(name=name, found=str(found[name])[:SHOWN], used=str(value), source=str(file))
        for name, value in KERAS_DEFAULTS.items()
        if name in found and found[name] != value
    )
