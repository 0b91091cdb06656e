"""Hosts of a cluster that run while jobs need them, as this computer sees them; what the controller does is `gpuhost.elastic`."""

from orchestrator.elastic.controller import finished_runs, held, statuses, stopped_by_slurm
from orchestrator.elastic.wish import elastic_of, elastic_vars

__all__ = ["elastic_of", "elastic_vars", "finished_runs", "held", "statuses", "stopped_by_slurm"]
