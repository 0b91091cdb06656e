"""NVIDIA's driver: the hardware that it is for, which one is chosen, and how a host gets it."""
