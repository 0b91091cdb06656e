"""Files and systemd units of a host, as lists that one call brings about. Knows nothing of what they are for."""
