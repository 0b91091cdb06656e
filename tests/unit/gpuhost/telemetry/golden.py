"""Real cards under load, as their `nvidia-smi -q` and `--query-gpu` print them in public, and what NVML has behind that.

Figures alone, from the captures of utkuozdemir/nvidia_gpu_exporter: H100 and H200 (driver 590.48.01), L40S (595.80), GeForce RTX 4080
SUPER (595.71.05). What stands there as N/A the driver does not support, and is in no line here.
"""

from dataclasses import dataclass

from tests.nvml.library import Gpu

MIB = 2**20

HOPPER = (
    *(
        "temperature.0 {t}",
        "utilization 100",
        "clock.0 1980",
        "clock.1 1980",
        "clock.3 1545",
        "clock_max.1 1980",
    ),
    *("performance_state 0", "throttle_reasons 0", "ecc_mode 1", "rows 0 0 0 0", "field.230 0", "mig_mode 0"),
    *(
        "ecc.0.0 0",
        "ecc.1.0 0",
        "ecc.0.1 0",
        "ecc.1.1 0",
        "persistence_mode 1",
        "pcie_width 16",
        "pcie_width_max 16",
    ),
    *("pcie_generation 5", "pcie_generation_max 5", "minor 0", "serial 0000000000000"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One card."""

    gpu: Gpu
    """What its driver answers, in NVML's units."""
    printed: dict[str, str]
    """What nvidia-smi prints of it."""


def memory(used: int, reserved: int) -> tuple[str, ...]:
    return (f"memory_used {(used + reserved) * MIB}", f"memory_reserved {reserved * MIB}")


H100 = Golden(
    gpu=Gpu(
        address="0000:00:09.0",
        name="NVIDIA H100 80GB HBM3",
        memory=81559 * MIB,
        power_limit=700000,
        power_default=700000,
        uuid="GPU-h100",
        more=(
            *(line.format(t=59) for line in HOPPER),
            *memory(19818, 479),
            *("field.82 54", "power 631950", "utilization 100", "memory_utilization 11", "clock.2 2619", "clock_max.2 2619"),
            *(f"nvlink.{link} 1" for link in range(18)),
            f"bar1 {131072 * MIB} {19819 * MIB}",
        ),
    ),
    printed={
        "name": "NVIDIA H100 80GB HBM3", "memory.total": "81559 MiB", "memory.used": "19818 MiB", "memory.reserved": "479 MiB",
        "utilization.gpu": "100 %", "utilization.memory": "11 %", "temperature.gpu": "59", "temperature.memory": "54",
        "fan.speed": "[N/A]", "power.draw": "631.95 W", "power.limit": "700.00 W", "power.default_limit": "700.00 W",
        "clocks.sm": "1980 MHz", "clocks.mem": "2619 MHz", "clocks.gr": "1980 MHz", "clocks.video": "1545 MHz",
        "clocks.max.sm": "1980 MHz", "clocks.max.mem": "2619 MHz", "pstate": "P0", "ecc.mode.current": "Enabled",
        "ecc.errors.uncorrected.volatile.total": "0", "remapped_rows.uncorrectable": "0", "remapped_rows.pending": "No",
        "retired_pages.pending": "[N/A]", "gpu_recovery_action": "None", "pcie.link.gen.current": "5",
        "pcie.link.width.current": "16", "persistence_mode": "Enabled", "mig.mode.current": "Disabled",
        "bar1.used": "19819 MiB", "slowdown": "[N/A]", "nvlinks": "18",
    },
)  # fmt: skip
H200 = Golden(
    gpu=Gpu(
        address="0000:83:00.0",
        name="NVIDIA H200",
        memory=143771 * MIB,
        power_limit=700000,
        power_default=700000,
        uuid="GPU-h200",
        more=(
            *(line.format(t=52) for line in HOPPER),
            *memory(32362, 614),
            *("field.82 40", "power 627400", "memory_utilization 7", "clock.2 3201", "clock_max.2 3201"),
        ),
    ),
    printed={
        "name": "NVIDIA H200", "memory.total": "143771 MiB", "memory.used": "32362 MiB", "memory.reserved": "614 MiB",
        "utilization.gpu": "100 %", "utilization.memory": "7 %", "temperature.gpu": "52", "temperature.memory": "40",
        "fan.speed": "[N/A]", "power.draw": "627.40 W", "power.limit": "700.00 W", "power.default_limit": "700.00 W",
        "clocks.sm": "1980 MHz", "clocks.mem": "3201 MHz", "clocks.gr": "1980 MHz", "clocks.video": "1545 MHz",
        "clocks.max.sm": "1980 MHz", "clocks.max.mem": "3201 MHz", "pstate": "P0", "ecc.mode.current": "Enabled",
        "ecc.errors.uncorrected.volatile.total": "0", "remapped_rows.uncorrectable": "0", "remapped_rows.pending": "No",
        "retired_pages.pending": "[N/A]", "gpu_recovery_action": "None", "pcie.link.gen.current": "5",
        "pcie.link.width.current": "16", "persistence_mode": "Enabled", "mig.mode.current": "Disabled", "slowdown": "[N/A]",
    },
)  # fmt: skip
L40S = Golden(
    gpu=Gpu(
        address="0000:01:00.0",
        name="NVIDIA L40S",
        memory=46068 * MIB,
        power_limit=350000,
        power_default=350000,
        uuid="GPU-l40s",
        more=(
            *memory(1235, 609),
            *("temperature.0 54", "power 110230", "utilization 9", "memory_utilization 2", "clock.0 2520", "clock.1 2520"),
            *("clock.2 9001", "clock.3 1965", "clock_max.1 2520", "clock_max.2 9001", "performance_state 0", "throttle_reasons 0"),
            *("ecc_mode 1", "ecc.0.0 0", "ecc.1.0 0", "ecc.0.1 0", "ecc.1.1 0", "rows 0 0 0 0", "field.230 0", "persistence_mode 0"),
            *("pcie_width 16", "pcie_width_max 16", "pcie_generation 4", "pcie_generation_max 4", "minor 0"),
            f"bar1 {65536 * MIB} {1235 * MIB}",
        ),
    ),
    printed={
        "name": "NVIDIA L40S", "memory.total": "46068 MiB", "memory.used": "1235 MiB", "memory.reserved": "609 MiB",
        "utilization.gpu": "9 %", "utilization.memory": "2 %", "temperature.gpu": "54", "temperature.memory": "[N/A]",
        "fan.speed": "[N/A]", "power.draw": "110.23 W", "power.limit": "350.00 W", "power.default_limit": "350.00 W",
        "clocks.sm": "2520 MHz", "clocks.mem": "9001 MHz", "clocks.gr": "2520 MHz", "clocks.video": "1965 MHz",
        "clocks.max.sm": "2520 MHz", "clocks.max.mem": "9001 MHz", "pstate": "P0", "ecc.mode.current": "Enabled",
        "ecc.errors.uncorrected.volatile.total": "0", "remapped_rows.uncorrectable": "0", "remapped_rows.pending": "No",
        "retired_pages.pending": "[N/A]", "gpu_recovery_action": "None", "pcie.link.gen.current": "4",
        "pcie.link.width.current": "16", "persistence_mode": "Disabled", "mig.mode.current": "[N/A]", "bar1.used": "1235 MiB",
        "slowdown": "[N/A]", "nvlinks": "[N/A]",
    },
)  # fmt: skip
GEFORCE = Golden(
    gpu=Gpu(
        address="0000:01:00.0",
        name="NVIDIA GeForce RTX 4080 SUPER",
        memory=16376 * MIB,
        power_limit=320000,
        power_default=320000,
        uuid="GPU-4080",
        more=(
            *memory(1474, 434),
            *("temperature.0 46", "temperature_threshold.0 101", "temperature_threshold.1 96", "fan 0", "power 84240"),
            *("utilization 7", "memory_utilization 2", "clock.0 2805", "clock.1 2805", "clock.2 11251", "clock.3 2145"),
            *("clock_max.1 3165", "clock_max.2 11501", "performance_state 2", "throttle_reasons 0", "field.230 0"),
            *("persistence_mode 0", "pcie_width 16", "pcie_width_max 16", "pcie_generation 4", "pcie_generation_max 4", "minor 0"),
            f"bar1 {16384 * MIB} {35 * MIB}",
        ),
    ),
    printed={
        "name": "NVIDIA GeForce RTX 4080 SUPER", "memory.total": "16376 MiB", "memory.used": "1474 MiB",
        "memory.reserved": "434 MiB", "utilization.gpu": "7 %", "utilization.memory": "2 %", "temperature.gpu": "46",
        "temperature.memory": "[N/A]", "fan.speed": "0 %", "power.draw": "84.24 W", "power.limit": "320.00 W",
        "power.default_limit": "320.00 W", "clocks.sm": "2805 MHz", "clocks.mem": "11251 MHz", "clocks.gr": "2805 MHz",
        "clocks.video": "2145 MHz", "clocks.max.sm": "3165 MHz", "clocks.max.mem": "11501 MHz", "pstate": "P2",
        "ecc.mode.current": "[N/A]", "ecc.errors.uncorrected.volatile.total": "[N/A]", "remapped_rows.uncorrectable": "[N/A]",
        "remapped_rows.pending": "[N/A]", "retired_pages.pending": "[N/A]", "gpu_recovery_action": "None",
        "pcie.link.gen.current": "4", "pcie.link.width.current": "16", "persistence_mode": "Disabled",
        "mig.mode.current": "[N/A]", "bar1.used": "35 MiB", "slowdown": "96", "nvlinks": "[N/A]",
    },
)  # fmt: skip
CARDS = {"H100": H100, "H200": H200, "L40S": L40S, "GeForce": GEFORCE}
