"""Programs that look after a host and its GPUs. They run there alone, on Python 3.9 or newer and its standard library."""
