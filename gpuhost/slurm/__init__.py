"""What Slurm has a host of a cluster do: look after its cards, before jobs, after them and meanwhile."""
