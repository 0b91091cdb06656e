"""What sshd, systemd and the sessions of sshd say, as data."""
