"""What a host has before anything else: a way to its package servers, and accounts."""
