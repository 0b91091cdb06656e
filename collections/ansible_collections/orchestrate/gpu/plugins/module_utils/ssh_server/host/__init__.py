"""The facts of a host that decide who would be locked out."""
