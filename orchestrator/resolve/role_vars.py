"""A stack as the variables of the roles that install it. Pure."""

from orchestrator.models import Builder, Stack

BUNDLED_RELEASE = "2.21.0"
BUNDLED_PYTHONS = ("3.11", "3.12", "3.13")
"""What the pins are for that come with role ml_env. It takes them where it is given no constraints."""


def role_vars(stack: Stack) -> dict[str, object]:
    """The variables of nvidia_driver, cuda, conda and ml_env. A role that has nothing to do gets none."""
    return {**_driver(stack), **_toolkit(stack), **_environments(stack)}


def _driver(stack: Stack) -> dict[str, object]:
    if stack.driver is None:
        return {}
    return {
        "nvidia_driver_branch": stack.driver.branch,
        "nvidia_driver_flavour": stack.driver.flavour.value,
        "nvidia_driver_source": stack.driver.source.value,
    }


def _toolkit(stack: Stack) -> dict[str, object]:
    if stack.toolkit is None:
        return {}
    return {
        "cuda_version": stack.toolkit.cuda,
        "cuda_cudnn_version": stack.toolkit.cudnn,
        "cuda_source": stack.toolkit.source.value,
    }


def _environments(stack: Stack) -> dict[str, object]:
    """One environment for each accelerator; the role itself turns `tensorflow` into the build for it."""
    bundled = stack.tensorflow == BUNDLED_RELEASE and stack.python in BUNDLED_PYTHONS
    constraints = "".join(f"{line}\n" for line in stack.constraints)
    return {
        "ml_env_builder": stack.builder.value,
        "ml_env_python": stack.python if stack.builder is Builder.CONDA else "",
        "ml_env_environments": [
            {
                "name": "default",
                "accelerators": ["gpu", "cpu"] if stack.driver else ["cpu"],
                "requirements": [f"tensorflow=={stack.tensorflow}", "keras", "numpy", "tensorboard"],
                **({} if bundled and not constraints else {"constraints": constraints}),
            }
        ],
    }
