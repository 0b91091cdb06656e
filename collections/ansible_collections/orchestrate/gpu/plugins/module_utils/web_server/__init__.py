"""What stands before a host's web tools. Knows nothing of the tools."""
