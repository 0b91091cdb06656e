"""What can compute on this host, and each framework's own way to compute on one device of it."""
