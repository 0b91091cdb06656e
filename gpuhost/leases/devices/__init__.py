"""What a host has that can be leased, which nodes belong to it, and whether the kernel keeps jobs from the others."""
