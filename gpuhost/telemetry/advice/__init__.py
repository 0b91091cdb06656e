"""What is wrong with this host's cards and what to do about it: one table, and what of it holds now. Pure."""
