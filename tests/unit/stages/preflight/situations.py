"""Builders: a host that is ready for everything, and a stack for it. Every value can be overridden by keyword."""

from dataclasses import replace

from orchestrator.models import (
    Builder,
    Card,
    Driver,
    Flavour,
    Framework,
    GpuHolder,
    Hardware,
    HostFacts,
    Obstacle,
    PackageSource,
    Stack,
    Toolkit,
)

CARD = Card(
    address="0000:00:1e.0",
    device_id="1eb8",
    name="Tesla T4",
    memory_mib=15360,
    driver_in_use="nvidia",
    pcie_width=16,
    pcie_width_max=16,
    power_limit_w=70.0,
    power_default_w=70.0,
)
READY = HostFacts(
    host="lab-1",
    distribution="debian-12",
    architecture="x86_64",
    python="3.11.2",
    container="",
    kernel="6.1.0-41-amd64",
    kernel_next="6.1.0-41-amd64",
    headers=True,
    secure_boot=False,
    cards=(CARD,),
    nvswitches=0,
    driver_loaded="535.261.03",
    driver_installed="535.261.03",
    driver_origin="package",
    gpu_holders=(),
    memory_mib=15883,
    disk_free_mib={"/": 200_000},
)
BARE = replace(
    READY,
    cards=(
        replace(CARD, name="", memory_mib=None, driver_in_use="", power_limit_w=None, power_default_w=None),
    ),
    driver_loaded="",
    driver_installed="",
    driver_origin="",
)
"""The same without a driver."""

WITHOUT_CARD = replace(BARE, cards=())

CONTAINED = replace(
    READY, container="docker", kernel_next="", headers=False, secure_boot=None, driver_installed=""
)
"""A container that was given the card."""

ENVIRONMENTS = ("/opt/ml/envs/default/environment.json", "/opt/ml/envs/default-cpu/environment.json")
"""What the role ml_env leaves when it is done."""

SIGN = {"nvidia_driver_secure_boot": "sign"}

DRIVER = Driver(
    branch="535",
    flavour=Flavour.PROPRIETARY,
    source=PackageSource.DISTRO,
    packages=("nvidia-driver",),
    version="535.261.03",
    fabric_manager=False,
)
TOOLKIT = Toolkit(
    cuda="12.4", cudnn="", source=PackageSource.NVIDIA_REPO, packages=("cuda-toolkit-12-4",), reason="wished"
)
GPU_STACK = Stack(
    hardware=Hardware(gpus=("Tesla T4",), distribution="debian-12", architecture="x86_64"),
    driver=DRIVER,
    cuda="12.5",
    cudnn=">=9.3",
    toolkit=None,
    framework=Framework.TENSORFLOW,
    release="2.21.0",
    python="3.11",
    builder=Builder.VENV,
    requirements=("tensorflow[and-cuda]==2.21.0",),
    constraints=(),
    facts=(),
)
OF_THE_IMAGE = replace(
    GPU_STACK,
    driver=replace(DRIVER, branch="595", flavour=Flavour.OPEN, source=PackageSource.IMAGE, packages=()),
)
"""The driver came with the image that the host started from."""
WITH_TOOLKIT = replace(GPU_STACK, toolkit=TOOLKIT)
ON_UBUNTU = replace(
    GPU_STACK,
    driver=replace(DRIVER, branch="580", flavour=Flavour.OPEN, packages=("nvidia-driver-580-server-open",)),
)
CPU_STACK = replace(GPU_STACK, driver=None, cuda="", cudnn="", requirements=("tensorflow-cpu==2.21.0",))


def holder(command: str = "python3", *, user: str = "student", pid: int = 4242) -> GpuHolder:
    return GpuHolder(pid=pid, user=user, command=command)


def assert_well_said(found: Obstacle) -> None:
    """One line each, to be printed behind a dash and behind `try:`."""
    for text in (found.seen, found.hint):
        assert text == text.strip().rstrip(".")
        assert "\n" not in text
