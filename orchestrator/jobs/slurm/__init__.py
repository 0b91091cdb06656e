"""Jobs of a cluster: what Slurm is asked for on the controller, and what its answers mean."""
