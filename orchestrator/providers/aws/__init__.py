"""Hosts rented from EC2."""
