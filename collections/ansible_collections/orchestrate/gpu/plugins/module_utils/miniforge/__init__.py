"""conda for all users of a host, and environments in it."""
