"""What role `slurm` finds out on hosts of a cluster, and what it tells Slurm's controller."""
