"""Take a certificate back. Pure: what is left is a FAIL with one failed check more, so whoever reads only the verdict is right.

The checks that had passed stay on record: they say what was seen then, not what holds now.
"""

from dataclasses import replace
from datetime import datetime

from orchestrator.models import Certificate, CheckResult, Outcome, Revocation, Verdict
from orchestrator.stages.certify.advise import action_for

CHECK = "not_revoked"


def revoke(certificate: Certificate, *, reason: str, host: str, at: datetime) -> Certificate:
    """The certificate as it is once it was taken back.

    Args:
        certificate: a PASS that was not taken back yet.
        reason: in one line.
        host: the host it is about; empty for the whole fleet.
        at: now.
    """
    where = f"{host}: " if host else ""
    told = f"revoked on {at:%Y-%m-%d %H:%M} UTC: {where}{reason}"
    failed = CheckResult(
        host=host or certificate.fleet,
        workload="host" if host else "fleet",
        name=CHECK,
        outcome=Outcome.FAILED,
        seen=f"revoked on {at:%Y-%m-%d %H:%M} UTC",
        expected="a certificate that nobody took back",
        reason=reason,
        action=action_for(CHECK, ""),
    )
    return replace(
        certificate,
        verdict=Verdict.FAIL,
        headline=f"{Verdict.FAIL}: the certificate is {told}",
        reasons=(told, f"until then it said {certificate.headline}"),
        checks=(failed, *certificate.checks),
        actions=(f"{host or certificate.fleet}: {failed.action}",),
        valid_until=None,
        revoked=Revocation(at=at, reason=reason, host=host, was=certificate.headline),
    )
