"""Memory that a job can still have, on the host and on its cards, and the most that it took."""
