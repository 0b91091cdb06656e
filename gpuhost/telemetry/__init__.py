"""What the host's cards do: one collection in one pass, a daemon that keeps a short history, and who used what."""
