"""Every workload can be planned, owes the checks that it declares, and is certified whichever framework computed."""

from dataclasses import replace
from typing import get_args

import pytest

from orchestrator.config.sections.training import ASKED, ValidationSpec, Workload
from orchestrator.models import DataFile, Verdict, WorkloadRequest, WorkloadRun
from orchestrator.stages.certify import certify
from orchestrator.stages.certify.confirm import OF_WORKLOADS
from orchestrator.stages.certify.expect.owed import owed_checks
from tests.unit.stages.proofs import NOW, plan, request, run
from workloads.command_line import arguments_of, parser
from workloads.registry import WORKLOADS as REGISTERED

OF_ONE_HOST = {name for name, workload in REGISTERED.items() if not workload.of_each_task}
"""The others run on all hosts of a cluster at once: `test_certify_cluster`."""


def test_the_checks_that_are_owed_are_those_that_the_workloads_declare() -> None:
    assert owed_checks() == {name: workload.checks for name, workload in REGISTERED.items()}
    assert set(OF_WORKLOADS) == set(REGISTERED)


def test_what_a_plan_may_ask_for_is_what_can_be_judged() -> None:
    assert set(get_args(Workload)) == OF_ONE_HOST
    assert set(ASKED) | {"smoke", "fashion_mnist"} == OF_ONE_HOST


@pytest.mark.parametrize("workload", sorted(OF_ONE_HOST))
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
@pytest.mark.parametrize("device", ["CPU", "GPU"])
def test_every_workload_can_be_certified_whichever_framework_computes(
    workload: str, backend: str, device: str
) -> None:
    names = dict.fromkeys(("smoke", workload, *(("gpu_burn",) if device == "GPU" else ())))
    asked = tuple(pinned(replace(request(name), backend=backend)) for name in names)
    given = tuple(with_pinned_data(run(asked=each, device=device)) for each in asked)
    certificate = certify(plan(workloads=asked), given, hosts=("sandbox-1",), issued_at=NOW)
    assert certificate.verdict is Verdict.PASS, certificate.reasons


def pinned(asked: WorkloadRequest) -> WorkloadRequest:
    """Of a table whose checksum nobody publishes the plan names it."""
    of_table = asked.workload in {"otto", "keypoints"}
    return replace(asked, options=(*asked.options, ("data_sha256", "0f" * 32))) if of_table else asked


def with_pinned_data(good: WorkloadRun) -> WorkloadRun:
    wanted = dict(good.request.options).get("data_sha256")
    if not wanted or not good.evidence:
        return good
    table = DataFile(
        name="train.csv", split="training", records=61_878, sha256=str(wanted), expected_sha256=str(wanted)
    )
    return replace(good, evidence=replace(good.evidence, data=(table,)))


@pytest.mark.parametrize("workload", sorted(ASKED))
def test_what_is_asked_of_a_workload_is_an_argument_of_it(workload: str) -> None:
    given = [word for name, value in ASKED[workload] for word in (f"--{name.replace('_', '-')}", str(value))]
    understood = arguments_of(parser().parse_args([workload, "--result", "x", *given]))
    assert {name: getattr(understood, name) for name, _ in ASKED[workload]} == dict(ASKED[workload])


def test_a_load_is_planned_where_there_is_a_card_and_nobody_says_otherwise() -> None:
    def names(given: ValidationSpec, *, has_card: bool) -> list[str]:
        return [each.workload for each in given.requests("jax", has_card=has_card)]

    assert names(ValidationSpec(), has_card=True) == ["smoke", "fashion_mnist", "gpu_burn"]
    assert names(ValidationSpec(), has_card=False) == ["smoke", "fashion_mnist"]
    assert names(ValidationSpec(device="cpu"), has_card=True) == ["smoke", "fashion_mnist"]
    assert names(ValidationSpec(workloads=("smoke",)), has_card=True) == ["smoke"]
