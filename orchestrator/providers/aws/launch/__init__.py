"""Getting hosts from EC2: which call launches which, where it is tried, and that twice is once."""
