"""The service that gives leases: asks systemd to run each job on its devices alone, and frees them when it ends."""
