"""One training on several hosts: each works on its share of every batch, and all come to the same weights."""
