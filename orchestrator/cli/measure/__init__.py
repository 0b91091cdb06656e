"""Commands about how fast hosts are, and what fits on them."""
