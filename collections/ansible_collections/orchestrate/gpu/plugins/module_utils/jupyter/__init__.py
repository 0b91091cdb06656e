"""Jupyter in an environment of its own, and the kernels that it shows."""
