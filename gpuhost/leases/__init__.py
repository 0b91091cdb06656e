"""Leases of a host's GPUs, and the jobs that run with them: who gets what decides `policy`, `daemon` does it, `client` asks for it."""
