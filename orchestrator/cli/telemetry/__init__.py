"""Commands about what hosts' GPUs do and who used them."""
