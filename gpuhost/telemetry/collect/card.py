"""One card over many collections: asked once for what never changes, and no more for what it does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gpuhost.telemetry.collect.figures import (
    INSTEAD,
    ONCE,
    QUICK,
    SELDOM,
    Figures,
    Handle,
    Nvml,
    NvmlError,
    Question,
    address,
    text,
)
from gpuhost.telemetry.collect.processes import Processes
from gpuhost.telemetry.snapshot import LOST, UNREADABLE, Card, MigInstance

_MIG_NAME = " MIG "
MOST_INSTANCES = 7


class HostError(Exception):
    """NVML as a whole does not answer any more: it has to be opened anew."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


class AskedCard:
    """One card; `index` is NVML's."""

    def __init__(self, nvml: Nvml, index: int, processes: Processes) -> None:
        self._nvml = nvml
        self.index = index
        self._processes = processes
        self._handle: Handle = None
        self._identity: dict[str, Any] = {}
        self._seldom: Figures = {}
        self._absent: set[str] = set()
        self._instances: list[tuple[Handle, MigInstance]] = []
        fatal = ("UNINITIALIZED", "DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH")
        self._fatal = {getattr(nvml, f"NVML_ERROR_{name}") for name in fatal}
        refused = ("NOT_SUPPORTED", "FUNCTION_NOT_FOUND", "NO_PERMISSION", "ARGUMENT_VERSION_MISMATCH")
        self._refused = {getattr(nvml, f"NVML_ERROR_{name}") for name in refused}

    def collect(self, *, everything: bool) -> Card:
        """The card now.

        Args:
            everything: also what changes seldom; otherwise that stays as it was.

        Raises:
            HostError: no card can be asked.
        """
        try:
            if self._handle is None or everything:
                self._identify()
            figures = dict(self._answers(QUICK))
            if everything:
                self._ask_seldom()
            parts = self._parts()
            processes = self._processes.on(self._nvml, self._handle, parts)
        except self._nvml.NVMLError as cause:
            return self._failed(cause)
        told = {**self._identity, **self._seldom, **figures}
        return Card(**told, mig_instances=parts, processes=processes)

    def _identify(self) -> None:
        """A card behind the same index may be another one, or have come back. Raises NVMLError."""
        handle = self._nvml.nvmlDeviceGetHandleByIndex(self.index)
        uuid = text(self._nvml.nvmlDeviceGetUUID(handle))
        if self._identity.get("uuid") == uuid:
            self._handle = handle
            return
        self._absent, self._seldom, self._instances = set(), {}, []
        name = text(self._nvml.nvmlDeviceGetName(handle))
        at = address(self._nvml.nvmlDeviceGetPciInfo(handle).busId)
        self._identity = {"index": self.index, "uuid": uuid, "name": name, "address": at}
        self._handle = handle
        self._identity.update(self._answers(ONCE))

    def _ask_seldom(self) -> None:
        was_cut_up = self._seldom.get("mig_enabled")
        self._seldom = dict(self._answers(SELDOM))
        if self._seldom.get("mig_enabled") != was_cut_up:
            self._absent.clear()  # in either mode a card has figures that it does not have in the other
        self._instances = list(self._listed_instances()) if self._seldom.get("mig_enabled") else []

    def _answers(self, questions: dict[str, Question]) -> Iterator[tuple[str, Any]]:
        """Field and value of what the card has. Raises NVMLError where the card as a whole does not answer."""
        for name, question in questions.items():
            answer = self._answer(name, question)
            if answer is None and name in self._absent and name in INSTEAD:
                answer = self._answer(f"{name} of old drivers", INSTEAD[name])
            if answer is not None:
                yield from answer.items()

    def _answer(self, name: str, question: Question) -> Figures | None:
        """None where the card does not have it, or does not say it now. Raises NVMLError as above."""
        if name in self._absent:
            return None
        try:
            return question(self._nvml, self._handle)
        except self._nvml.NVMLError as cause:
            if cause.value in self._refused:
                self._absent.add(name)
            elif cause.value in self._fatal or self._whole(cause):
                raise
            return None

    def _whole(self, cause: NvmlError) -> bool:
        """Whether it is the card that does not answer, and not one figure of it."""
        return cause.value in {self._nvml.NVML_ERROR_GPU_IS_LOST, self._nvml.NVML_ERROR_RESET_REQUIRED}

    def _failed(self, cause: NvmlError) -> Card:
        if cause.value in self._fatal:
            raise HostError(int(cause.value), str(cause)) from cause
        state = LOST if cause.value == self._nvml.NVML_ERROR_GPU_IS_LOST else UNREADABLE
        self._handle = None
        known = self._identity or {"index": self.index, "uuid": "", "name": "", "address": ""}
        return Card(**known, state=state, error=str(cause))

    def _listed_instances(self) -> Iterator[tuple[Handle, MigInstance]]:
        for number in range(MOST_INSTANCES):
            part = self._instance(number)
            if part is not None:
                yield part

    def _instance(self, number: int) -> tuple[Handle, MigInstance] | None:
        """None where the card has no such part. Raises NVMLError where the card as a whole does not answer."""
        nvml = self._nvml
        try:
            handle = nvml.nvmlDeviceGetMigDeviceHandleByIndex(self._handle, number)
            part = MigInstance(
                uuid=text(nvml.nvmlDeviceGetUUID(handle)),
                gpu_instance=nvml.nvmlDeviceGetGpuInstanceId(handle),
                compute_instance=nvml.nvmlDeviceGetComputeInstanceId(handle),
                profile=text(nvml.nvmlDeviceGetName(handle)).rpartition(_MIG_NAME)[2],
                memory_total_bytes=None,
                memory_used_bytes=None,
            )
        except nvml.NVMLError as cause:
            if cause.value in self._fatal or self._whole(cause):
                raise
            return None
        return handle, part

    def _parts(self) -> tuple[MigInstance, ...]:
        """The parts of a card that is cut up, with their memory now."""
        return tuple(self._measured(handle, part) for handle, part in self._instances)

    def _measured(self, handle: Handle, part: MigInstance) -> MigInstance:
        try:
            memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
        except self._nvml.NVMLError as cause:
            if cause.value in self._fatal or self._whole(cause):
                raise
            return part  # it was taken away since they were listed
        return replace(part, memory_total_bytes=memory.total, memory_used_bytes=memory.used)
