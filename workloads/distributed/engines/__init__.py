"""The training step in each framework."""
