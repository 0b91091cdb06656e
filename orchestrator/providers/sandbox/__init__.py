"""Hosts that are containers on this computer, with a real systemd and a real sshd. No account, no GPU."""
