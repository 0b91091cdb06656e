"""The host's account of its running time, and its end at a limit. What the role `lifetime` configures."""
