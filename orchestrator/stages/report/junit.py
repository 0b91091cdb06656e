"""The certificate as JUnit XML, for CI systems: a test suite per host and job, a test case per check. Pure.

Keeps to what both Ant's schema (attributes required, none on the root, this order of elements, time stamps without zone)
and the one Jenkins uses allow; GitLab and GitHub's reporters read the same.
"""

from itertools import groupby
from xml.etree import ElementTree as ET

from orchestrator.models import CheckResult, Outcome
from orchestrator.sanitize import sanitized
from orchestrator.stages.report.record import RunRecord

_ELEMENTS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


def render_junit(record: RunRecord) -> str:
    """One XML document with every check of the certificate."""
    root = ET.Element("testsuites")
    suites = groupby(record.certificate.checks, key=lambda check: (check.host, check.workload))
    for number, ((host, workload), checks) in enumerate(suites):
        root.append(_suite(record, (host, workload), tuple(checks)))
        root[-1].set("id", str(number))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(record: RunRecord, place: tuple[str, str], checks: tuple[CheckResult, ...]) -> ET.Element:
    host, workload = place
    runs = tuple(run for run in record.runs if (run.host, run.request.workload) == place)
    started = min((run.started_at for run in runs), default=record.certificate.issued_at)
    suite = _element(
        "testsuite",
        {
            "name": f"{host}.{workload}",
            "package": record.plan.fleet,
            "hostname": host,
            "timestamp": f"{started:%Y-%m-%dT%H:%M:%S}",
            "tests": str(len(checks)),
            "failures": _count(checks, Outcome.FAILED),
            "errors": _count(checks, Outcome.ERROR),
            "skipped": _count(checks, Outcome.SKIPPED),
            "time": f"{sum(run.seconds for run in runs):.3f}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for run in runs:
        facts = {"device_used": run.device_used, "started_at": run.started_at.isoformat()} | run.versions
        properties.extend(_element("property", {"name": name, "value": facts[name]}) for name in facts)
    suite.extend(_case(record.plan.fleet, check) for check in checks)
    metrics = "".join(f"{name}: {value:g}\n" for run in runs for name, value in run.metrics.items())
    ET.SubElement(suite, "system-out").text = _legal(metrics)
    ET.SubElement(suite, "system-err")
    return suite


def _case(fleet: str, check: CheckResult) -> ET.Element:
    # No check is timed on its own; the suite has the job's time.
    place = f"{fleet}.{check.host}.{check.workload}"
    case = _element("testcase", {"name": check.name, "classname": place, "time": "0.000"})
    if check.outcome in _ELEMENTS:
        why = _element(_ELEMENTS[check.outcome], {"message": check.reason or f"seen {check.seen}"})
        if check.outcome is not Outcome.SKIPPED:  # there, Ant's schema allows no type
            why.set("type", check.outcome)
        action = f"\nwhat to do: {check.action}" if check.action else ""
        why.text = _legal(f"seen: {check.seen}\nexpected: {check.expected}{action}")
        case.append(why)
    return case


def _element(tag: str, attributes: dict[str, str]) -> ET.Element:
    return ET.Element(tag, {name: _legal(value) for name, value in attributes.items()})


def _count(checks: tuple[CheckResult, ...], outcome: Outcome) -> str:
    return str(sum(check.outcome is outcome for check in checks))


def _legal(text: str) -> str:
    return sanitized(text)
