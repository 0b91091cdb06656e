"""A Slurm step as its tasks see it: who takes part, how they find and hear each other, and when they give up waiting."""
