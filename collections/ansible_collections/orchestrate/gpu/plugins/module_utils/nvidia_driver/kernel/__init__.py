"""The kernels of a host, and where their modules come from."""
