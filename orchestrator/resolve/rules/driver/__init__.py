"""The NVIDIA driver: which branch in which flavour, from where, and with which fabric manager."""
