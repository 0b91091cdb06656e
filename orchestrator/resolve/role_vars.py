"""A stack as the variables of the roles that install it. Pure."""

from orchestrator.models import Builder, Framework, PackageSource, Stack

BUNDLED = {
    Framework.TENSORFLOW: {"3.10": "2.21.0", "3.11": "2.21.0", "3.12": "2.21.0", "3.13": "2.21.0"},
    Framework.JAX: {"3.10": "0.6.2", "3.11": "0.10.2", "3.12": "0.12.0.1", "3.13": "0.12.0.1"},
    Framework.TORCH: {},
}
"""Release by Python, of which role ml_env brings the pins. It takes them where it is given no constraints."""
BESIDE = ("keras", "numpy", "tensorboard", "h5py", "lmdb", "matplotlib", "pillow")
"""What an environment has besides: the last four for the jobs that read tables of data and draw."""


def role_vars(stack: Stack) -> dict[str, object]:
    """The variables of nvidia_driver, cuda, conda and ml_env. A role that has nothing to do gets none."""
    return {**_driver(stack), **_toolkit(stack), **_environments(stack)}


def _driver(stack: Stack) -> dict[str, object]:
    if stack.driver is None or stack.driver.source is PackageSource.IMAGE:
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
    """One environment for each accelerator; the role itself turns the framework's name into the build for it.

    PyTorch's build for the CPU is on an index of its own, so that a host with a card gets no second environment with it.
    """
    bundled = BUNDLED[stack.framework].get(stack.python) == stack.release
    constraints = "".join(f"{line}\n" for line in stack.constraints)
    return {
        "ml_env_builder": stack.builder.value,
        "ml_env_python": stack.python if stack.builder is Builder.CONDA else "",
        "ml_env_environments": [
            {
                "name": "default",
                "accelerators": _accelerators(stack),
                "requirements": [f"{stack.framework}=={stack.release}", *BESIDE],
                **({} if bundled and not constraints else {"constraints": constraints}),
            }
        ],
    }


def _accelerators(stack: Stack) -> list[str]:
    if stack.driver is None:
        return ["cpu"]
    return ["gpu"] if stack.framework is Framework.TORCH else ["gpu", "cpu"]
