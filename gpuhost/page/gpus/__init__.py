"""What the host's page tells of GPUs: the cards, who is on them, what is wrong, who leases them and who waits."""
