"""Commands about the jobs of a cluster: thin over sbatch, squeue and scancel on its controller."""
