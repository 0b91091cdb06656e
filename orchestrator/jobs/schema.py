"""The form of a result file. Strict: a key that is missing or of another type makes the whole file unreadable."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.models import CardCounts, DataFile, GpuReadings, KnownAnswer, OutputFile, Setting

SCHEMA = 2
"""The result format that this version reads; `workloads` writes it."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class _Check(_Part):
    name: str
    outcome: Literal["passed", "failed", "skipped", "error"]
    seen: str
    expected: str
    reason: str


class _Device(_Part):
    name: str
    kind: str
    memory_mib: int | None
    description: str
    uuid: str
    address: str


class _Devices(_Part):
    used: Literal["CPU", "GPU", ""]
    devices: list[_Device]


class _Epoch(_Part):
    epoch: int
    loss: Finite
    accuracy: Finite
    seconds: Finite
    images_per_s: Finite


class _Failure(_Part):
    type: str
    message: str


class _Host(_Part):
    boot_id: str
    started_uptime_s: float
    finished_uptime_s: float


class _Gpus(_Part):
    before: GpuReadings | None
    after: GpuReadings | None


class Result(_Part):
    """All of it."""

    schema_: Annotated[Literal[2], Field(alias="schema")]
    workload: str
    attempt: str
    status: Literal["passed", "failed", "error"]
    started_at: AwareDatetime
    finished_at: AwareDatetime
    duration_s: float
    host: _Host
    arguments: dict[str, str | int | float | None]
    versions: dict[str, str]
    device: _Devices
    cards: CardCounts | None
    data: tuple[DataFile, ...]
    known_answers: tuple[KnownAnswer, ...]
    settings: tuple[Setting, ...]
    gpus: _Gpus
    notes: tuple[str, ...]
    checks: list[_Check]
    metrics: dict[str, Finite]
    curve: list[_Epoch]
    tables: dict[str, tuple[dict[str, str | int | Finite | None], ...]] = {}
    """Of several configurations; empty in results of versions that had none."""
    files: tuple[OutputFile, ...] = ()
    """What lies in the job's output folder."""
    error: _Failure | None
