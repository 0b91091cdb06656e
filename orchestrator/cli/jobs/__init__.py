"""People's own jobs on hosts: `run`, `jobs`, `logs`, `cancel`, `pull`."""
