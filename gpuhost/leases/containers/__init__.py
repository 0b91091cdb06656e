"""Jobs in containers: which engine runs them, what they may reach, and that they end with their lease."""
