"""Do the hosts of a cluster compute together? Judged from what their joint jobs brought, host by host and pair by pair. Pure."""

from orchestrator.stages.certify.across.judgement import collect_across, judge_across, request_known

__all__ = ["collect_across", "judge_across", "request_known"]
