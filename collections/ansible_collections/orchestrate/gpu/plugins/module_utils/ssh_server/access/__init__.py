"""Whether new settings of sshd would lock somebody out, decided from facts."""
