"""Slurm's power saving on rented hosts: the controller stops what is idle and starts what a job waits for. Launches nothing."""
